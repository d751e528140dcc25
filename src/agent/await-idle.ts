import { FleetError } from '../model/error.ts';
import type { Agent } from '../model/fleet.ts';
import { pause } from './pause.ts';
import { isRefused, reach, sightsOf, type Room } from './reach.ts';

/**
 * How a wait for an agent ended: `question`, a dialog is on its screen; `ended`, its process is another or none;
 * `unknown`, time was up and the last look at it had failed.
 */
export type Wait = 'idle' | 'question' | 'ended' | 'timeout' | 'interrupted' | 'unknown';

const POLL_MS = 250;
/** Idle looks that count where the agent was never seen at work: it may not have begun yet. */
const IDLE_LOOKS = 2;

interface Waiting {
  readonly agent: Agent;
  readonly pid: number | undefined;
  readonly idleLooks: number;
}

/** Waits until each agent is idle again, or why it will not be. Starts nothing and changes nothing; a look may fail. */
export async function awaitIdle(
  room: Room,
  agents: readonly Agent[],
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, Wait>> {
  const ended = new Map<string, Wait>();
  let waiting = agents.map((agent): Waiting => ({ agent, pid: undefined, idleLooks: 0 }));
  const leave = (why: Wait): ReadonlyMap<string, Wait> =>
    new Map([...ended, ...waiting.map(({ agent }) => [agent.name, why] as const)]);
  while (waiting.length > 0) {
    if (!(await pause(room.clock, POLL_MS, signal))) return leave('interrupted');
    const seen = await tryToLookAt(room, waiting);
    for (const [one, now] of seen ?? []) if (typeof now === 'string') ended.set(one.agent.name, now);
    waiting = seen?.flatMap(([, now]) => (typeof now === 'string' ? [] : [now])) ?? waiting;
    if (performance.now() >= deadlineMs) return leave(seen === undefined ? 'unknown' : 'timeout');
  }
  return ended;
}

type Seen = readonly (readonly [Waiting, Wait | Waiting])[];

/** Undefined when tmux could not be asked: of agents that nobody saw, nothing has changed. */
async function tryToLookAt(room: Room, waiting: readonly Waiting[]): Promise<Seen | undefined> {
  try {
    return await lookAt(room, waiting);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return undefined;
  }
}

async function lookAt(room: Room, waiting: readonly Waiting[]): Promise<Seen> {
  const { found } = await reach(
    room,
    waiting.map(({ agent }) => agent),
  );
  const targets = found.flatMap((one) => (isRefused(one) ? [] : [one]));
  const sights = await sightsOf(room, targets);
  return waiting.map((one) => {
    const target = targets.find(({ name }) => name === one.agent.name);
    const pid = target?.process.pid;
    if (pid === undefined || (one.pid !== undefined && one.pid !== pid)) return [one, 'ended'];
    return [one, nextOf({ ...one, pid }, sights.get(one.agent.name)?.activity.state ?? 'unknown')];
  });
}

function nextOf(one: Waiting, state: string): Wait | Waiting {
  if (state === 'dialog' || state === 'setup') return 'question';
  // Seen at work once, the first idle look is the end of that work.
  if (state !== 'idle') return { ...one, idleLooks: state === 'busy' ? IDLE_LOOKS - 1 : 0 };
  const idleLooks = one.idleLooks + 1;
  return idleLooks >= IDLE_LOOKS ? 'idle' : { ...one, idleLooks };
}
