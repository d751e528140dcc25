import type { Bus, Exec, ReadPort } from '../model/host.ts';
import { createFileReader } from '../host/files.ts';
import { cgroupOf, childrenOf, commandLineOf, hasEnded, statusOf } from '../host/process.ts';

/** The machine, to look at. */
export const readPort = (exec: Exec, bus?: Bus): ReadPort => ({
  files: createFileReader(),
  // Asked of our wrappers alone, which have one thread: to look for more is one look more at each of hundreds.
  processes: { cgroupOf, commandLineOf, statusOf, hasEnded, childrenOf: (pid) => childrenOf(pid, [pid]) ?? [] },
  exec,
  ...(bus === undefined ? {} : { bus }),
});

/** The same without the pids of agents' programs: no plan asks for them, and each is a look at the kernel. */
export const withoutPids = (read: ReadPort): ReadPort => ({
  ...read,
  processes: { ...read.processes, childrenOf: () => [] },
});

/** A step that has begun is finished: an interrupt is heard between steps, by the executor alone. */
export const uninterrupted =
  (exec: Exec): Exec =>
  (argv, { signal: _heardBetweenSteps, ...options }) =>
    exec(argv, options);

/** The same for the message bus. */
export const uninterruptedBus =
  (bus: Bus): Bus =>
  (calls, { timeoutMs }) =>
    bus(calls, { timeoutMs });
