import { FleetError } from '../model/error.ts';
import type { Clock } from '../model/host.ts';
import type { TmuxCall } from '../providers/tmux/client.ts';
import { readPane, type PaneId, type PaneRows } from '../providers/tmux/pane.ts';
import { createFollower, type Follower, type Piece } from './follower.ts';
import {
  arrival,
  awaitReturn,
  farewell,
  hasReturned,
  notInstalled,
  type FindAgent,
  type Presence,
} from './presence.ts';
import { createCleaner } from './sanitise.ts';
import { findPlace, positionOf, type Position, type Row, type Skipped, type Snapshot } from './scroll.ts';

/** What tail works with, and where it tells what it sees. */
export interface TailPorts {
  readonly find: FindAgent;
  readonly call: TmuxCall;
  readonly clock: Clock;
  /** The last screen its wrapper saved; undefined when there is none. */
  readonly saved: () => SavedScreen | undefined;
  /** Rows of the agent. Resolves when the reader has room for more. */
  readonly print: (rows: readonly Row[]) => Promise<void>;
  /** What tail itself has to say, in the place where it happened. */
  readonly mark: (text: string) => Promise<void>;
  /** A line of the story. */
  readonly note: (text: string) => void;
}

export interface SavedScreen {
  readonly text: string;
  readonly atMs: number;
}

export interface TailWish {
  /** How many rows of what is there already. */
  readonly lines: number;
  readonly follow: boolean;
}

const POLL_MS = 250;
/** Cells that one look may take: with every cell in a colour of its own it stays below the cap of a call. */
const CELLS_PER_LOOK = 120_000;
const ROWS_PER_LOOK = { least: 200, most: 2_000 };
/** Looks that may fail in a row: a busy server is no dead one. */
const TRIES = 3;

/** Tells the last rows of an agent and, on wish, what follows, over restarts too. Resolves to the exit code. */
export async function tail(ports: TailPorts, wish: TailWish): Promise<number> {
  const first = await ports.find();
  const absent = notInstalled(first);
  if (absent !== undefined) {
    ports.note(`-- ${absent} --`);
    return 0;
  }
  const follower = first.pane === undefined ? undefined : await tellStart(ports, first.pane, wish.lines);
  if (follower === undefined) await tellSaved(ports, first, wish.lines);
  return wish.follow ? followAgent(ports, first, follower) : 0;
}

/** Follows it from process to process, until it does not come back. */
async function followAgent(ports: TailPorts, first: Presence, told: Follower | undefined): Promise<number> {
  let { pane } = first;
  let follower = told;
  for (;;) {
    if (pane !== undefined && follower !== undefined) await followPane(ports, pane, follower);
    const now = await awaitReturn(ports.find, ports.clock, pane);
    if (!hasReturned(now, pane)) {
      const { text, exit } = farewell(now);
      ports.note(`-- ${text} --`);
      return exit;
    }
    ports.note(`-- ${arrival(now, pane === undefined ? 'started' : 'restarted')} --`);
    ({ pane } = now);
    follower = createFollower();
  }
}

/** The last screen of an agent that does not run. */
async function tellSaved({ saved, print, note }: TailPorts, now: Presence, lines: number): Promise<void> {
  const how = now.state === 'starting' ? `${now.name} is being started` : farewell(now).text;
  const screen = saved();
  if (screen === undefined) return note(`-- ${how}; it has left no screen --`);
  note(`-- ${how}; its last screen, of ${new Date(screen.atMs).toISOString()} --`);
  const rows = rowsOf(screen.text.split('\n'));
  await print(lastOf(lastText(rows), lines));
}

/** Tells the last `lines` rows and gives a follower that goes on behind them; undefined when the pane is gone already. */
async function tellStart(ports: TailPorts, pane: PaneId, lines: number): Promise<Follower | undefined> {
  const head = await readPane(ports.call, pane, { kind: 'last', rows: 0 });
  if (head === undefined) return undefined;
  const atOnce = rowsPerLook(head.width);
  const first = lines <= atOnce ? undefined : await tellPages(ports, { pane, head, lines });
  const seen = await readPane(ports.call, pane, { kind: 'last', rows: atOnce });
  if (seen === undefined) return undefined;
  const end = snapshotOf(seen);
  if (first === undefined) {
    await ports.print(lastOf(lastText(end.rows), lines));
    return createFollower(end);
  }
  const { at, skipped } = findPlace(first, end);
  await tell(ports, [
    ...(skipped === undefined ? [] : [{ kind: 'skipped', skipped } as const]),
    { kind: 'rows', rows: lastText(end.rows).slice(at) },
  ]);
  return createFollower(end);
}

