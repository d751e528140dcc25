import { accessSync, constants, readdirSync, statSync } from 'node:fs';
import type { PathFact } from '../model/observed.ts';
import { errnoOf } from './io-error.ts';

/** What is at a path, through symbolic links, and whether the caller may run or enter it. Never throws. */
export function pathFact(path: string): PathFact {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats === undefined) return { kind: 'missing', executable: false, mode: 0, uid: 0 };
    const kind = stats.isFile() ? 'file' : stats.isDirectory() ? 'directory' : 'other';
    const { mode, uid, mtimeMs } = stats;
    return { kind, executable: isAccessible(path), mode: mode & 0o7777, uid, ...(kind === 'file' ? { mtimeMs } : {}) };
  } catch (error) {
    const kind = errnoOf(error) === 'ENOTDIR' ? 'missing' : 'denied';
    return { kind, executable: false, mode: 0, uid: 0 };
  }
}

function isAccessible(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A directory with more names than this is nobody's PATH. */
const MAX_NAMES = 20_000;

/** Names of the programs in a directory, sorted; none when it is missing; undefined when it cannot be told. */
export function programsIn(directory: string): readonly string[] | undefined {
  try {
    const names = readdirSync(directory);
    if (names.length > MAX_NAMES) return undefined;
    return names
      .filter((name) => {
        const { kind, executable } = pathFact(`${directory}/${name}`);
        return kind === 'file' && executable;
      })
      .toSorted();
  } catch (error) {
    return ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '') ? [] : undefined;
  }
}
