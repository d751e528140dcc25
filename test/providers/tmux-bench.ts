import type { Exec } from '../../src/model/host.ts';
import type { HostFacts } from '../../src/model/observed.ts';
import type { Change, Phase } from '../../src/model/plan.ts';
import { allProviders, fileBodies, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { PLACES, SimulatedHost } from '../support/simulated-host.ts';
import { bench, CALM, type Bench, type ProviderCase } from './bench.ts';

const [, , tmux] = allProviders(SOME_ASSETS);
/** The helper of that home. */
export const HELPER = `${PLACES.home}/libexec/mosaic-agent`;

/** The fleet's socket. */
export const SOCKET = hostFacts().socketPath;

/** Passes of the provider alone over a machine. */
const passesOver = (machine: SimulatedHost, given: Pick<ProviderCase, 'fleet' | 'host' | 'port'>): Bench =>
  bench({
    ...given,
    provider: tmux,
    smaller: given.fleet,
    example: 'session.alpha',
    other: 'session.beta',
    phases: { create: 'start', delete: 'stop' },
    ...CALM,
    state: () => machine.state(),
  });

/** A look, and the plan that follows, at a machine where systemd is to run a fleet without agents. */
export function underSystemd(facts: Partial<HostFacts> = {}) {
  const machine = new SimulatedHost();
  const passes = passesOver(machine, { fleet: fleetOf({ agents: {} }), host: hostFacts(facts), port: machine.port });
  return { machine, look: () => passes.observe(), plan: () => passes.plan() };
}

/** A fleet of two that runs without systemd, on a machine whose calls `through` may answer first. */
export async function running(through: (exec: Exec) => Exec = (exec) => exec) {
  const machine = new SimulatedHost();
  const fleet = fleetOf({ supervisor: 'tmux', agents: { alpha: {}, beta: {} } });
  const host = hostFacts();
  for (const { path, ...body } of fileBodies(fleet, host, SOME_ASSETS)) machine.files.plant(path, body);
  const port = { ...machine.port, exec: through(machine.port.exec) };
  const passes = passesOver(machine, { fleet, host, port });
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
