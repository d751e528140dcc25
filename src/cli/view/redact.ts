import { concealAt, HIDDEN, isBareSecretFlag, isSecretText } from '../../model/conceal.ts';
import type { Change, PatchOperation } from '../../model/plan.ts';
import type { Desired, Json } from '../../model/resource.ts';
import { beginning, ending, printable } from './printable.ts';

/** A patch without secrets: values of env names like TOKEN, and any text that holds such a value or a credential, are hidden. */
export const redactPatch = ({ patch, desired }: Pick<Change, 'patch' | 'desired'>): readonly PatchOperation[] =>
  patch.map(({ value, old, ...operation }) => {
    const path = operation.path.split('/');
    const shown = (one: Json): Json => (isAfterSecretFlag(path, desired) ? HIDDEN : concealAt(one, path, () => HIDDEN));
    return {
      ...operation,
      ...(value === undefined ? {} : { value: shown(value) }),
      ...(old === undefined ? {} : { old: shown(old) }),
    };
  });

/** A patch of one word does not show the flag before it; the whole list does. */
function isAfterSecretFlag([, field = '', at]: readonly string[], desired: Desired | undefined): boolean {
  const words = desired?.spec[field];
  return Array.isArray(words) && isBareSecretFlag(words[Number(at) - 1]);
}

/** An argv without secrets. */
export const redactWords = (argv: readonly string[]): readonly string[] =>
  argv.map((word, at) => (isBareSecretFlag(argv[at - 1]) || isSecretText(word) ? HIDDEN : word));

export interface ShownOperation {
  readonly op: string;
  readonly path: string;
  /** The value, `old → new` where one takes the place of another. */
  readonly text: string;
}

/** A change's patch as short lines of text. */
export const shownPatch = (change: Pick<Change, 'patch' | 'desired'>): readonly ShownOperation[] =>
  redactPatch(change).map(({ op, path, value, old }) => ({
    op,
    path,
    text: shortTexts([old, value].filter((one) => one !== undefined)).join(' → '),
  }));

const MAX_SHOWN = 200;
/** So much of what both begin with is shown before the difference. */
const BEFORE = 40;

/** Long ones without what they begin alike with: they are shown for what is different. */
function shortTexts(values: readonly Json[]): readonly string[] {
  const texts = values.map((value) => printable(JSON.stringify(value)));
  const isLong = texts.some((text) => text.length > MAX_SHOWN);
  const from = isLong ? Math.max(0, commonLength(texts) - BEFORE) : 0;
  return texts.map((text) => {
    const rest = from === 0 ? text : `…${ending(text, from)}`;
    const short = rest.length > MAX_SHOWN ? `${beginning(rest, MAX_SHOWN)}…` : rest;
    // The first figures tell two digests apart.
    return short.replace(/^"([0-9a-f]{12})[0-9a-f]{52}"$/, '"$1…"');
  });
}

/** None of a text that stands alone. */
function commonLength([first = '', second = '']: readonly string[]): number {
  let at = 0;
  while (at < second.length && first[at] === second[at]) at += 1;
  return at;
}
