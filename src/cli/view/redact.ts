import type { Change, PatchOperation } from '../../model/plan.ts';
import type { Desired, Json } from '../../model/resource.ts';
import { isSecretFlag, isSecretName, isSecretValue } from '../../model/secret.ts';
import { printable } from './printable.ts';

const HIDDEN = '(hidden)';

/** A patch without secrets: values of env names like TOKEN, and any text that holds such a value or a credential, are hidden. */
export const redactPatch = ({ patch, desired }: Pick<Change, 'patch' | 'desired'>): readonly PatchOperation[] =>
  patch.map((operation) => {
    if (operation.value === undefined) return operation;
    const path = operation.path.split('/');
    return { ...operation, value: isAfterSecretFlag(path, desired) ? HIDDEN : redact(operation.value, path) };
  });

/** A patch of one word does not show the flag before it; the whole list does. */
function isAfterSecretFlag([, field = '', at]: readonly string[], desired: Desired | undefined): boolean {
  const words = desired?.spec[field];
  return Array.isArray(words) && isBareSecretFlag(words[Number(at) - 1]);
}

/** An argv without secrets. */
export const redactWords = (argv: readonly string[]): readonly string[] =>
  argv.map((word, at) =>
    isBareSecretFlag(argv[at - 1]) || isSecretValue(word) || isSecretArgument(word) ? HIDDEN : word,
  );

function redact(value: Json, path: readonly string[]): Json {
  if (typeof value === 'string')
    return isSecretAt(path) || isSecretValue(value) || isSecretArgument(value) ? HIDDEN : value;
  if (Array.isArray(value))
    return value.map((item: Json, at) => (isBareSecretFlag(value[at - 1]) ? HIDDEN : redact(item, path)));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, redact(item, [...path, key])]));
}

const isSecretAt = (path: readonly string[]): boolean => path.includes('env') && isSecretName(path.at(-1) ?? '');

/** `--api-key=…`: the flag's own name tells. */
const isSecretArgument = (text: string): boolean => /=./.test(text) && isSecretFlag(text);

const isBareSecretFlag = (previous: Json | undefined): boolean =>
  typeof previous === 'string' && !previous.includes('=') && isSecretFlag(previous);

export interface ShownOperation {
  readonly op: string;
  readonly path: string;
  readonly text: string;
}

/** A change's patch as short lines of text. */
export const shownPatch = (change: Change): readonly ShownOperation[] =>
  redactPatch(change).map(({ op, path, value }) => ({
    op,
    path,
    text: value === undefined ? '' : printable(JSON.stringify(value)).slice(0, 200),
  }));
