import { FleetError } from '../model/error.ts';
import type { Exec, FileReader, WritePort } from '../model/host.ts';
import type { FleetName } from '../model/names.ts';
import { systemClock } from '../host/clock.ts';
import type { HostExec } from '../host/exec.ts';
import { acquireLock, lockHolder, type Holder, type Lock } from '../host/lock.ts';
import { parseDuration } from '../manifest/words.ts';
import type { Place } from './context.ts';
import type { CommonOptions } from './options.ts';
import { uninterrupted } from './ports.ts';
import { writePort } from './write-port.ts';

/** The one lock of a Mosaic home. No fleet, whose state lies beside it, can have this name. */
export const lockPath = (home: string): string => `${home}/state/.lock`;

/** Where the lock was: there a fleet may have its state. While there is a file, an earlier mosaic may hold that. */
export const formerLockPath = (home: string): string => `${home}/state/lock`;

/** Who is changing something in this home. */
export const homeHolder = (home: string): Holder | undefined =>
  lockHolder(lockPath(home)) ?? lockHolder(formerLockPath(home));

interface Asking {
  /** As the holder of the lock is called for whoever waits for it. */
  readonly command: string;
  readonly options: CommonOptions;
  readonly signal?: AbortSignal | undefined;
}

/** Hands out the machine to act on, for as long as `act` takes: one mosaic in a home at a time (E_LOCKED). */
export async function locked<T>(
  place: Pick<Place, 'home' | 'exec' | 'read'>,
  asking: Asking,
  act: (port: WritePort) => Promise<T>,
): Promise<T> {
  const { exec, read } = place;
  const lock = await acquireBoth(place, asking);
  try {
    return await act(writePort({ ...read, exec: holding(exec, lock) }, systemClock, lock));
  } finally {
    lock.release();
  }
}

/** The lock, and the former one where there is such a file: whoever knows that one alone waits for us, and we for them. */
async function acquireBoth(
  { home, exec, read }: Pick<Place, 'home' | 'exec' | 'read'>,
  { command, options, signal }: Asking,
): Promise<Lock> {
  const deadline = performance.now() + lockWaitMs(options);
  const acquire = (path: string): Promise<Lock> =>
    acquireLock(path, {
      exec,
      clock: systemClock,
      waitMs: Math.max(0, deadline - performance.now()),
      holder: `mosaic ${command}`,
      ...(signal === undefined ? {} : { signal }),
    });
  const lock = await acquire(lockPath(home));
  try {
    if (read.files.stat(formerLockPath(home))?.kind !== 'file') return lock;
    const former = await acquire(formerLockPath(home));
    return {
      isHeld: lock.isHeld,
      descriptors: [...lock.descriptors, ...former.descriptors],
      release: () => {
        former.release();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

/**
 * Makes the place for a fleet's state, also where the former lock was. From then on an earlier mosaic, which cannot
 * open a directory as its lock, changes nothing in this home.
 */
export function makeStateDirectory({ files, writer }: WritePort, home: string, fleet: FleetName): void {
  const path = statePlace(home, fleet);
  if (isTaken(files, home, fleet)) writer.remove(path);
  writer.makeDirectory(path, 0o700);
}

/** Is the former lock where this fleet is to have its state? */
export const isTaken = (files: FileReader, home: string, fleet: FleetName): boolean =>
  statePlace(home, fleet) === formerLockPath(home) && files.stat(formerLockPath(home))?.kind === 'file';

const statePlace = (home: string, fleet: FleetName): string => `${home}/state/${fleet}`;

/** A call outlives a command that is killed, and then nobody else may begin before it has ended. */
const holding = (exec: HostExec, { descriptors }: Lock): Exec =>
  uninterrupted((argv, options) => exec(argv, options.leavesServer === true ? options : { ...options, descriptors }));

function lockWaitMs({ lockTimeout = '0s' }: CommonOptions): number {
  const ms = parseDuration(lockTimeout);
  if (ms === undefined)
    throw new FleetError('E_USAGE', `--lock-timeout takes a duration such as 10s, not ${JSON.stringify(lockTimeout)}`);
  return ms;
}
