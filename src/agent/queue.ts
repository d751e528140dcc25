import { FleetError } from '../model/error.ts';
import type { Agent } from '../model/fleet.ts';
import { acquireLock, type Lock } from '../host/lock.ts';
import type { HostExec } from '../host/exec.ts';
import { pause } from './pause.ts';
import type { Room } from './reach.ts';
import type { Refusal } from './receipt.ts';
import { sendOnce, type Common, type Order, type Receipt, type Round } from './send.ts';

/** Who waits in line, and how long. */
export interface Line {
  readonly exec: HostExec;
  /** Of the fleet's state; the locks are kept there. */
  readonly directory: string;
  /** The command, as others are told who wait for it. */
  readonly holder: string;
  /** On the monotonic clock. */
  readonly deadlineMs: number;
  /** Told once, when agents are not idle yet. */
  readonly onWait: (agents: readonly string[]) => void;
  /** Told of each round's receipts, maybe none, as it ends: what was typed is on record whatever comes after. */
  readonly onRound: (receipts: readonly Receipt[]) => void;
  readonly signal?: AbortSignal;
}

const FIRST_POLL_MS = 250;
const LAST_POLL_MS = 1_000;

/**
 * Sends to each agent as soon as it may be sent to; one that is busy when `order` asks for idle is waited for, without
 * any lock, until the deadline. E_LOCKED when other senders did not end in time. Once the signal is aborted, nothing
 * more is begun. Rejects only while there is no receipt yet: a later failure is the receipt of those still waiting.
 */
export async function sendInTurn(
  room: Room,
  agents: readonly Agent[],
  order: Order,
  line: Line,
): Promise<readonly Receipt[]> {
  const done: Receipt[] = [];
  let waiting = agents;
  const keep = (receipts: readonly Receipt[]): void => {
    done.push(...receipts);
    line.onRound(receipts);
  };
  const leave = (common: Common, reason: Refusal): readonly Receipt[] => {
    keep(waiting.map(({ name }) => unsent(name, common, reason)));
    return done;
  };
  for (let pollMs = FIRST_POLL_MS; ; pollMs = Math.min(pollMs * 1.5, LAST_POLL_MS)) {
    const isLate = performance.now() >= line.deadlineMs;
    const round = await tryRound(room, waiting, order, { line, isFirst: done.length === 0 });
    if (typeof round === 'string') return leave(commonOf(done), round);
    const { receipts, busy, common } = round;
    keep(receipts);
    waiting = waiting.filter(({ name }) => busy.includes(name));
    if (waiting.length === 0 || isLate) return leave(common, 'timeout');
    if (pollMs === FIRST_POLL_MS) line.onWait(busy);
    if (!(await pause(room.clock, Math.min(pollMs, line.deadlineMs - performance.now()), line.signal))) {
      return leave(common, 'interrupted');
    }
  }
}

const unsent = (agent: string, common: Common, reason: Refusal): Receipt => ({
  ...common,
  agent,
  verdict: { receipt: 'refused', reason },
  afterMs: 0,
});

const commonOf = ([first]: readonly Receipt[]): Common => ({
  text: first?.text ?? '',
  bytes: first?.bytes ?? 0,
  from: first?.from ?? '',
});

/** A round, or why there was none; rejects as long as nobody has a receipt. A round that rejects has typed nothing. */
async function tryRound(
  room: Room,
  agents: readonly Agent[],
  order: Order,
  { line, isFirst }: { readonly line: Line; readonly isFirst: boolean },
): Promise<Round | Refusal> {
  try {
    return await sendLocked(room, agents, order, line);
  } catch (error) {
    if (isFirst || !(error instanceof FleetError)) throw error;
    if (line.signal?.aborted === true) return 'interrupted';
    return error.code === 'E_LOCKED' ? 'timeout' : 'not-reached';
  }
}

async function sendLocked(room: Room, agents: readonly Agent[], order: Order, line: Line): Promise<Round> {
  const locks = await lockAll(room, agents, line);
  try {
    return await sendOnce(room, agents, order);
  } finally {
    for (const lock of locks) lock.release();
  }
}

/**
 * One sender at a time for one agent. Whoever sends to several holds the fleet's lock alone, whoever sends to one holds
 * it with others: so the locks of a hundred agents cost one.
 */
async function lockAll(room: Room, [only, ...others]: readonly Agent[], line: Line): Promise<readonly Lock[]> {
  const options = (shared: boolean) => ({
    exec: line.exec,
    clock: room.clock,
    waitMs: Math.max(0, line.deadlineMs - performance.now()),
    holder: line.holder,
    shared,
    inTurn: true,
    ...(line.signal === undefined ? {} : { signal: line.signal }),
  });
  const isOne = only !== undefined && others.length === 0;
  const locks: Lock[] = [];
  try {
    locks.push(await acquireLock(`${line.directory}/send.lock`, options(isOne)));
    if (isOne) locks.push(await acquireLock(`${line.directory}/send/${only.name}.lock`, options(false)));
    return locks;
  } catch (error) {
    for (const lock of locks) lock.release();
    if (line.signal?.aborted !== true) throw error;
    throw new FleetError('E_LOCKED', 'interrupted while other senders had their turn; nothing was typed', {
      cause: error,
    });
  }
}
