import type { ProcessReader } from '../../model/host.ts';

/** Within one look, what is asked of a process twice is read once: the answers cannot differ, and cost half. */
export const eachOnce = (processes: ProcessReader): ProcessReader => ({
  childrenOf: (pid) => processes.childrenOf(pid),
  statusOf: (pid) => processes.statusOf(pid),
  cgroupOf: once((pid) => processes.cgroupOf(pid)),
  hasEnded: once((pid) => processes.hasEnded(pid)),
  commandLineOf: once((pid) => processes.commandLineOf(pid)),
});

function once<T>(look: (pid: number) => T): (pid: number) => T {
  const known = new Map<number, { readonly answer: T }>();
  return (pid) => {
    const found = known.get(pid) ?? { answer: look(pid) };
    known.set(pid, found);
    return found.answer;
  };
}
