import { describe, expect, it } from '@jest/globals';
import { ExecFailure, type Exec } from '../../src/model/host.ts';
import type { Change, Phase } from '../../src/model/plan.ts';
import { allProviders, fileBodies, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { PLACES, SimulatedHost } from '../support/simulated-host.ts';
import { bench } from './bench.ts';

const [, , tmux] = allProviders(SOME_ASSETS);
const HELPER = `${PLACES.home}/libexec/mosaic-agent`;

/** A fleet of two that runs without systemd, on a machine whose calls `through` may answer first. */
async function running(through: (exec: Exec) => Exec = (exec) => exec) {
  const machine = new SimulatedHost();
  const fleet = fleetOf({ supervisor: 'tmux', agents: { alpha: {}, beta: {} } });
  const host = hostFacts();
  for (const { path, ...body } of fileBodies(fleet, host, SOME_ASSETS)) machine.files.plant(path, body);
  const passes = bench({
    provider: tmux,
    fleet,
    smaller: fleet,
    host,
    port: { ...machine.port, exec: through(machine.port.exec) },
    example: 'session.alpha',
    other: 'session.beta',
    phases: { create: 'start', delete: 'stop' },
    plantForeign: () => {},
    damage: () => {},
    breakLook: undefined,
    silence: undefined,
    state: () => machine.state(),
  });
  await passes.apply();
  const pid = (agent: string): number => machine.tmux.panePid(host.socketPath, agent);
  const seen = await passes.look();
  const order = (address: string, phase: Phase): Change => {
    const desired = seen.desired.find((wanted) => wanted.address === address);
    const change = { ...passes.order(seen, 'delete'), address, phase };
    return desired === undefined || phase === 'stop' ? change : { ...change, desired };
  };
  const give = (...changes: readonly Change[]) => passes.applyAll(seen, changes);
  return { machine, pid, order, give, plan: passes.plan };
}

describe('a stop of the server and its agents', () => {
  it('ends every agent by the helper before the server ends', async () => {
    const calls: string[] = [];
    const log =
      (exec: Exec): Exec =>
      (argv, options) => {
        if (argv.includes('end')) calls.push(`end ${argv.at(-1) ?? ''}`);
        if (argv.includes('kill-server')) calls.push('kill-server');
        return exec(argv, options);
      };
    const { give, order, machine } = await running(log);
    const outcomes = await give(
      order('server.sim', 'stop'),
      order('session.alpha', 'stop'),
      order('session.beta', 'stop'),
    );
    expect(outcomes).toMatchObject([
      { address: 'server.sim' },
      { address: 'session.alpha' },
      { address: 'session.beta' },
    ]);
    expect(outcomes.map(({ done }) => done)).toEqual([true, true, true]);
    expect(calls).toEqual(['end alpha', 'end beta', 'kill-server']);
    expect(machine.tmux.state()).toBe('');
  });

  it('leaves the server up when an agent could not be ended', async () => {
    const stuck =
      (exec: Exec): Exec =>
      (argv, options) =>
        argv.includes('end') && argv.at(-1) === 'beta'
          ? Promise.reject(new ExecFailure('timeout', argv, 'it did not end'))
          : exec(argv, options);
    const { give, order, pid } = await running(stuck);
    const outcomes = await give(
      order('server.sim', 'stop'),
      order('session.alpha', 'stop'),
      order('session.beta', 'stop'),
    );
    expect(outcomes.map(({ done }) => done)).toEqual([false, true, false]);
    expect(pid('beta')).toBeGreaterThan(0);
  });
});

describe('a restart', () => {
  it('gives the agent a new process and leaves the others theirs', async () => {
    const { give, order, pid } = await running();
    const [alpha, beta] = [pid('alpha'), pid('beta')];
    expect(await give(order('session.alpha', 'restart'))).toEqual([{ address: 'session.alpha', done: true }]);
    expect(pid('alpha')).not.toBe(alpha);
    expect(pid('beta')).toBe(beta);
  });

  it('is no success when the old process could not be ended', async () => {
    const stuck =
      (exec: Exec): Exec =>
      (argv, options) =>
        argv[1] === HELPER && argv.includes('end')
          ? Promise.resolve({ exitCode: 70, stdout: '', stderr: 'stuck\n' })
          : exec(argv, options);
    const { give, order, pid } = await running(stuck);
    const alpha = pid('alpha');
    expect(await give(order('session.alpha', 'restart'))).toMatchObject([{ address: 'session.alpha', done: false }]);
    expect(pid('alpha')).toBe(alpha);
  });
});

describe('a pane that has not yet become the agent’s wrapper', () => {
  it('is waited for, so that nobody takes it for an impostor', async () => {
    const { machine, plan, give, order, pid } = await running();
    await give(order('session.alpha', 'stop'));
    const late = machine.processes.commandLineOf.bind(machine.processes);
    let looks = 0;
    machine.processes.commandLineOf = (asked) => {
      const isYoung = asked === pid('alpha') && (looks += 1) < 10;
      return isYoung ? ['tmux', '-S', 'socket'] : late(asked);
    };
    const start = (await plan()).changes;
    expect((await give(...start)).map(({ done }) => done)).toEqual([true]);
    expect(await plan()).toMatchObject({ changes: [], blocked: [] });
  });
});
