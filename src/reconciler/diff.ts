import jsonpatch, { type Operation } from 'fast-json-patch';
import { concealed, hiddenAs, withoutTags, type Conceal } from '../model/conceal.ts';
import type { Disruption, PatchOperation } from '../model/plan.ts';
import type { ChangeClass, Json, JsonObject } from '../model/resource.ts';

/**
 * The RFC 6902 operations that turn `observed` into `desired`, in a fixed order. Empty when they are equal. Both are
 * compared with their secrets concealed, so a document that came without them compares the same; no value holds one.
 */
export function diff(
  observed: JsonObject,
  desired: JsonObject,
  conceal: Conceal = hiddenAs,
): readonly PatchOperation[] {
  // Nearly every document of nearly every pass is unchanged.
  if (isSame(observed, desired)) return [];
  const comparable = (document: JsonObject): JsonObject => canonicalObject(concealed(document, conceal));
  const operations = jsonpatch.compare(comparable(observed), comparable(desired), true).filter(isStandard);
  return operations
    .flatMap((operation, at) => (operation.op === 'test' ? [] : [{ ...operation, ...oldValue(operations[at - 1]) }]))
    .map(withoutSecrets)
    .toSorted((a, b) => compareText(place(a), place(b)));
}

/** The library tests a value right before it removes or replaces it. */
const oldValue = (before: PatchOperation | undefined): Pick<PatchOperation, 'old'> =>
  before?.op === 'test' && before.value !== undefined ? { old: before.value } : {};

const withoutSecrets = ({ value, old, ...operation }: PatchOperation): PatchOperation => ({
  ...operation,
  ...(value === undefined ? {} : { value: withoutTags(value) }),
  ...(old === undefined ? {} : { old: withoutTags(old) }),
});

/** `compare` never gives the library's own `_get`. */
const isStandard = (operation: Operation): operation is Exclude<Operation, { op: '_get' }> => operation.op !== '_get';

/** Operations on the items of one list build on each other and keep their order: the list's path stands for them all. */
const place = ({ path }: PatchOperation): string => path.replace(/\/\d+$/, '');

/** Equal as JSON documents, whatever the order of keys. */
function isSame(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (!isContainer(a) || !isContainer(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => isSame(itemAt(a, key), itemAt(b, key)));
}

const isContainer = (value: Json | undefined): value is JsonObject | readonly Json[] =>
  typeof value === 'object' && value !== null;

const itemAt = (value: JsonObject | readonly Json[], key: string): Json | undefined =>
  isList(value) ? value[Number(key)] : value[key];

/** Objects with sorted keys, so that equal documents give equal patches whatever their order was. */
export function canonical(value: Json): Json {
  if (isList(value)) return value.map(canonical);
  return value === null || typeof value !== 'object' ? value : canonicalObject(value);
}

function canonicalObject(value: JsonObject): JsonObject {
  const entries = Object.entries(value).toSorted(([a], [b]) => compareText(a, b));
  return Object.fromEntries(entries.map(([key, item]) => [key, canonical(item)]));
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

/** Code-unit order: the same on every machine and in every locale. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The top-level fields a patch touches, sorted and unescaped (RFC 6901). */
export function changedFields(patch: readonly PatchOperation[]): readonly string[] {
  const fields = patch.map(({ path }) =>
    path
      .replace(/^\/([^/]*).*$/s, '$1')
      .replaceAll('~1', '/')
      .replaceAll('~0', '~'),
  );
  return [...new Set(fields)].toSorted(compareText);
}

const DISRUPTION_OF: Readonly<Record<ChangeClass, Disruption>> = {
  mark: 'none',
  next_start: 'none',
  live: 'live',
  restart: 'restart',
  replace: 'fleet',
};
const RANK: readonly Disruption[] = ['none', 'live', 'restart', 'kill', 'fleet'];

/** The worst that changing these fields does to a running agent. */
export function disruptionOf(fields: readonly string[], classes: Readonly<Record<string, ChangeClass>>): Disruption {
  return fields.reduce<Disruption>((worst, field) => {
    const name = classes[field];
    return name === undefined ? worst : worseOf(worst, DISRUPTION_OF[name]);
  }, 'none');
}

const worseOf = (a: Disruption, b: Disruption): Disruption => (RANK.indexOf(b) > RANK.indexOf(a) ? b : a);
