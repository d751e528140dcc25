import { describe, expect, it } from '@jest/globals';
import type { Exec } from '../../src/model/host.ts';
import { saidOf } from '../../src/providers/systemd/outcome.ts';
import { allProviders, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { SimulatedHost } from '../support/simulated-host.ts';
import { bench, CALM, type ProviderCase } from './bench.ts';

const [, systemd, tmux] = allProviders(SOME_ASSETS);
const UNIT = 'mosaic-canary@alpha.service';

/** A fleet of one on a machine whose programs `exec` may answer for. */
const fleetOfOne = (machine: SimulatedHost, part: Pick<ProviderCase, 'provider' | 'example'> & { exec?: Exec }) =>
  bench({
    provider: part.provider,
    fleet: fleetOf({ supervisor: part.provider === tmux ? 'tmux' : 'systemd', agents: { alpha: {} } }),
    smaller: fleetOf({ agents: {} }),
    host: hostFacts(),
    port: { ...machine.port, exec: part.exec ?? machine.port.exec },
    example: part.example,
    other: part.example,
    phases: { create: 'install', delete: 'delete' },
    ...CALM,
    state: () => machine.state(),
  });

describe('a stop of agents by their units', () => {
  /** What the provider says of a stop that the manager takes and that leaves the unit like this. */
  async function afterStop(state: Parameters<SimulatedHost['systemd']['become']>[1]) {
    const machine = new SimulatedHost();
    const exec: Exec = (argv, options) => {
      if (argv[2] !== 'stop') return machine.port.exec(argv, options);
      machine.systemd.become(UNIT, state);
      return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
    };
    const passes = fleetOfOne(machine, { provider: systemd, example: `unit.${UNIT}.d/50-mosaic.conf`, exec });
    await passes.apply();
    const seen = await passes.look();
    return passes.applyAll(seen, [{ ...passes.order(seen, 'create'), address: 'session.alpha', phase: 'stop' }]);
  }

  it.each([['active'], ['deactivating']] as const)('is no success while one is %s', async (state) => {
    const error = { code: 'E_STEP_FAILED', message: `${UNIT} is ${state} after the stop` };
    expect(await afterStop(state)).toMatchObject([{ done: false, error }]);
  });

  it('is one when it is inactive', async () => {
    expect(await afterStop('inactive')).toMatchObject([{ done: true }]);
  });
});

/** What becomes of it for an agent that ran once: first the manager hears nothing of this verb, then it does. */
async function unheard(verb: 'start' | 'restart', stderr = '') {
  const machine = new SimulatedHost();
  const { home, socketPath } = hostFacts();
  machine.files.plant(`${home}/fleets/canary/server`, { content: `socket=${socketPath}\0` });
  machine.files.plant(`${home}/fleets/canary/launch/alpha`, { content: 'mosaic=launch v1 canary/alpha\0' });
  let isDeaf = false;
  const exec: Exec = (argv, options) =>
    isDeaf && argv[2] === verb
      ? Promise.resolve({ exitCode: stderr === '' ? 0 : 1, stdout: '', stderr })
      : machine.port.exec(argv, options);
  const passes = fleetOfOne(machine, { provider: systemd, example: `unit.${UNIT}.d/50-mosaic.conf`, exec });
  await passes.apply();
  const seen = await passes.look();
  const change = { ...passes.order(seen, 'create'), address: 'session.alpha', phase: verb };
  expect(await passes.applyAll(seen, [{ ...change, phase: 'start' }])).toMatchObject([{ done: true }]);
  if (verb === 'start') machine.systemd.stop(UNIT);
  const turns = [];
  for (isDeaf of [true, false]) turns.push(...(await passes.applyAll(seen, [change])));
  return turns;
}

describe('a call that systemctl says went well, and that did nothing,', () => {
  it.each([
    ['restart', `systemctl says yes, but ${UNIT} was not restarted`],
    ['start', `systemctl says yes, but ${UNIT} was not started`],
  ] as const)('is no %s, and one that did it is (F44)', async (verb, message) => {
    const error = { code: 'E_STEP_FAILED', message };
    expect(await unheard(verb)).toMatchObject([{ done: false, error }, { done: true }]);
  });
});

describe('a restart that systemctl refuses', () => {
  it('is none of a unit that is still up, and says why (F25)', async () => {
    const why = `Failed to restart ${UNIT}: Unit ${UNIT} has a bad unit file setting.`;
    const error = { code: 'E_STEP_FAILED', message: `${UNIT} was not restarted: ${why} See ?[1mthe log.` };
    const stderr = `${why}\nSee \u001b[1mthe log.\n`;
    expect(await unheard('restart', stderr)).toMatchObject([{ done: false, error }, { done: true }]);
  });
});

describe('what systemctl wrote', () => {
  it('is told of the unit it is about, and no more of it than one can read', () => {
    const stderr = 'a.service is bad.\nb.service is worse.\n';
    expect(saidOf(['a.service', 'b.service'], 0, stderr)).toBe(': a.service is bad.');
    expect(saidOf(['a.service', 'b.service'], 1, 'a.service is bad.\n')).toBe('');
    expect(saidOf(['a.service'], 0, 'x'.repeat(10_000))).toHaveLength(402);
  });
});

describe('a stop of a server', () => {
  it('is refused where the server is not ours, even when a change says so', async () => {
    const machine = new SimulatedHost();
    const { socketPath } = hostFacts();
    machine.tmux.start(socketPath, '');
    machine.tmux.run(socketPath, [['new-session', '-d', '-s', 'private', 'vim']]);
    const before = machine.state();
    const passes = fleetOfOne(machine, { provider: tmux, example: 'session.alpha' });
    const seen = await passes.look();
    const stop = { ...passes.order(seen, 'delete'), address: 'server.sim', phase: 'stop' as const };
    expect(await passes.applyAll(seen, [stop])).toMatchObject([{ done: false, error: { code: 'E_STEP_FAILED' } }]);
    expect(machine.state()).toBe(before);
  });
});

describe('a look at sessions', () => {
  it('that tmux cut short is no look at a server without sessions', async () => {
    const machine = new SimulatedHost();
    let isCut = false;
    const exec: Exec = async (argv, options) => {
      const answer = await machine.port.exec(argv, options);
      if (!isCut || !argv.includes('list-panes')) return answer;
      const [server = ''] = answer.stdout.split('\n');
      return { exitCode: 1, stdout: `${server}\n`, stderr: 'server exited unexpectedly\n' };
    };
    const passes = fleetOfOne(machine, { provider: tmux, example: 'session.alpha', exec });
    await passes.apply();
    expect((await passes.observe()).items['session.alpha']).toMatchObject({ state: 'present' });
    isCut = true;
    const { observed } = await passes.look();
    expect(observed.items['session.alpha']).toMatchObject({ state: 'unknown', error: { code: 'E_TMUX' } });
  });

  it('takes one whose process has just ended for gone, and for nobody else’s', async () => {
    const machine = new SimulatedHost();
    const passes = fleetOfOne(machine, { provider: tmux, example: 'session.alpha' });
    await passes.apply();
    machine.processes.kill(machine.tmux.panePid(hostFacts().socketPath, 'alpha'));
    const { items, facts } = await passes.observe();
    expect(items['session.alpha']).toEqual({ state: 'absent' });
    expect(facts['foreignSessions']).toEqual([]);
  });
});