interface Pages {
  readonly pane: PaneId;
  readonly head: PaneRows;
  readonly lines: number;
}

/**
 * More rows than one look may take, from the top on; stops where the last look begins, or where the pane lets go of
 * rows faster than they are read. Undefined where one look is enough.
 */
async function tellPages(ports: TailPorts, { pane, head, lines }: Pages): Promise<Position | undefined> {
  const { width } = head;
  const rows = rowsPerLook(width);
  const screen = lastText(snapshotOf(head).rows).length;
  let { history } = head;
  let from = Math.max(0, history + screen - lines);
  if (from + rows >= history) return undefined;
  let told: Position = { width, history: from, window: [] };
  for (let tries = TRIES; tries > 0 && from + rows < history; tries -= 1) {
    const page = await readPane(ports.call, pane, { kind: 'page', from, rows, history });
    if (page === undefined || page.history < history || page.width !== width) return told;
    const isRight = page.history === history;
    ({ history } = page);
    if (!isRight) continue;
    const found = rowsOf(page.rows);
    await ports.print(found);
    from += found.length;
    told = { ...positionOf({ ...page, rows: found, boundary: found.length }), history: from };
    tries = TRIES + 1;
  }
  return told;
}

async function followPane(ports: TailPorts, pane: PaneId, follower: Follower): Promise<void> {
  const savedBefore = ports.saved()?.atMs;
  let seen: PaneRows | undefined;
  let snapshot: Snapshot | undefined;
  for (;;) {
    const now = await patiently(ports, () => look(ports.call, pane, seen?.width));
    if (now === undefined) break;
    // Most looks show nothing new, and cleaning is what costs.
    snapshot = snapshot !== undefined && seen !== undefined && isSame(seen, now) ? snapshot : snapshotOf(now);
    seen = now;
    await tell(ports, follower.take(snapshot, { alternate: now.alternate, nowMs: ports.clock.nowMs() }));
    await ports.clock.sleep(POLL_MS);
  }
  const saved = ports.saved();
  if (saved !== undefined && saved.atMs !== savedBefore)
    await tell(ports, follower.end(rowsOf(saved.text.split('\n'))));
}

const look = (call: TmuxCall, pane: PaneId, width = 200): Promise<PaneRows | undefined> =>
  readPane(call, pane, { kind: 'last', rows: rowsPerLook(width) });

const isSame = (a: PaneRows, b: PaneRows): boolean =>
  a.history === b.history && a.width === b.width && a.rows.join('\n') === b.rows.join('\n');

async function patiently<T>({ note, clock }: TailPorts, attempt: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left -= 1) {
    try {
      return await attempt();
    } catch (error) {
      if (left === 1 || !(error instanceof FleetError)) throw error;
      note(`-- ${error.message}; trying again --`);
      await clock.sleep(POLL_MS);
    }
  }
}

async function tell({ print, mark }: TailPorts, pieces: readonly Piece[]): Promise<void> {
  for (const piece of pieces) {
    if (piece.kind === 'rows') await print(piece.rows);
    else await mark(skippedText(piece.skipped));
  }
}

function skippedText({ rows, exact }: Skipped): string {
  if (rows === 0) return '[… lines may have been skipped …]';
  return `[… ${rows} lines ${exact ? '' : 'or more '}skipped …]`;
}

const rowsPerLook = (width: number): number =>
  Math.min(ROWS_PER_LOOK.most, Math.max(ROWS_PER_LOOK.least, Math.floor(CELLS_PER_LOOK / Math.max(1, width))));

function snapshotOf({ rows, width, height, history, limit }: PaneRows): Snapshot {
  return { rows: rowsOf(rows), width, history, limit, boundary: Math.max(0, rows.length - height) };
}

function rowsOf(lines: readonly string[]): readonly Row[] {
  const clean = createCleaner();
  return lines.map((raw) => ({ raw, ...clean(raw) }));
}

const lastOf = (rows: readonly Row[], count: number): readonly Row[] => rows.slice(Math.max(0, rows.length - count));

/** Down to the last row with text: what is below is an empty screen. */
const lastText = (rows: readonly Row[]): readonly Row[] =>
  rows.slice(0, rows.findLastIndex(({ plain }) => plain.trim() !== '') + 1);
