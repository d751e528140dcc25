import type { Clock } from '../model/host.ts';
import {
  arrival,
  awaitReturn,
  farewell,
  hasReturned,
  notInstalled,
  type FindAgent,
  type Presence,
} from './presence.ts';

/** What attach works with. */
export interface AttachPorts {
  readonly find: FindAgent;
  readonly clock: Clock;
  /** Opens the agent's tmux session on the caller's terminal; resolves to the client's exit code when it has ended. */
  readonly open: (session: NonNullable<Presence['pane']>) => Promise<number>;
  /** A line of the story. */
  readonly note: (text: string) => void;
}

/**
 * Keeps an agent open on the caller's terminal until the person leaves: when the agent ends below it and comes back, it
 * is opened again. Resolves to the exit code.
 */
export async function attach(ports: AttachPorts, first: Presence): Promise<number> {
  const absent = notInstalled(first);
  if (absent !== undefined) {
    ports.note(`-- ${absent} --`);
    return 0;
  }
  let now = await started(ports, first);
  for (;;) {
    if (now.pane === undefined) return leave(ports, now);
    const { pane } = now;
    const code = await ports.open(pane);
    const after = await ports.find();
    if (isStillThere(after, now)) return left(ports, now, code);
    if (!hasReturned(after, pane)) ports.note(`-- ${now.name} has ended; waiting for its return, Ctrl-C to leave --`);
    now = await awaitReturn(ports.find, ports.clock, pane);
    if (!hasReturned(now, pane)) return leave(ports, now);
    ports.note(`-- ${arrival(now, 'restarted')} --`);
  }
}

/** An agent that ended a moment ago, say, and is on its way up. */
async function started({ find, clock, note }: AttachPorts, first: Presence): Promise<Presence> {
  if (!isOnItsWay(first)) return first;
  note(`-- ${first.name} is being started; waiting for it, Ctrl-C to leave --`);
  return awaitReturn(find, clock, undefined);
}

/** True for an agent that will have a terminal, and has none yet. */
export const isOnItsWay = ({ state, pane }: Presence): boolean => state === 'starting' && pane === undefined;

/** The session outlived its client: the person left it. */
const isStillThere = (after: Presence, before: Presence): boolean =>
  after.pane !== undefined && after.pane.panePid === before.pane?.panePid;

/** tmux has said why where it could; of a client that was killed nobody has. */
function left({ note }: AttachPorts, { name }: Presence, code: number): number {
  if (code === 0) return 0;
  note(`-- the terminal of ${name} was closed (tmux ended with ${code}); ${name} runs on --`);
  return 1;
}

function leave({ note }: AttachPorts, now: Presence): number {
  const { text, exit } = farewell(now);
  note(`-- ${text} --`);
  return exit;
}
