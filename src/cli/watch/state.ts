import type { FileReader } from '../../model/host.ts';
import { isAgentName, type FleetName } from '../../model/names.ts';
import { lockHolder } from '../../host/lock.ts';
import type { StampedCondition, WatchConditions } from '../../reconciler/watch/memory.ts';
import type { Auto } from '../../reconciler/watch/pass.ts';
import type { Starts, StartsByAgent } from '../../reconciler/watch/starts.ts';
import type { Wait } from '../../reconciler/watch/withhold.ts';

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

/** What a watcher of this fleet left; undefined where there is none that can be read. */
export function readWatchState(files: FileReader, home: string, fleet: FleetName): WatchState | undefined {
  try {
    const value: unknown = JSON.parse(files.read(statePath(home, fleet)) ?? 'null');
    return isState(value) ? { ...value, starts: startsOf(value.starts) } : undefined;
  } catch {
    // Torn or unreadable: it is about nothing that cannot be looked at.
    return undefined;
  }
}

const FIELDS = ['pid', 'startedMs', 'auto', 'manifest', 'conditions', 'waits', 'starts'] as const;

const isState = (value: unknown): value is WatchState =>
  typeof value === 'object' &&
  value !== null &&
  'formatVersion' in value &&
  value.formatVersion === '1.0' &&
  FIELDS.every((field) => field in value);

/** What is no starts of an agent is left out: it would fail every pass, and be kept for the next watcher. */
function startsOf(value: unknown): StartsByAgent {
  const known: readonly (readonly [string, unknown])[] =
    typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(known.flatMap(([name, one]) => (isAgentName(name) && isStarts(one) ? [[name, one]] : [])));
}

function isStarts(value: unknown): value is Starts {
  if (typeof value !== 'object' || value === null) return false;
  const { atMs, count, endsMs = [], isDown = true, gaveUp = 0 }: { readonly [key in keyof Starts]?: unknown } = value;
  return areTimes(atMs) && areTimes(endsMs) && areTimes([count, gaveUp]) && isDown === true;
}

const areTimes = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === 'number' && Number.isFinite(one));

/** The watcher of a fleet as `status` tells it. */
export interface WatchView {
  /** False when it ended without a word: then what it said is of the past, and left out. */
  readonly isRunning: boolean;
  readonly pid: number;
  readonly auto: Auto;
  readonly startedMs: number;
  readonly conditions: readonly StampedCondition[];
  readonly agents: WatchConditions['agents'];
  readonly waits: readonly Wait[];
}

/** The watcher that works on this fleet, or the one that should and does not; undefined where nobody watches it. */
export function watchView(files: FileReader, home: string, fleet: FleetName): WatchView | undefined {
  const state = readWatchState(files, home, fleet);
  if (state === undefined || state.endedMs !== undefined) return undefined;
  const { pid, auto, startedMs, conditions, waits } = state;
  const isRunning = lockHolder(watchLockPath(home, fleet))?.pid === pid;
  const told = isRunning
    ? { conditions: conditions.fleet, agents: conditions.agents, waits }
    : { conditions: [], agents: {}, waits: [] };
  return { isRunning, pid, auto, startedMs, ...told };
}
