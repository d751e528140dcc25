import { describe, expect, it } from '@jest/globals';
import { eachOnce } from '../../src/providers/tmux/each-once.ts';

describe('processes that are read once within a look', () => {
  it('answers the same of a process again without a second read, also that it is gone', () => {
    const read: string[] = [];
    const processes = eachOnce({
      cgroupOf: (pid) => (read.push(`cgroup ${pid}`), pid === 1 ? '/init.scope' : undefined),
      commandLineOf: (pid) => (read.push(`cmdline ${pid}`), ['sh']),
      childrenOf: () => [7],
      statusOf: () => undefined,
      hasEnded: (pid) => (read.push(`end ${pid}`), false),
    });
    expect([1, 2, 1, 2].map((pid) => processes.cgroupOf(pid))).toEqual([
      '/init.scope',
      undefined,
      '/init.scope',
      undefined,
    ]);
    expect([processes.commandLineOf(1), processes.commandLineOf(1)]).toEqual([['sh'], ['sh']]);
    expect([processes.hasEnded(1), processes.hasEnded(1)]).toEqual([false, false]);
    expect(read).toEqual(['cgroup 1', 'cgroup 2', 'cmdline 1', 'end 1']);
    expect(processes.childrenOf(1)).toEqual([7]);
  });
});
