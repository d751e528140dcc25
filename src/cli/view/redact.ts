import { concealAt, HIDDEN, isBareSecretFlag, isSecretText } from '../../model/conceal.ts';
import type { Change, PatchOperation } from '../../model/plan.ts';
import type { Desired, Json } from '../../model/resource.ts';
import { beginning, printable } from './printable.ts';

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
    text: [old, value].flatMap((one) => (one === undefined ? [] : [shortText(one)])).join(' → '),
  }));

/** The first figures tell two digests apart. */
const shortText = (value: Json): string =>
  beginning(printable(JSON.stringify(value)), 200).replace(/^"([0-9a-f]{12})[0-9a-f]{52}"$/, '"$1…"');
