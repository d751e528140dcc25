import { closeSync, constants, fstatSync, lstatSync, openSync } from 'node:fs';
import { FleetError } from '../model/error.ts';
import { errnoOf, ioError } from './io-error.ts';
import { readAtMost } from './read.ts';

/** A file of lines that others append to, cut at its beginning, or move away when it is full. */
export interface Appended {
  /** The whole lines that came since it was last asked, at first all that are kept. Of the rest nothing is read. */
  readonly news: () => readonly string[];
}

/** Bytes of whole lines that were read, by the number of the file they stand in. */
type Offsets = Map<number, number>;

/**
 * Remembers of `path`, and of `PATH.1` where a full one is moved to, how far they were read, and the last line. Of more
 * than `maxBytes` at once only the end is told.
 */
export function openAppended(path: string, maxBytes: number): Appended {
  let offsets: Offsets = new Map();
  let last: string | undefined;
  return {
    news: () => {
      const seen: Offsets = new Map();
      // What is moved away in between is then found twice, and read once.
      const [now, older] = [path, `${path}.1`].map((file) => readOn(file, { offsets, seen, last, maxBytes }));
      const lines = [...(older ?? []), ...(now ?? [])];
      offsets = seen;
      last = lines.at(-1) ?? last;
      return lines;
    },
  };
}

interface Reading {
  readonly offsets: Offsets;
  readonly seen: Offsets;
  readonly last: string | undefined;
  readonly maxBytes: number;
}

function readOn(path: string, reading: Reading): readonly string[] {
  try {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || reading.seen.has(stat.ino)) return [];
    if (reading.offsets.get(stat.ino) !== stat.size) return readLines(path, reading);
    reading.seen.set(stat.ino, stat.size);
    return [];
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw ioError('read', path, error);
  }
}

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

function readLines(path: string, { offsets, seen, last, maxBytes }: Reading): readonly string[] {
  const fd = openSync(path, READ);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new FleetError('E_IO', `cannot read ${path}: it is not a regular file`);
    const { ino, size } = stat;
    const known = offsets.get(ino) ?? Infinity;
    const from = Math.max(known <= size ? known : 0, size - maxBytes);
    const bytes = readAtMost(fd, maxBytes, from);
    const end = bytes.lastIndexOf('\n') + 1;
    seen.set(ino, from + end);
    const lines = end === 0 ? [] : bytes.toString('utf8', 0, end - 1).split('\n');
    // Another file in its place begins with what is left of the old one.
    return known <= size || last === undefined ? lines : lines.slice(lines.lastIndexOf(last) + 1);
  } finally {
    closeSync(fd);
  }
}
