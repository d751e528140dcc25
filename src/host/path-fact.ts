import { accessSync, constants, statSync } from 'node:fs';
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
