import { FleetError } from '../model/error.ts';
import type { Clock, FileWriter, ReadPort, WritePort } from '../model/host.ts';
import type { Lock } from '../host/lock.ts';
import { createFileWriter } from '../host/writer.ts';

/** Writes files outside any plan: a first manifest, a report. */
export const fileWriter = (): FileWriter => createFileWriter();

/** The machine, to act on, for as long as the lock is ours. Made here and nowhere else, for the executor alone. */
export function writePort(read: ReadPort, clock: Clock, lock: Pick<Lock, 'isHeld'>): WritePort {
  const check = (): void => {
    if (!lock.isHeld())
      throw new FleetError('E_LOCKED', 'the lock file was deleted or replaced; another mosaic may be at work');
  };
  const writer = createFileWriter();
  return {
    ...read,
    exec: async (argv, options) => {
      check();
      return read.exec(argv, options);
    },
    writer: {
      write: (path, content, mode) => (check(), writer.write(path, content, mode)),
      link: (path, target) => (check(), writer.link(path, target)),
      makeDirectory: (path, mode) => (check(), writer.makeDirectory(path, mode)),
      remove: (path) => (check(), writer.remove(path)),
      removeDirectory: (path) => (check(), writer.removeDirectory(path)),
      together: (act) => writer.together(act),
    },
    clock: { nowMs: () => clock.nowMs(), sleep: (ms) => clock.sleep(ms) },
  };
}
