import type { FileReader } from '../../model/host.ts';
import type { FleetName } from '../../model/names.ts';
import { lockHolder } from '../../host/lock.ts';
import type { StampedCondition, WatchConditions } from '../../reconciler/watch/memory.ts';
import type { Auto } from '../../reconciler/watch/pass.ts';
import type { StartsByAgent } from '../../reconciler/watch/starts.ts';
import type { Wait } from '../../reconciler/watch/withhold.ts';
import { areWaits, hasFields, isAuto, isPid, isText, isTime, isWatchConditions, startsOf } from './state-parts.ts';

/** What a watcher leaves for `status`, and for the watcher after it. */
export interface WatchState {
  readonly formatVersion: '1.0';
  readonly pid: number;
  readonly startedMs: number;
  readonly auto: Auto;
  readonly manifest: string;
  readonly conditions: WatchConditions;
  readonly waits: readonly Wait[];
  readonly starts: StartsByAgent;
  /** It ended as it should, and says nothing of the fleet any more. */
  readonly endedMs?: number;
}

export const statePath = (home: string, fleet: FleetName): string => `${home}/state/${fleet}/watch.json`;
export const watchLockPath = (home: string, fleet: FleetName): string => `${home}/state/${fleet}/watch.lock`;

/** What a watcher of this fleet left; undefined where there is none that can be read whole. */
export function readWatchState(files: FileReader, home: string, fleet: FleetName): WatchState | undefined {
  try {
    const value: unknown = JSON.parse(files.read(statePath(home, fleet)) ?? 'null');
    return isState(value) ? { ...value, starts: startsOf(value.starts) } : undefined;
  } catch {
    // Torn or unreadable: it is about nothing that cannot be looked at.
    return undefined;
  }
}

/** A part that was damaged or edited makes all of it worthless, but for the starts: each counts for itself. */
const isState = (value: unknown): value is WatchState =>
  hasFields(value, {
    formatVersion: (version) => version === '1.0',
    pid: isPid,
    startedMs: isTime,
    auto: isAuto,
    manifest: isText,
    conditions: isWatchConditions,
    waits: areWaits,
    endedMs: (endedMs) => endedMs === undefined || isTime(endedMs),
  });

/** The watcher of a fleet as `status` tells it. */
export interface WatchView {
  /** False when it ended without a word: then what it said is of the past, and left out. */
  readonly isRunning: boolean;
  readonly pid: number;
  /** Undefined where its record was damaged: then only its lock tells of it. */
  readonly record?: { readonly auto: Auto; readonly startedMs: number };
  readonly conditions: readonly StampedCondition[];
  readonly agents: WatchConditions['agents'];
  readonly waits: readonly Wait[];
}

/** The watcher that works on this fleet, or the one that should and does not; undefined where nobody watches it. */
export function watchView(files: FileReader, home: string, fleet: FleetName): WatchView | undefined {
  const state = readWatchState(files, home, fleet);
  const holder = lockHolder(watchLockPath(home, fleet));
  const silent = { conditions: [], agents: {}, waits: [] };
  // While somebody watches, a record that is of another or cannot be read says nothing of the fleet.
  if (holder !== undefined && state?.pid !== holder.pid) return { isRunning: true, pid: holder.pid, ...silent };
  if (state === undefined || state.endedMs !== undefined) return undefined;
  const { pid, auto, startedMs, conditions, waits } = state;
  const told = holder === undefined ? silent : { conditions: conditions.fleet, agents: conditions.agents, waits };
  return { isRunning: holder !== undefined, pid, record: { auto, startedMs }, ...told };
}
