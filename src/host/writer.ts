import {
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
  type Stats,
} from 'node:fs';
import { basename, dirname } from 'node:path';
import { FleetError } from '../model/error.ts';
import type { FileWriter } from '../model/host.ts';
import { ensureDirectory, holdingDirectories, releaseDirectories, syncDirectory, withDirectory } from './directory.ts';
import { effectiveUid } from './identity.ts';
import { errnoOf, ioError } from './io-error.ts';
import { readAtMost } from './read.ts';
import { temporaryName } from './temporary.ts';

/** A name in a directory that is held open: `at` reaches it, `path` is what people call it. */
interface Target {
  readonly path: string;
  readonly directory: string;
  readonly at: string;
}

/** Makes the names in a directory durable, now or later; `path` is what people call it. */
type Sync = (pinned: string, path: string) => void;

/** Acts on files of the caller. Never follows a link, never replaces what is not of the same kind. */
export function createFileWriter(): FileWriter {
  let waiting: Set<string> | undefined;
  const sync: Sync = (pinned, path) => {
    if (waiting === undefined) syncDirectory(pinned);
    else waiting.add(path);
  };
  return {
    write: (path, content, mode) => write(path, { content, mode }, sync),
    link: (path, to) => link(path, to, sync),
    makeDirectory: (path, mode) => ensureDirectory(path, mode, sync),
    remove: (path) => remove(path, sync),
    removeDirectory: (path) => removeDirectory(path, sync),
    together: (act) => {
      if (waiting !== undefined) return act();
      const changed = (waiting = new Set<string>());
      try {
        return holdingDirectories(act);
      } finally {
        waiting = undefined;
        syncAll(changed);
      }
    },
  };
}

/** A directory that is gone again has nothing to keep. */
function syncAll(directories: ReadonlySet<string>): void {
  for (const path of directories) {
    try {
      withDirectory(path, syncDirectory);
    } catch (error) {
      throw ioError('make durable', path, error);
    }
  }
}

/** A file as it is to be. */
interface Wanted {
  readonly content: string;
  readonly mode: number;
}

function write(path: string, wanted: Wanted, sync: Sync): void {
  inDirectory('write', path, (target) => {
    const now = lstatSync(target.at, { throwIfNoEntry: false });
    if (now !== undefined) refuseUnlessFile(target.path, now);
    if (now !== undefined && isSame(target, now, wanted)) return;
    replace(target, (temporary) => writeWhole(temporary, wanted), sync);
  });
}

function link(path: string, to: string, sync: Sync): void {
  inDirectory('link', path, (target) => {
    const now = lstatSync(target.at, { throwIfNoEntry: false });
    if (now !== undefined && !now.isSymbolicLink()) {
      throw new FleetError('E_EXISTS', `${path} exists and is not a symbolic link`, { hint: 'Move it away.' });
    }
    if (now !== undefined && readlinkSync(target.at) === to) return;
    replace(target, (temporary) => symlinkSync(to, temporary), sync);
  });
}

function remove(path: string, sync: Sync): void {
  inExistingDirectory('remove', path, (target) => {
    unlinkSync(target.at);
    sync(target.directory, dirname(path));
  });
}

function removeDirectory(path: string, sync: Sync): void {
  releaseDirectories();
  inExistingDirectory('remove the directory', path, (target) => {
    try {
      rmdirSync(target.at);
    } catch (error) {
      if (errnoOf(error) === 'ENOTEMPTY') return;
      throw error;
    }
    sync(target.directory, dirname(path));
  });
}

/** Runs `act` on a name whose directory must exist; what fails becomes a coded error with the real path. */
function inDirectory(doing: string, path: string, act: (target: Target) => void): void {
  try {
    const found = withDirectory(dirname(path), (directory) => {
      act({ path, directory, at: `${directory}/${basename(path)}` });
      return true;
    });
    if (found === undefined) throw new FleetError('E_IO', `cannot ${doing} ${path}: its directory does not exist`);
  } catch (error) {
    throw ioError(doing, path, error);
  }
}

/** The same for removals: what is not there need not go. */
function inExistingDirectory(doing: string, path: string, act: (target: Target) => void): void {
  try {
    withDirectory(dirname(path), (directory) => act({ path, directory, at: `${directory}/${basename(path)}` }));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw ioError(doing, path, error);
  }
}

function refuseUnlessFile(path: string, now: Stats): void {
  if (now.isSymbolicLink()) throw new FleetError('E_SYMLINK', `cannot write ${path}: it is a symbolic link`);
  if (now.isDirectory()) {
    throw new FleetError('E_NOT_DIR', `cannot write ${path}: it is a directory`, { hint: 'Move that directory away.' });
  }
  if (!now.isFile()) throw new FleetError('E_IO', `cannot write ${path}: it is not a regular file`);
}

function isSame(target: Target, now: Stats, wanted: Wanted): boolean {
  const bytes = Buffer.from(wanted.content, 'utf8');
  if ((now.mode & 0o7777) !== wanted.mode || now.uid !== effectiveUid() || now.size !== bytes.length) return false;
  const fd = openSync(target.at, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return readAtMost(fd, bytes.length + 1).equals(bytes);
  } finally {
    closeSync(fd);
  }
}

/** Makes the new thing under a hidden name and renames it over the old one: a reader sees the one or the other. */
function replace(target: Target, make: (temporary: string) => void, sync: Sync): void {
  const temporary = `${target.directory}/${temporaryName()}`;
  try {
    make(temporary);
    renameSync(temporary, target.at);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  sync(target.directory, dirname(target.path));
}

function writeWhole(temporary: string, { content, mode }: Wanted): void {
  const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
  try {
    writeFileSync(fd, content);
    fchmodSync(fd, mode);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
