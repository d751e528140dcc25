import { FleetError } from '../model/error.ts';
import type { Exec, WritePort } from '../model/host.ts';
import { systemClock } from '../host/clock.ts';
import type { HostExec } from '../host/exec.ts';
import { acquireLock, type Lock } from '../host/lock.ts';
import { parseDuration } from '../manifest/words.ts';
import type { Place } from './context.ts';
import type { CommonOptions } from './options.ts';
import { uninterrupted, writePort } from './ports.ts';

/** The one lock of a Mosaic home. */
export const lockPath = (home: string): string => `${home}/state/lock`;

interface Asking {
  /** As the holder of the lock is called for whoever waits for it. */
  readonly command: string;
  readonly options: CommonOptions;
  readonly signal?: AbortSignal | undefined;
}

/** Hands out the machine to act on, for as long as `act` takes: one mosaic in a home at a time (E_LOCKED). */
export async function locked<T>(
  { home, exec, read }: Place,
  { command, options, signal }: Asking,
  act: (port: WritePort) => Promise<T>,
): Promise<T> {
  const lock = await acquireLock(lockPath(home), {
    exec,
    clock: systemClock,
    waitMs: lockWaitMs(options),
    holder: `mosaic ${command}`,
    ...(signal === undefined ? {} : { signal }),
  });
  try {
    return await act(writePort({ ...read, exec: holding(exec, lock) }, systemClock, lock));
  } finally {
    lock.release();
  }
}

/** A call outlives a command that is killed, and then nobody else may begin before it has ended. */
const holding = (exec: HostExec, { descriptor }: Lock): Exec =>
  uninterrupted((argv, options) => exec(argv, options.leavesServer === true ? options : { ...options, descriptor }));

function lockWaitMs({ lockTimeout = '0s' }: CommonOptions): number {
  const ms = parseDuration(lockTimeout);
  if (ms === undefined)
    throw new FleetError('E_USAGE', `--lock-timeout takes a duration such as 10s, not ${JSON.stringify(lockTimeout)}`);
  return ms;
}
