import type { Fleet } from '../../model/fleet.ts';
import type { Condition } from '../../model/plan.ts';
import type { Calls } from './attention.ts';
import type { Queue } from './queue.ts';
import type { StartsByAgent } from './starts.ts';

/** A condition, and since when it has been so. */
export interface StampedCondition extends Condition {
  readonly sinceMs: number;
}

/** What the watcher last said of the fleet, and of each agent. */
export interface WatchConditions {
  readonly fleet: readonly StampedCondition[];
  readonly agents: Readonly<Record<string, readonly StampedCondition[]>>;
}

/** A pass that could not be made, or not be finished. */
export interface Trouble {
  readonly failures: number;
  readonly untilMs: number;
  /** Somebody else has the lock: nothing is wrong, it is tried again. */
  readonly isLocked: boolean;
  readonly code: string;
  readonly message: string;
}

/** All that one pass leaves to the next. Losing it costs nothing but patience. */
export interface Memory {
  /** The last manifest that could be taken, and the name of its contents. */
  readonly fleet: Fleet;
  readonly key: string;
  readonly queue: Queue;
  readonly starts: StartsByAgent;
  readonly calls: Calls;
  readonly conditions: WatchConditions;
  readonly trouble?: Trouble;
  /** The manifest in force can be written from inside an agent. It stays so when what is there now cannot be taken. */
  readonly exposed?: Condition;
}

/** What a watcher knows before its first pass. */
export const freshMemory = (fleet: Fleet, key: string, starts: StartsByAgent = {}): Memory => ({
  fleet,
  key,
  queue: {},
  starts,
  calls: {},
  conditions: { fleet: [], agents: {} },
});
