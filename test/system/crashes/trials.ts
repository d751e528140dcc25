import { UNIT_DIRECTORY } from '../../support/harness.ts';
import { writtenPath, type Point } from './calls.ts';
import type { Stage, Trouble } from './heal.ts';

type Kind = 'kill' | 'beside' | 'error' | 'interrupt' | 'twice';

/** One or more disturbed runs in a row. */
export interface Trial {
  readonly kind: Kind;
  /** What to give as `--only` to see it again. */
  readonly name: string;
  readonly troubles: readonly Trouble[];
}

/** How many of each there are to be in one scenario. */
export type Counts = Readonly<Record<'crashes' | 'errors' | 'interrupts' | 'twice', number>>;

/** What a call may end with on a machine that is full, broken, read-only, or out of descriptors. */
const ERRORS: Readonly<Record<string, readonly string[]>> = {
  openat: ['ENOSPC', 'EROFS', 'EMFILE', 'EACCES', 'EIO'],
  write: ['ENOSPC', 'EIO'],
  pwrite64: ['ENOSPC', 'EIO'],
  ftruncate: ['EIO'],
  fsync: ['EIO', 'ENOSPC'],
  rename: ['EIO', 'ENOSPC', 'EACCES', 'EROFS'],
  symlink: ['ENOSPC', 'EACCES', 'EROFS', 'EIO'],
  mkdir: ['ENOSPC', 'EACCES', 'EROFS', 'EIO'],
  chmod: ['EIO', 'EROFS'],
  fchmod: ['EIO', 'EROFS'],
  unlink: ['EIO', 'EACCES', 'EROFS'],
  rmdir: ['EIO', 'EACCES', 'EROFS'],
  clone: ['EAGAIN'],
};
/** Of calls that change nothing. */
const LOOKS: Readonly<Record<string, readonly string[]>> = {
  openat: ['EMFILE', 'EACCES', 'EIO'],
  pipe2: ['EMFILE'],
  socket: ['EMFILE'],
};

/**
 * What a scenario is put through: a choice that follows from the seed; every point, where there are not more. In an order
 * that follows from it, too, so that a run that is short of time has tried some of everything.
 */
export function trialsOf(stage: Stage, counts: Counts, seed: number): readonly Trial[] {
  const random = randomOf(seed);
  const points = stage.points.filter(({ changes }) => changes);
  const own = points.filter(({ child }) => child === undefined);
  const crashes = spread(points, counts.crashes, random).map(crashAt);
  const errors = [
    ...spread(own, Math.ceil((counts.errors * 2) / 3), random).flatMap((point) => errorAt(point, ERRORS, random)),
    ...spread(looksOf(stage), Math.floor(counts.errors / 3), random).flatMap((point) => errorAt(point, LOOKS, random)),
  ];
  const interrupts = spread(own, counts.interrupts, random).map((point, at) => interruptAt(point, at));
  const twice = Array.from({ length: counts.twice }, () =>
    [pick(points, random), pick(points, random)].map(crashAt),
  ).map((pair): Trial => ({
    kind: 'twice',
    name: pair.map(({ name }) => name).join(' then '),
    troubles: pair.flatMap(({ troubles }) => troubles),
  }));
  return [...crashes, ...errors, ...interrupts, ...twice]
    .map((trial) => ({ trial, place: random() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ trial }) => trial);
}

/** A program is killed together with mosaic; or, as it is about to begin, left alone with what it was told to do. */
function crashAt(point: Point): Trial {
  if (point.child === undefined) {
    const fault = { signal: 'KILL' } as const;
    return { kind: 'kill', name: `kill ${point.call} ${point.nth}`, troubles: [{ point, fault }] };
  }
  const both = point.call !== 'execve';
  const { words, turn } = point.child;
  const name = `beside ${both ? 'both' : 'alone'} ${point.call} ${point.nth} ${turn} of ${words}`;
  return { kind: 'beside', name, troubles: [{ point, both }] };
}

function errorAt(point: Point, errors: typeof ERRORS, random: () => number): readonly Trial[] {
  const known = errors[point.call];
  // Libuv writes to itself between others' writes: an error there would leave it waiting for ever.
  if (known === undefined || (point.call === 'write' && writtenPath(point) === undefined)) return [];
  const error = pick(known, random);
  return [
    { kind: 'error', name: `error ${error} ${point.call} ${point.nth}`, troubles: [{ point, fault: { error } }] },
  ];
}

function interruptAt(point: Point, at: number): Trial {
  const signal = at % 3 === 2 ? 'TERM' : 'INT';
  const troubles = [{ point, fault: { signal } }] as const;
  return { kind: 'interrupt', name: `interrupt ${signal} ${point.call} ${point.nth}`, troubles };
}

/** Calls that change nothing and are about the fleet; what Node does for itself before that is not asked for. */
function looksOf({ points, live }: Stage): readonly Point[] {
  const first = points.findIndex(({ changes }) => changes);
  const isAbout = ({ call, what }: Point): boolean =>
    call !== 'openat' || ['"…/', live.root, UNIT_DIRECTORY].some((place) => what.includes(place));
  return points
    .slice(first)
    .filter((point) => point.child === undefined && !point.changes)
    .filter((point) => LOOKS[point.call] !== undefined && isAbout(point));
}

/** So many of a list, one out of each of as many equal stretches. */
function spread<T>(all: readonly T[], count: number, random: () => number): readonly T[] {
  if (count >= all.length) return all;
  return Array.from({ length: count }, (_, at) => all[Math.floor(((at + random()) * all.length) / count)]).filter(
    (one) => one !== undefined,
  );
}

function pick<T>(all: readonly T[], random: () => number): T {
  const found = all[Math.floor(random() * all.length)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
}

/** Numbers from 0 to 1 that follow from the seed alone (mulberry32). */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
