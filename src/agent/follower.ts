import { findPlace, positionOf, type Position, type Row, type Skipped, type Snapshot } from './scroll.ts';

/** What a reader is told next: rows in their order, or that some went by. */
export type Piece =
  { readonly kind: 'rows'; readonly rows: readonly Row[] } | { readonly kind: 'skipped'; readonly skipped: Skipped };

/** A reader of one pane, from one look to the next. */
export interface Follower {
  /** What is new: every row that scrolled away, once and in order, and rows of the screen once they stand still. */
  take(now: Snapshot, at: { readonly alternate: boolean; readonly nowMs: number }): readonly Piece[];
  /** What is new in the last rows that were saved when the pane ended. */
  end(saved: readonly Row[]): readonly Piece[];
}

/** Rows of a screen are told once they have not changed for so long. */
const QUIET_MS = 1_000;

/** What was told of each row of a screen; undefined: nothing yet. */
type Told = readonly (string | undefined)[];

/** A row of the screen as it has been since then. */
interface Still {
  readonly plain: string;
  readonly sinceMs: number;
}

/** `told`: all of this is known to the reader already; without it nothing is. */
export function createFollower(told?: Snapshot): Follower {
  let position: Position | undefined = told === undefined ? undefined : positionOf(told);
  let main: Told = told === undefined ? [] : screenOf(told).map(({ plain }) => plain);
  let alternateTold: Told = [];
  let still: readonly Still[] = [];
  let isAllTold = told !== undefined;
  return {
    take(now, { alternate, nowMs }) {
      const before = position ?? { width: now.width, history: 0, window: [] };
      const { at, skipped } = findPlace(before, now);
      const scrolled = now.rows.slice(at, now.boundary);
      const fresh = skipped === undefined ? untold(scrolled, main) : scrolled;
      main = carriedOver(main, now, { at, skipped, resized: before.width !== now.width, isAllTold });
      position = positionOf(now);
      still = stillRows(still.slice(Math.max(0, now.boundary - at)), screenOf(now), nowMs);
      if (!alternate) alternateTold = [];
      const screen = quietRows(screenOf(now), alternate ? alternateTold : main, { still, nowMs });
      if (alternate) alternateTold = screen.told;
      else main = screen.told;
      isAllTold = screenOf(now).every(({ plain }, index) => plain === screen.told[index]);
      return pieces(skipped, [...fresh, ...screen.rows]);
    },
    end(saved) {
      const at = placeInSaved(position?.window ?? [], saved);
      return at === undefined
        ? pieces({ rows: 0, exact: false }, saved)
        : pieces(undefined, untold(saved.slice(at), main));
    },
  };
}

const pieces = (skipped: Skipped | undefined, rows: readonly Row[]): readonly Piece[] => [
  ...(skipped === undefined ? [] : [{ kind: 'skipped', skipped } as const]),
  ...(rows.length === 0 ? [] : [{ kind: 'rows', rows } as const]),
];

/** The screen down to its last row with text. */
function screenOf({ rows, boundary }: Snapshot): readonly Row[] {
  return rows.slice(boundary, Math.max(boundary, rows.findLastIndex(({ plain }) => plain.trim() !== '') + 1));
}

const untold = (rows: readonly Row[], told: Told): readonly Row[] =>
  rows.filter(({ plain }, index) => plain !== told[index]);

interface Moved {
  readonly at: number;
  readonly skipped: Skipped | undefined;
  readonly resized: boolean;
  readonly isAllTold: boolean;
}

/** What was told of the rows that are the screen now. */
function carriedOver(told: Told, now: Snapshot, { at, skipped, resized, isAllTold }: Moved): Told {
  if (skipped !== undefined) return [];
  // The same text broken anew is no news to somebody who has read it; where they have not, twice is better than never.
  if (resized) return isAllTold ? screenOf(now).map(({ plain }) => plain) : [];
  if (at <= now.boundary) return told.slice(now.boundary - at);
  return [...now.rows.slice(now.boundary, at).map(({ plain }) => plain), ...told];
}

const stillRows = (before: readonly Still[], screen: readonly Row[], nowMs: number): readonly Still[] =>
  screen.map(({ plain }, index) => {
    const known = before[index];
    return known?.plain === plain ? known : { plain, sinceMs: nowMs };
  });

interface Quiet {
  readonly rows: readonly Row[];
  readonly told: Told;
}

interface Calm {
  readonly still: readonly Still[];
  readonly nowMs: number;
}

/** From the first row that is news to the last, as far down as they stand still. */
function quietRows(screen: readonly Row[], told: Told, { still, nowMs }: Calm): Quiet {
  const isNews = ({ plain }: Row, index: number): boolean => plain !== told[index];
  const first = screen.findIndex(isNews);
  if (first < 0) return { rows: [], told: told.slice(0, screen.length) };
  const moving = screen.findIndex(
    (row, index) => isNews(row, index) && nowMs - (still[index]?.sinceMs ?? nowMs) < QUIET_MS,
  );
  const calm = moving < 0 ? screen : screen.slice(0, moving);
  const last = calm.findLastIndex(isNews);
  const rows = last < first ? [] : calm.slice(first, last + 1);
  const known = screen.map(({ plain }, index) => (index >= first && index <= last ? plain : told[index]));
  return { rows, told: known };
}

/** Where the reader was in saved rows; undefined when that cannot be told for certain. */
function placeInSaved(window: readonly string[], saved: readonly Row[]): number | undefined {
  if (window.length === 0) return 0;
  const isAt = (start: number): boolean => window.every((text, index) => saved[start + index]?.plain === text);
  const starts = saved.flatMap((_row, start) => (isAt(start) ? [start] : []));
  return starts.length === 1 && starts[0] !== undefined ? starts[0] + window.length : undefined;
}
