import type { Fleet } from '../../model/fleet.ts';
import type { Condition } from '../../model/plan.ts';
import { freshMemory, type Memory } from './memory.ts';
import type { StartsByAgent } from './starts.ts';

/** A manifest that can be taken; with `exposed`, less than the whole of it. */
export interface GoodReading {
  readonly key: string;
  readonly fleet: Fleet;
  readonly exposed?: Condition;
}

/** The manifest as it is now: one that can be taken, or why the last good one stays in force. */
export type Reading =
  ({ readonly isGood: true } & GoodReading) | { readonly isGood: false; readonly condition: Condition };

/** What a watcher before this one left. */
export interface Heritage {
  readonly starts?: StartsByAgent;
  /** Whom it called. */
  readonly notify?: Fleet['notify'];
}

/** What a watcher begins with. Of an exposed manifest the guarded part stays unsaid, but for whom the last one called. */
export function firstMemory({ fleet, key, exposed }: GoodReading, { starts, notify = [] }: Heritage = {}): Memory {
  const memory = freshMemory(fleet, key, starts);
  return exposed === undefined ? memory : { ...memory, fleet: guarded(fleet, { ...UNSAID, notify }), exposed };
}

/** A manifest that names another fleet is none of this one's: its agents stay, and a person decides. */
export function ofThisFleet(reading: Reading, { name }: Fleet): Reading {
  if (!reading.isGood || reading.fleet.name === name) return reading;
  const message = `the manifest is now about fleet ${reading.fleet.name}; this watcher goes on with ${name} as it last was`;
  return { isGood: false, condition: { type: 'ManifestInvalid', status: 'True', reason: 'OtherFleet', message } };
}

/** New contents clear what was held against the old; so does another place. One that cannot be taken clears nothing. */
export function takeManifest(before: Memory, reading: Reading): Memory {
  if (!reading.isGood) return before;
  const { key, fleet, exposed } = reading;
  if (key === before.key && exposed?.message === before.exposed?.message) return before;
  const { trouble: _ofTheOldOne, exposed: _ofTheOldPlace, ...kept } = before;
  const taken = { ...kept, key, queue: {} };
  return exposed === undefined ? { ...taken, fleet } : { ...taken, fleet: guarded(fleet, before.fleet), exposed };
}

/** Why the last good manifest, or less than the whole of one, is in force. */
export function manifestConditions(reading: Reading, { exposed }: Memory): readonly Condition[] {
  const refused = reading.isGood ? [] : [reading.condition];
  return [...refused, ...exposureOf(exposed, reading)];
}

/** The exposure of what is in force, unless the manifest that is there now is said to be exposed in a worse way. */
export const exposureOf = (exposed: Condition | undefined, reading: Reading): readonly Condition[] =>
  exposed === undefined || (!reading.isGood && reading.condition.type === exposed.type) ? [] : [exposed];

/** What the watcher itself goes by, and no plan shows: whom it runs, what it believes of a screen, who may manage. */
type Guarded = Pick<Fleet, 'notify' | 'adapters' | 'agentsMayManage'>;

const UNSAID: Omit<Guarded, 'notify'> = { adapters: {}, agentsMayManage: false };

const guarded = (fleet: Fleet, { notify, adapters, agentsMayManage }: Guarded): Fleet => ({
  ...fleet,
  notify,
  adapters,
  agentsMayManage,
});
