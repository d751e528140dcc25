import type { Clock, Exec, FileWriter, ReadPort, WritePort } from '../model/host.ts';
import { createFileReader } from '../host/files.ts';
import { cgroupOf, childrenOf, commandLineOf } from '../host/process.ts';
import { createFileWriter } from '../host/writer.ts';

/** The machine, to look at. */
export const readPort = (exec: Exec): ReadPort => ({
  files: createFileReader(),
  processes: { cgroupOf, commandLineOf, childrenOf: (pid) => childrenOf(pid) ?? [] },
  exec,
});

/** Writes files outside any plan: a first manifest, a report, what is left after a destroy. */
export const fileWriter = (): FileWriter => createFileWriter();

/** The machine, to act on. Made here and nowhere else, for the executor alone. */
export const writePort = (read: ReadPort, clock: Clock): WritePort => ({ ...read, writer: createFileWriter(), clock });
