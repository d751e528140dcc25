import { describe, expect, it } from '@jest/globals';
import { PLACES, type SimulatedHost } from '../support/simulated-host.ts';
import { HELPER, SOCKET, underSystemd } from './tmux-bench.ts';

describe('a session with our mark, beside a look that is a moment old', () => {
  const WRAPPER = ['/bin/bash', '-p', HELPER, 'pane', `${PLACES.home}/fleets/canary`, 'alpha', '77'];

  /** What is seen of a session of that name, whose process is that. */
  async function seenOf(argv: readonly string[], change: (machine: SimulatedHost, pid: number) => void = () => {}) {
    const { machine, look } = underSystemd();
    machine.tmux.start(SOCKET, '', '/user.slice/mosaic-canary-tmux.service');
    machine.tmux.run(SOCKET, [
      ['new-session', '-d', '-s', 'alpha', ...argv],
      ['set-option', '-t', '=alpha:', '@mosaic_owner', 'canary/alpha'],
    ]);
    change(machine, machine.tmux.panePid(SOCKET, 'alpha'));
    const { items, facts } = await look();
    return { item: items['session.alpha'], foreign: facts['foreignSessions'] };
  }

  it('is on its way to its unit while its process is our wrapper, beside the server', async () => {
    const { item, foreign } = await seenOf(WRAPPER);
    expect(item).toMatchObject({ owner: 'fleet', spec: { inUnit: false, joining: true } });
    expect(foreign).toEqual([]);
  });

  it.each([
    ['another program', ['sleep', '9']],
    ['the wrapper of another agent', WRAPPER.toSpliced(5, 1, 'beta')],
    ['the wrapper of another fleet', WRAPPER.toSpliced(4, 1, `${PLACES.home}/fleets/other`)],
  ])('is an impostor with %s', async (_, argv) => {
    const { item, foreign } = await seenOf(argv);
    expect(item).toMatchObject({ spec: { inUnit: false } });
    expect(item).not.toMatchObject({ spec: { joining: true } });
    expect(foreign).toEqual(['alpha']);
  });

  it('is an impostor with our wrapper elsewhere than beside the server', async () => {
    const { item } = await seenOf(WRAPPER, (machine, pid) => machine.processes.move(pid, '/user.slice/elsewhere'));
    expect(item).not.toMatchObject({ spec: { joining: true } });
  });

  it.each([
    ['is gone', undefined],
    ['has ended, and nobody has waited for it', []],
  ])('is there no more when its process %s', async (_, argv) => {
    const { item, foreign } = await seenOf(WRAPPER, (machine, pid) => {
      const commandLineOf = machine.processes.commandLineOf.bind(machine.processes);
      machine.processes.cgroupOf = (asked) => (asked === pid ? undefined : '/user.slice/mosaic-canary-tmux.service');
      machine.processes.commandLineOf = (asked) => (asked === pid ? argv : commandLineOf(asked));
    });
    expect(item ?? { state: 'absent' }).toEqual({ state: 'absent' });
    expect(foreign).toEqual([]);
  });
});

describe('a server that is not ours', () => {
  it.each([
    ['by its unit', '/user.slice/mosaic-old-tmux.service', ''],
    ['by its mark', '/user.slice/session-1.scope', 'old'],
  ])('is named for the fleet of this home that has it, %s', async (_, cgroup, mark) => {
    const { machine, look } = underSystemd({ otherFleets: { old: 2, other: 1 } });
    machine.tmux.start(SOCKET, '', cgroup);
    if (mark !== '') machine.tmux.run(SOCKET, [['set-option', '-s', '@mosaic_fleet', mark]]);
    expect((await look()).facts['foreignServer']).toMatchObject({ fleet: 'old' });
  });

  it('is nobody’s of this home where no fleet is installed by that name', async () => {
    const { machine, look } = underSystemd({ otherFleets: { other: 1 } });
    machine.tmux.start(SOCKET, '', '/user.slice/mosaic-old-tmux.service');
    expect((await look()).facts['foreignServer']).not.toHaveProperty('fleet');
  });
});
