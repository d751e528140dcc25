import type { Clock } from '../model/host.ts';
import type { AgentState } from '../model/observed.ts';
import type { PaneId } from '../providers/tmux/pane.ts';

/** One agent as a reader or a visitor of its terminal needs to know it. */
export interface Presence {
  readonly name: string;
  readonly state: AgentState;
  /** The pane it runs in; undefined when none of it is where it belongs. */
  readonly pane?: PaneId & { readonly sessionId: string };
  /** Its own process. */
  readonly pid?: number;
  /** How it ended, or why nothing is known, in words. */
  readonly detail?: string;
  /** False before its first apply, and once it was removed from the fleet. */
  readonly installed: boolean;
  /** What the manifest says of it. */
  readonly desired: 'running' | 'stopped';
}

/** Looks at the machine again. */
export type FindAgent = () => Promise<Presence>;

const LOOK_EVERY_MS = 500;
/** A restart passes through states that look like an end; one that lasts so long is one. */
const FINAL_MS = 3_000;
/** How long a look may fail before it counts. */
const BLIND_MS = 15_000;

/**
 * Waits until the agent runs in another pane than `before`, for as long as it is being started. Resolves to how it is:
 * with another pane, or without hope of one.
 */
export async function awaitReturn(find: FindAgent, clock: Clock, before: PaneId | undefined): Promise<Presence> {
  let state: AgentState | undefined;
  let sinceMs = clock.nowMs();
  for (;;) {
    const now = await find();
    if (hasReturned(now, before)) return now;
    if (now.state !== state) sinceMs = clock.nowMs();
    state = now.state;
    if (clock.nowMs() - sinceMs >= patienceMs(now)) return now;
    await clock.sleep(LOOK_EVERY_MS);
  }
}

export const hasReturned = ({ state, pane }: Presence, before: PaneId | undefined): boolean =>
  state === 'running' && pane !== undefined && pane.panePid !== before?.panePid;

function patienceMs({ state, installed }: Presence): number {
  if (!installed) return 0;
  if (state === 'starting') return Infinity;
  return state === 'unknown' || state === 'running' ? BLIND_MS : FINAL_MS;
}

/** That it runs again, or at last; its own process may be a moment away. */
export const arrival = ({ name, pid }: Presence, how: 'started' | 'restarted'): string =>
  `${name} ${how}${pid === undefined ? '' : `, pid ${pid}`}`;

/** What to say of an agent that was not installed when it was asked for; undefined where there is more to tell. */
export function notInstalled({ name, pane, installed, desired }: Presence): string | undefined {
  if (installed || pane !== undefined) return undefined;
  return desired === 'stopped'
    ? `${name} is stopped, as the manifest says`
    : `${name} is not installed; mosaic fleet apply ${name} starts it`;
}

/** How an agent that does not come back is, in words, and the exit code that goes with it. */
export function farewell({ name, state, detail, installed, desired }: Presence): {
  readonly text: string;
  readonly exit: number;
} {
  if (!installed) return { text: `${name} was removed from the fleet`, exit: 0 };
  const because = detail === undefined ? '' : `: ${detail}`;
  const way = desired === 'stopped' ? ', as the manifest says' : `; mosaic fleet start ${name} starts it`;
  switch (state) {
    case 'stopped':
    case 'missing':
      return { text: `${name} is stopped${way}`, exit: 0 };
    case 'exited':
      return { text: `${name} ended by itself${because}`, exit: 0 };
    case 'failed':
    case 'crash-looping':
      return { text: `${name} is ${state}${because}`, exit: 3 };
    default:
      return { text: `it cannot be told how ${name} is${because}`, exit: 1 };
  }
}
