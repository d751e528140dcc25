import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { FleetError } from '../model/error.ts';
import type { FileReader, FileStat } from '../model/host.ts';
import { errnoOf, ioError } from './io-error.ts';
import { readAtMost } from './read.ts';

const DEFAULT_MAX_BYTES = 8 * 1024 * 1024;

/** Looks at files. Blocks on nothing: a FIFO or a device is refused, not read. */
export function createFileReader(): FileReader {
  return {
    stat: lookAt,
    read: (path, maxBytes = DEFAULT_MAX_BYTES, seen = lookAt(path)) =>
      seen === undefined ? undefined : present('read', path, () => readText(path, seen, maxBytes)),
    readLink: (path) => present('read the link', path, () => readlinkSync(path)),
    list: (path) => present('list', path, () => readdirSync(path).toSorted()),
  };
}

/** A missing file is the usual case for hundreds of records: it must not cost an exception. */
function lookAt(path: string): FileStat | undefined {
  const stats = present('look at', path, () => lstatSync(path, { throwIfNoEntry: false }));
  return stats === undefined ? undefined : toFileStat(stats);
}

function present<T>(doing: string, path: string, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw ioError(doing, path, error);
  }
}

const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;
/** Opens, reads and closes in one call of Node's. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- Node takes a number (fs, File system flags); its types do not say so
const WHOLE = { encoding: 'utf8', flag: READ as unknown as string } as const;

function readText(path: string, { kind, size }: FileStat, maxBytes: number): string {
  // The quick way for a plain file that fits; /proc tells no size, and the careful way refuses the rest.
  if (kind === 'file' && size > 0 && size <= maxBytes) return readFileSync(path, WHOLE);
  const fd = openSync(path, READ);
  try {
    if (!fstatSync(fd).isFile()) throw new FleetError('E_IO', `cannot read ${path}: it is not a regular file`);
    const bytes = readAtMost(fd, maxBytes + 1);
    if (bytes.length > maxBytes) throw new FleetError('E_IO', `cannot read ${path}: more than ${maxBytes} bytes`);
    return bytes.toString('utf8');
  } finally {
    closeSync(fd);
  }
}

function toFileStat(stats: Stats): FileStat {
  const { uid, size, ino: inode, mtimeMs, ctimeMs } = stats;
  return { kind: kindOf(stats), mode: stats.mode & 0o7777, uid, size, inode, mtimeMs, ctimeMs };
}

function kindOf(stats: Stats): FileStat['kind'] {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  if (stats.isSymbolicLink()) return 'symlink';
  return stats.isSocket() ? 'socket' : 'other';
}
