import type { CleanLine } from './sanitise.ts';

/** A row of a pane: cleaned, and as it came. */
export interface Row extends CleanLine {
  readonly raw: string;
}

/** The end of a pane's scrollback and its screen, in one moment. */
export interface Snapshot {
  readonly width: number;
  /** Rows of scrollback in all; `rows` may begin later. */
  readonly history: number;
  /** How many the scrollback may hold; at the limit tmux lets go of a tenth at once (grid_collect_history). */
  readonly limit: number;
  readonly rows: readonly Row[];
  /** Where the screen begins in `rows`. */
  readonly boundary: number;
}

/** How far a reader has come: everything above the screen of that moment is told. */
export interface Position {
  readonly width: number;
  readonly history: number;
  /** The last rows of the scrollback: what the place is found again by. */
  readonly window: readonly string[];
}

/** Where the old screen began, in the rows of a new snapshot. */
export interface Found {
  readonly at: number;
  /** Rows that went by unseen; undefined when none did. */
  readonly skipped?: Skipped;
}

export interface Skipped {
  readonly rows: number;
  /** False: that many or more. */
  readonly exact: boolean;
}

const WINDOW = 100;

/** The place to go on from after this snapshot. */
export const positionOf = ({ width, history, rows, boundary }: Snapshot): Position => ({
  width,
  history,
  window: rows.slice(Math.max(0, boundary - WINDOW), boundary).map(({ plain }) => plain),
});

/** Finds the place again: by the count of the scrollback, held against the rows themselves. */
export function findPlace(before: Position, now: Snapshot): Found {
  if (before.width !== now.width) return { at: findText(before.window, now) ?? now.boundary };
  return mayHaveLetGo(now) ? amongCounts(before, now) : byCount(before, now);
}

const mayHaveLetGo = ({ history, limit }: Snapshot): boolean => history >= Math.floor(limit * 0.9) - 1;

/** The window ends at `at`; the part of it that is above the snapshot cannot speak against it. */
function matches(window: readonly string[], { rows }: Snapshot, at: number): boolean {
  if (at < 0 || at > rows.length) return false;
  const part = evidence(window, at);
  return part.every((text, index) => rows[at - part.length + index]?.plain === text);
}

const evidence = (window: readonly string[], at: number): readonly string[] =>
  window.slice(Math.max(0, window.length - at));

/** Nothing was let go of. Other rows than before in the same place: the scrollback was cleared, and all of it is new. */
function byCount(before: Position, now: Snapshot): Found {
  const at = now.boundary - (now.history - before.history);
  if (at < 0) return { at: 0, skipped: { rows: -at, exact: true } };
  return { at: matches(before.window, now, at) ? at : 0 };
}

/** At the limit the count stands for many places, a tenth of the limit apart; rows tell which, where they differ. */
function amongCounts(before: Position, now: Snapshot): Found {
  const tenth = Math.max(1, Math.floor(now.limit / 10));
  const first = now.boundary - (now.history - before.history);
  const places = Array.from({ length: Math.ceil((first + 1) / tenth) }, (_, round) => first - round * tenth);
  const [at, ...others] = places.filter((place) => matches(before.window, now, place));
  // The first place above the snapshot: at least so many rows went by.
  if (at === undefined) return { at: 0, skipped: { rows: tenth * places.length - first, exact: false } };
  // A place near the top has few rows that could speak against it: it counts where no better one does.
  const rivals = others.filter((place) => place >= before.window.length);
  const isSure = at === now.boundary || (rivals.length === 0 && !isMonotonous(evidence(before.window, at)));
  return { at, ...(isSure ? {} : { skipped: { rows: 0, exact: false } }) };
}

const isMonotonous = (window: readonly string[]): boolean => window.every((text) => text === window[0]);

/** After a change of width tmux breaks the same text at other places; it counts where it stands exactly once. */
function findText(window: readonly string[], { rows }: Snapshot): number | undefined {
  const inOne = (parts: readonly string[]): string => parts.join('').replaceAll(/\s/g, '');
  const texts = rows.map(({ plain }) => plain);
  const needle = inOne(window);
  const hay = inOne(texts);
  const start = needle === '' ? -1 : hay.indexOf(needle);
  if (start < 0 || hay.includes(needle, start + 1)) return undefined;
  let length = 0;
  return (
    texts.findIndex((text) => {
      length += inOne([text]).length;
      return length >= start + needle.length;
    }) + 1
  );
}
