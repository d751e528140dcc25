import { randomBytes } from 'node:crypto';
import { existsSync, lstatSync, readdirSync, unlinkSync } from 'node:fs';
import { withDirectory } from './directory.ts';
import { effectiveUid } from './identity.ts';
import { errnoOf, ioError } from './io-error.ts';

const TEMPORARY = /^\.mosaic-([0-9a-f]{8})[0-9a-f]*\.tmp$/;

/** A new hidden name, beginning with our pid, so that a leftover tells whether its writer still lives. */
export function temporaryName(): string {
  return `.mosaic-${process.pid.toString(16).padStart(8, '0')}${randomBytes(8).toString('hex')}.tmp`;
}

/** Removes what writers of this user that died left in a directory, and answers with the names. */
export function sweepTemporaries(directory: string): readonly string[] {
  try {
    return withDirectory(directory, (pinned) => readdirSync(pinned).filter((name) => sweep(pinned, name))) ?? [];
  } catch (error) {
    throw ioError('tidy', directory, error);
  }
}

function sweep(directory: string, name: string): boolean {
  const writer = TEMPORARY.exec(name)?.[1];
  if (writer === undefined || isOtherLiving(Number.parseInt(writer, 16))) return false;
  const path = `${directory}/${name}`;
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || stats.isDirectory() || stats.uid !== effectiveUid()) return false;
  try {
    unlinkSync(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  return true;
}

/** Our own writes are synchronous: none can be under way while this runs. */
const isOtherLiving = (pid: number): boolean => pid !== process.pid && existsSync(`/proc/${pid}`);
