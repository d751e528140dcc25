import { FleetError } from '../model/error.ts';
import { unchangedPanes } from '../providers/tmux/paste.ts';
import type { Typed } from './deliver.ts';
import type { Room } from './reach.ts';
import { isFinal, verdictOf, type Evidence, type Verdict } from './receipt.ts';
import { editLines, processNow, queuesOf, readSince, readsOf, type Queue } from './witness.ts';

/** What was seen of one delivery in the end, what follows from it, and how long after the last key it was seen. */
export interface Settled {
  readonly typed: Typed;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  readonly afterMs: number;
}

/** How long a program may take to read; more for a text that takes longer to read. */
const PATIENCE_MS = 2_000;
const BYTES_PER_MS = 256;
const FIRST_PAUSE_MS = 4;
const LAST_PAUSE_MS = 100;

/** Looks until evidence says that the text was read, or patience ends. One answer per typed, in their order. */
export async function settle(room: Room, typed: readonly Typed[], bytes: number): Promise<readonly Settled[]> {
  const deadline = performance.now() + PATIENCE_MS + bytes / BYTES_PER_MS;
  const seen = new Map<Typed, Settled>();
  let open = typed;
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LAST_PAUSE_MS)) {
    for (const one of await judge(room, open, bytes)) seen.set(one.typed, one);
    open = open.filter((one) => !isSettled(seen.get(one)));
    if (open.length === 0 || performance.now() >= deadline) break;
    await room.clock.sleep(pauseMs);
  }
  return typed.flatMap((one) => seen.get(one) ?? []);
}

const isSettled = (one: Settled | undefined): boolean => one !== undefined && isFinal(one.verdict, one.evidence);

async function judge(room: Room, open: readonly Typed[], bytes: number): Promise<readonly Settled[]> {
  const reading = open.map((one) => readingOf(one, bytes));
  // A program that has not read enough by its own count needs no closer look yet.
  const candidates = open.filter((one, at) => one.paste === 'done' && reading[at] !== 'short');
  const closer = await lookCloser(room, candidates);
  return open.map((typed, at) => {
    const { queue = 'pending', pane = 'same' } = closer.get(typed) ?? {};
    const { paste, enter, target, atMs } = typed;
    const read = reading[at] ?? 'unknown';
    const evidence: Evidence = {
      paste,
      enter,
      pane,
      process: processNow(target.process),
      queue,
      read,
      composer: 'none',
    };
    return { typed, evidence, verdict: verdictOf(evidence), afterMs: performance.now() - atMs };
  });
}

/** The frame of a bracketed paste is not counted: whether it was sent, only tmux knows. */
function readingOf({ before, enter, target }: Typed, bytes: number): Evidence['read'] {
  const now = readsOf(target.process.pid);
  if (before === undefined || now === undefined) return 'unknown';
  return readSince(before, now) >= bytes + (enter === 'done' ? 1 : 0) ? 'enough' : 'short';
}

interface Closer {
  readonly queue: Queue;
  readonly pane: Evidence['pane'];
}

/**
 * The queues on both sides of a round trip to tmux: what tmux still held back, because the terminal was full, has
 * reached the terminal by then.
 */
async function lookCloser(room: Room, typed: readonly Typed[]): Promise<ReadonlyMap<Typed, Closer>> {
  if (typed.length === 0) return new Map();
  const first = await queuesIn(room, typed);
  const panes = await panesOf(room, typed);
  const drained = typed.filter((one) => first.get(one) === 'drained');
  const second = await queuesIn(room, drained);
  return new Map(
    typed.map((one) => [one, { queue: second.get(one) ?? first.get(one) ?? 'gone', pane: panes(one) }] as const),
  );
}

async function queuesIn(room: Room, typed: readonly Typed[]): Promise<ReadonlyMap<Typed, Queue>> {
  const ttys = typed.flatMap(({ target }) => target.tty ?? []);
  const queues = ttys.length === 0 ? [] : await queuesOf(room.read.exec, room.host.programs.bash, ttys);
  const byTty = new Map(ttys.map((tty, at) => [tty, queues[at] ?? 'gone']));
  const hidden = await hiddenIn(room, typed);
  return new Map(
    typed.map((one) => {
      const { tty = '' } = one.target;
      return [one, hidden.has(tty) ? 'pending' : (byTty.get(tty) ?? 'gone')];
    }),
  );
}

/** Where a terminal edits lines itself, nobody can read, or see in its queue, what no Enter has ended yet. */
async function hiddenIn(room: Room, typed: readonly Typed[]): Promise<ReadonlySet<string>> {
  const ttys = typed.flatMap(({ target, enter }) => (enter === 'none' ? (target.tty ?? []) : []));
  const edits = ttys.length === 0 ? [] : await editLines(room.read.exec, room.host.programs.bash, ttys);
  return new Set(ttys.filter((_tty, at) => edits[at] === true));
}

async function panesOf(room: Room, typed: readonly Typed[]): Promise<(one: Typed) => Evidence['pane']> {
  try {
    const same = await unchangedPanes(
      room.call,
      typed.map(({ target }) => target.pane),
    );
    return ({ target }) => (same.has(target.pane.paneId) ? 'same' : 'changed');
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return () => 'unknown';
  }
}
