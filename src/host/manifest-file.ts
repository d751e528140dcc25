import { closeSync, constants, fstatSync, openSync, realpathSync, statSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { FleetError } from '../model/error.ts';
import { quoted } from '../model/quoted.ts';
import { errnoOf, ioError } from './io-error.ts';
import { linkChain } from './link-chain.ts';
import { readAtMost } from './read.ts';

/** A manifest may be this long; one byte more is read, so that the parser can tell. */
export const MAX_MANIFEST_BYTES = 1024 * 1024;

export interface ManifestFile {
  readonly bytes: Uint8Array;
  readonly uid: number;
  readonly mode: number;
  readonly realpath: string;
  readonly inode: number;
}

/** Reads the manifest, through symbolic links too. E_MANIFEST_MISSING, or E_NOT_REGULAR without ever waiting on it. */
export function readManifestFile(path: string): ManifestFile {
  const fd = open(path);
  try {
    const stats = fstatSync(fd);
    refuseUnlessRegular(path, stats);
    const { uid, ino: inode } = stats;
    const bytes = readAtMost(fd, MAX_MANIFEST_BYTES + 1);
    return { bytes, uid, mode: stats.mode & 0o7777, realpath: realpathSync(path), inode };
  } catch (error) {
    throw ioError('read', path, error);
  } finally {
    closeSync(fd);
  }
}

/**
 * Why somebody else than `uid` could change what stands there: the owner or mode of the file, of its directory, or of
 * one that holds a link on the way.
 */
export function whoElseMayWrite(path: string, file: ManifestFile, uid: number): string | undefined {
  const places: readonly Writable[] = [file, ...directoriesOf(path, file)];
  const found = places.find((place) => place.isOfSystem !== true && (place.uid !== uid || (place.mode & 0o022) !== 0));
  if (found === undefined) return undefined;
  if (found.uid !== uid) return `${found.realpath} belongs to uid ${found.uid}, not to you (${uid})`;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  return `${found.realpath} has mode ${mode}, so others can write it; chmod go-w ${quoted(found.realpath)}`;
}

interface Writable extends Pick<ManifestFile, 'uid' | 'mode' | 'realpath'> {
  /** Only root can change what others have there. */
  readonly isOfSystem?: boolean;
}

/** In a sticky directory the kernel follows nobody else's link (protected_symlinks in proc_sys_fs(5)). */
const isOfSystem = ({ uid, mode }: Stats): boolean => uid === 0 && ((mode & 0o022) === 0 || (mode & 0o1000) !== 0);

/** Those that hold the name, the file, or a link between them, where one of the system may stand: `/home`, `/tmp`. */
function directoriesOf(path: string, file: ManifestFile): readonly Writable[] {
  try {
    const ends = [dirname(file.realpath), realpathSync(dirname(path))];
    const places = new Set([...ends, ...linkChain(resolve(path)).names.keys()]);
    return [...places].map((realpath) => {
      const stats = statSync(realpath);
      const { uid, mode } = stats;
      return { realpath, uid, mode, isOfSystem: !ends.includes(realpath) && isOfSystem(stats) };
    });
  } catch (error) {
    throw ioError('look at the way to', path, error);
  }
}

/** The look before the open spares a device what opening it would do. */
function open(path: string): number {
  try {
    refuseUnlessRegular(path, statSync(path));
    return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  } catch (error) {
    if (error instanceof FleetError) throw error;
    const hint = errnoOf(error) === 'EACCES' ? { hint: `Let yourself read it: chmod u+r ${quoted(path)}` } : {};
    const message = `cannot read the manifest ${path}: ${reason(error)}`;
    throw new FleetError('E_MANIFEST_MISSING', message, { ...hint, cause: error });
  }
}

function reason(error: unknown): string {
  const errno = errnoOf(error);
  if (errno === 'ENOENT') return 'there is no such file';
  return errno === 'EACCES' ? 'permission denied' : (errno ?? String(error));
}

function refuseUnlessRegular(path: string, stats: Stats): void {
  if (stats.isFile()) return;
  const hint = stats.isFIFO() ? { hint: 'To read standard input or a pipe, give `-f -`.' } : {};
  throw new FleetError('E_NOT_REGULAR', `${path} is ${kindOf(stats)}, not a regular file`, hint);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isFIFO()) return 'a named pipe';
  return stats.isSocket() ? 'a socket' : 'a device';
}
