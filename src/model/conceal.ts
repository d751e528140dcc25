import type { Json, JsonObject } from './resource.ts';
import { isSecretFlag, isSecretName, isSecretValue } from './secret.ts';

/** What stands for one secret text. Equal texts must give equal words. */
export type Conceal = (secret: string) => string;

/** What stands for any secret wherever it is shown. */
export const HIDDEN = '(hidden)';

const TAGGED = /^\(hidden:[^]*\)$/;

/** Stands for a secret while documents are compared: two are equal exactly when their tags are. */
export const hiddenAs = (tag: string): string => `(hidden:${tag})`;

/**
 * The document with every text replaced that is a secret by its place (an env name like TOKEN, the word behind a flag
 * like `--api-key`) or by its shape. What is replaced already stays, so a second time changes nothing.
 */
export const concealed = (document: JsonObject, conceal: Conceal): JsonObject =>
  concealEntries(document, [], (text) => (TAGGED.test(text) ? text : conceal(text)));

/** The same for a part of a document; `path` are the keys above it. */
export function concealAt(value: Json, path: readonly string[], conceal: Conceal): Json {
  if (typeof value === 'string') return isSecretAt(path) || isSecretText(value) ? conceal(value) : value;
  if (isList(value)) {
    return value.map((item, at) =>
      typeof item === 'string' && isBareSecretFlag(value[at - 1]) ? conceal(item) : concealAt(item, path, conceal),
    );
  }
  return value === null || typeof value !== 'object' ? value : concealEntries(value, path, conceal);
}

/** A value as it may be shown: whatever was concealed in it is `(hidden)`. */
export function withoutTags(value: Json): Json {
  if (typeof value === 'string') return TAGGED.test(value) ? HIDDEN : value;
  if (isList(value)) return value.map(withoutTags);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutTags(item)]));
}

/** A flag that names a secret and does not hold it: the next word does. */
export const isBareSecretFlag = (word: Json | undefined): boolean =>
  typeof word === 'string' && !word.includes('=') && isSecretFlag(word);

const concealEntries = (document: JsonObject, path: readonly string[], conceal: Conceal): JsonObject =>
  Object.fromEntries(Object.entries(document).map(([key, item]) => [key, concealAt(item, [...path, key], conceal)]));

const isSecretAt = (path: readonly string[]): boolean => path.includes('env') && isSecretName(path.at(-1) ?? '');

/** True for text that is a secret by its shape, or by the flag it begins with (`--api-key=…`). */
export const isSecretText = (text: string): boolean => isSecretValue(text) || (/=./.test(text) && isSecretFlag(text));

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
