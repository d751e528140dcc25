import { concealAt, HIDDEN, isBareSecretFlag, isSecretText } from '../../model/conceal.ts';
import type { Change, PatchOperation } from '../../model/plan.ts';
import type { Desired } from '../../model/resource.ts';
import { beginning, printable } from './printable.ts';

/** A patch without secrets: values of env names like TOKEN, and any text that holds such a value or a credential, are hidden. */
export const redactPatch = ({ patch, desired }: Pick<Change, 'patch' | 'desired'>): readonly PatchOperation[] =>
  patch.map((operation) => {
    if (operation.value === undefined) return operation;
    const path = operation.path.split('/');
    const value = isAfterSecretFlag(path, desired) ? HIDDEN : concealAt(operation.value, path, () => HIDDEN);
    return { ...operation, value };
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
  readonly text: string;
}

/** A change's patch as short lines of text. */
export const shownPatch = (change: Change): readonly ShownOperation[] =>
  redactPatch(change).map(({ op, path, value }) => ({
    op,
    path,
    text: value === undefined ? '' : beginning(printable(JSON.stringify(value)), 200),
  }));
