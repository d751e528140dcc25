import { plainJson } from '../../model/plain-json.ts';
import { textOf, type JsonObject } from '../../model/resource.ts';
import { printable } from './printable.ts';

/** Something of a fleet that is not as it was. Without `now` it is not there any more. */
export interface StatusChange {
  readonly kind: 'agent' | 'condition' | 'watchUnit';
  readonly name: string;
  readonly now?: JsonObject;
}

/** What a status says, one entry for each agent, each condition and the watcher's unit. */
export type StatusParts = ReadonlyMap<string, Required<StatusChange>>;

/** Takes apart what `status -o json` prints. */
export function statusParts({ agents, conditions, watchUnit }: JsonObject): StatusParts {
  const parts = [
    ...objectsOf(agents).map((now) => ({ kind: 'agent', name: textOf(now['name']), now }) as const),
    ...objectsOf(conditions).map((now) => ({ kind: 'condition', name: textOf(now['type']), now }) as const),
    ...objectsOf([watchUnit ?? null]).map((now) => ({ kind: 'watchUnit', name: textOf(now['name']), now }) as const),
  ];
  return new Map(parts.map((part) => [`${part.kind}.${part.name}`, part]));
}

const objectsOf = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What differs between two looks, in the order of the later; at the first look everything does. */
export function statusChanges(before: StatusParts, after: StatusParts): readonly StatusChange[] {
  const changed = [...after].filter(([key, { now }]) => wordsOf(now) !== wordsOf(before.get(key)?.now));
  const gone = [...before].filter(([key]) => !after.has(key)).map(([, { kind, name }]) => ({ kind, name }));
  return [...changed.map(([, part]) => part), ...gone];
}

/** That time passes is no change. */
const wordsOf = (now: JsonObject | undefined): string =>
  JSON.stringify(now, (key, value: unknown) => (key.endsWith('Sec') ? undefined : value)) ?? '';

/** A change as a line of text. */
export function changeText({ kind, name, now }: StatusChange, at: string): string {
  const what = now === undefined ? 'not there any more' : TEXTS[kind](now);
  return printable(`${at}  ${kind === 'watchUnit' ? 'watch' : name}: ${what}`);
}

const TEXTS: Readonly<Record<StatusChange['kind'], (now: JsonObject) => string>> = {
  agent: ({ state, held, pid, inSync, activity, note }) => {
    const parts = [
      textOf(state),
      ...(held === true ? ['held'] : []),
      ...(typeof pid === 'number' ? [`pid ${pid}`, ...doing(activity)] : []),
      ...(inSync === true ? [] : ['not in sync']),
    ];
    return `${parts.join(', ')}${textOf(note) === '' ? '' : `: ${textOf(note)}`}`;
  },
  condition: ({ status, message }) => `${status === 'True' ? '' : `${textOf(status)}, `}${textOf(message)}`,
  watchUnit: ({ state, auto, outdated }) =>
    [
      textOf(state),
      ...(textOf(auto) === '' ? [] : [`--auto ${textOf(auto)}`]),
      ...(outdated === true ? ['outdated'] : []),
    ].join(', '),
};

/** What an agent is doing, where that is known. */
function doing(activity: unknown): readonly string[] {
  const state = isObject(activity) ? textOf(activity['state']) : '';
  return ['', 'unknown'].includes(state) ? [] : [state];
}

/** A change as a line of JSON. */
export const changeJson = ({ kind, name, now }: StatusChange, at: string, fleet: string): string =>
  plainJson({ formatVersion: '1.0', at, fleet, kind, name, ...(now === undefined ? { gone: true } : { now }) });
