import { describe, expect, it } from '@jest/globals';
import { PLACES, type SimulatedHost } from '../support/simulated-host.ts';
import { HELPER, SOCKET, underSystemd } from './tmux-bench.ts';

describe('a session with our mark, beside a look that is a moment old', () => {
  /** The first two that a machine starts: who makes alpha's session, in its unit, and somebody else. */
  const [RUNNER, STRANGER] = [1000, 1001];
  const wrapperOf = ({ fleet = 'canary', agent = 'alpha', runner = String(RUNNER) } = {}): readonly string[] => [
    '/bin/bash',
    '-p',
    HELPER,
    'pane',
    `${PLACES.home}/fleets/${fleet}`,
    agent,
    runner,
  ];

  /** What is seen of a session of that name, whose process is that. */
  async function seenOf(argv: readonly string[], change: (machine: SimulatedHost, pid: number) => void = () => {}) {
    const { machine, look } = underSystemd();
    const started = ['/user.slice/mosaic-canary@alpha.service', '/user.slice/mosaic-canary@beta.service'].map(
      (cgroup) => machine.processes.spawn(['/bin/bash', HELPER, 'run'], { cgroup }),
    );
    expect(started).toEqual([RUNNER, STRANGER]);
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
    const { item, foreign } = await seenOf(wrapperOf());
    expect(item).toMatchObject({ owner: 'fleet', spec: { inUnit: false, joining: true } });
    expect(foreign).toEqual([]);
  });

  it.each([
    ['another program', ['sleep', '9']],
    ['the wrapper of another agent', wrapperOf({ agent: 'beta' })],
    ['the wrapper of another fleet', wrapperOf({ fleet: 'other' })],
    ['our wrapper’s words, and the pid of nobody', wrapperOf({ runner: '77' })],
    ['our wrapper’s words, and the pid of one who is not in its unit', wrapperOf({ runner: String(STRANGER) })],
    ['our wrapper’s words, and no pid', wrapperOf({ runner: 'x' })],
  ])('is an impostor with %s', async (_, argv) => {
    const { item, foreign } = await seenOf(argv);
    expect(item).toMatchObject({ spec: { inUnit: false } });
    expect(item).not.toMatchObject({ spec: { joining: true } });
    expect(foreign).toEqual(['alpha']);
  });

  it('is an impostor with our wrapper elsewhere than beside the server', async () => {
    const { item } = await seenOf(wrapperOf(), (machine, pid) => machine.processes.move(pid, '/user.slice/elsewhere'));
    expect(item).not.toMatchObject({ spec: { joining: true } });
  });

  it('is there no more when its process has ended', async () => {
    const { item, foreign } = await seenOf(wrapperOf(), (machine, pid) => machine.processes.kill(pid));
    expect(item ?? { state: 'absent' }).toEqual({ state: 'absent' });
    expect(foreign).toEqual([]);
  });

  it('is an impostor when its process may not be looked at', async () => {
    const { item, foreign } = await seenOf(['sudo'], (machine, pid) => {
      const cgroupOf = machine.processes.cgroupOf.bind(machine.processes);
      machine.processes.cgroupOf = (asked) => (asked === pid ? undefined : cgroupOf(asked));
      machine.processes.commandLineOf = () => undefined;
    });
    expect(item).toMatchObject({ owner: 'fleet', spec: { inUnit: false } });
    expect(foreign).toEqual(['alpha']);
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
