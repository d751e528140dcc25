import { describe, expect, it } from '@jest/globals';
import type { Fleet } from '../../src/model/fleet.ts';
import type { WritePort } from '../../src/model/host.ts';
import { act } from '../../src/reconciler/act.ts';
import { look, type Engine } from '../../src/reconciler/pass.ts';
import { APPLY, type Policy } from '../../src/reconciler/policy.ts';
import { watched, type Fault } from '../support/simulated-faults.ts';
import { allProviders, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { SimulatedHost } from '../support/simulated-host.ts';

const AGENTS = { alpha: {}, beta: {}, gamma: { state: 'stopped' } };

/** A machine and passes over all three providers on it. */
function machineWith(host = hostFacts(), machine = new SimulatedHost()) {
  const engine = (read = machine.port): Engine => ({
    providers: allProviders(SOME_ASSETS),
    read,
    hostFacts: () => host,
    activity: () => Promise.resolve({}),
    tmux: host.programs.tmux,
  });
  const plan = async (fleet: Fleet, policy: Policy = APPLY) => (await look(engine(), fleet, policy)).plan;
  const apply = async (fleet: Fleet, policy: Policy = APPLY, port: WritePort = machine.port) =>
    (await act(engine(), await look(engine(), fleet, policy), port, { onStep: () => undefined })).steps;
  const run = (session: string): number => machine.tmux.panePid(host.socketPath, session);
  return { machine, plan, apply, run };
}

describe.each(['systemd', 'tmux'] as const)('a fleet under the supervisor %s', (supervisor) => {
  const fleet = fleetOf({ supervisor, agents: AGENTS });

  it('comes up in one apply and is then in sync', async () => {
    const { plan, apply, run } = machineWith();
    expect((await apply(fleet)).filter(({ result }) => result !== 'done')).toEqual([]);
    expect(await plan(fleet)).toMatchObject({ changes: [], blocked: [] });
    expect([run('alpha') > 0, run('beta') > 0, run('gamma') > 0]).toEqual([true, true, false]);
  });

  it('restarts the agent whose command changed and leaves the others their processes', async () => {
    const { apply, run, plan } = machineWith();
    await apply(fleet);
    const before = [run('alpha'), run('beta')];
    const changed = fleetOf({ supervisor, agents: { ...AGENTS, alpha: { command: ['/bin/cat', '-u'] } } });
    await apply(changed);
    expect(await plan(changed)).toMatchObject({ changes: [] });
    expect(run('alpha')).not.toBe(before[0]);
    expect(run('beta')).toBe(before[1]);
  });

  it('ends with nothing of it left when it is destroyed', async () => {
    const { apply, machine } = machineWith();
    await apply(fleet);
    await apply(fleet, { ...APPLY, destroy: true, allowDelete: 3 });
    expect(machine.tmux.state()).toBe('');
    expect(machine.systemd.state()).toBe('');
    expect(machine.files.tree()).not.toContain('mosaic-canary');
  });

  const stories: Readonly<Record<string, readonly [before: Fleet | undefined, wanted: Fleet]>> = {
    'the first apply': [undefined, fleet],
    'the removal of an agent': [fleet, fleetOf({ supervisor, agents: { beta: {}, gamma: {} } })],
    'a changed command': [fleet, fleetOf({ supervisor, agents: { ...AGENTS, beta: { command: ['/bin/cat', '-'] } } })],
  };
  const cells = Object.keys(stories).flatMap((name) => (['crash', 'failure'] as const).map((kind) => ({ name, kind })));
  it.each(cells)('ends the same after a $kind at any act of $name (F01)', async ({ name, kind }) => {
    const [before, wanted = fleet] = stories[name] ?? [];
    const calm = await life(before, wanted);
    expect(calm.changes).toEqual([]);
    for (let at = 1; at <= calm.acts; at += 1) {
      expect({ at, ...(await life(before, wanted, { at, kind })), acts: 0 }).toEqual({ at, ...calm, acts: 0 });
    }
  });

  it.each(Object.keys(stories))(
    'ends the same after a crash at any act of %s and one in its healing (F02)',
    async (name) => {
      const [before, wanted = fleet] = stories[name] ?? [];
      const calm = await life(before, wanted);
      for (let at = 1; at <= calm.acts; at += 1) {
        const faults = [at, ((at * 7) % calm.acts) + 1].map((one) => ({ at: one, kind: 'crash' }) as const);
        expect({ at, ...(await life(before, wanted, ...faults)), acts: 0 }).toEqual({ at, ...calm, acts: 0 });
      }
    },
  );
});

/** A machine that goes from one fleet to another: an apply for each fault, and two that nothing befalls. */
async function life(before: Fleet | undefined, wanted: Fleet, ...faults: readonly Fault[]) {
  const { machine, apply, plan } = machineWith();
  if (before !== undefined) await apply(before);
  const ports = [...faults, undefined].map((fault) => watched(machine.port, fault));
  for (const port of ports) await apply(wanted, APPLY, port);
  await apply(wanted);
  return { acts: ports[0]?.acts.length ?? 0, state: machine.state(), changes: (await plan(wanted)).changes };
}

describe('a user manager whose jobs do not end', () => {
  it('fails what waits for it with the time-out, and nothing is left over when it works again (F45)', async () => {
    const { machine, apply, plan } = machineWith();
    const fleet = fleetOf({ agents: AGENTS });
    machine.silent = 'systemctl';
    const steps = await apply(fleet);
    const codes = steps.flatMap((step) => (step.result === 'failed' ? [Reflect.get(step.error, 'code')] : []));
    expect(new Set(codes)).toEqual(new Set(['E_SYSTEMD_TIMEOUT']));
    expect(machine.processes.cgroupOf(machine.tmux.serverPid(hostFacts().socketPath))).toBeUndefined();
    machine.silent = undefined;
    await apply(fleet);
    expect(await plan(fleet)).toMatchObject({ changes: [], blocked: [] });
  });
});

describe('units of the same names', () => {
  it('are left running when another home owns them (F100)', async () => {
    const theirs = machineWith();
    await theirs.apply(fleetOf({ agents: { alpha: {} } }));
    const ours = machineWith(hostFacts({ home: '/home/u/other' }), theirs.machine);
    const fleet = fleetOf({ agents: { alpha: { state: 'stopped' } } });
    const pid = theirs.run('alpha');
    expect((await ours.plan(fleet)).blocked.map(({ reason }) => reason)).toContain('foreign');
    await ours.apply(fleet);
    expect(theirs.run('alpha')).toBe(pid);
  });
});
