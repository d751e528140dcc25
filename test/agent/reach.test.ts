import { describe, expect, it } from '@jest/globals';
import { reach, roomOf } from '../../src/agent/reach.ts';
import { fileBodies, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { SimulatedHost } from '../support/simulated-host.ts';

const fleet = fleetOf({ agents: { alpha: {} } });
const host = hostFacts();
const UNIT = '/user.slice/mosaic-canary@alpha.service';

/** The first that a machine starts: who makes alpha's session. */
const RUNNER = 1000;

/** Where alpha is said to be when a session with its mark runs `argv`, which then has come so far. */
async function reached(argv: readonly string[], then: (machine: SimulatedHost, pid: number) => void = () => {}) {
  const machine = new SimulatedHost();
  const { socketPath } = host;
  expect(machine.processes.spawn(['/bin/bash', 'mosaic-agent', 'run'], { cgroup: UNIT })).toBe(RUNNER);
  for (const { path, ...body } of fileBodies(fleet, host, SOME_ASSETS)) machine.files.plant(path, body);
  machine.tmux.start(socketPath, '', '/user.slice/mosaic-canary-tmux.service');
  machine.tmux.run(socketPath, [
    ['new-session', '-d', '-s', 'alpha', ...argv],
    ['set-option', '-t', '=alpha:', '@mosaic_owner', 'canary/alpha'],
  ]);
  then(machine, machine.tmux.panePid(socketPath, 'alpha'));
  const room = roomOf(fleet, host, { read: machine.port, clock: machine.port.clock });
  return (await reach(room, fleet.agents)).found;
}

describe('a session with the mark of an agent', () => {
  const wrapper = ['/bin/bash', 'mosaic-agent', 'pane', `${host.home}/fleets/canary`, 'alpha', String(RUNNER)];

  it('whose wrapper is not in its unit yet is starting, and nobody’s else', async () => {
    expect(await reached(wrapper)).toEqual([{ name: 'alpha', refusal: 'starting' }]);
  });

  it('whose process has ended is no more than what tmux has not heard of', async () => {
    const ended = await reached(wrapper, (machine, pid) => machine.processes.kill(pid));
    expect(ended).toEqual([{ name: 'alpha', refusal: 'missing' }]);
  });

  it('with our wrapper’s words alone, out of the unit, is an impostor', async () => {
    const posing = [[...wrapper.slice(0, -1), '77'], wrapper.slice(0, -1)];
    for (const argv of posing) expect(await reached(argv)).toEqual([{ name: 'alpha', refusal: 'impostor' }]);
  });

  it('with another program in it, out of the unit, is an impostor', async () => {
    const moved = await reached(wrapper, (machine, pid) => machine.processes.move(pid, UNIT));
    expect(moved).not.toEqual([{ name: 'alpha', refusal: 'impostor' }]);
    expect(await reached(['vim'])).toEqual([{ name: 'alpha', refusal: 'impostor' }]);
  });
});
