import type { HostFacts } from '../../src/model/observed.ts';
import { allProviders, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { PLACES, SimulatedHost } from '../support/simulated-host.ts';
import { bench, CALM, type Bench, type ProviderCase } from './bench.ts';

const [, , tmux] = allProviders(SOME_ASSETS);
/** The helper of that home. */
export const HELPER = `${PLACES.home}/libexec/mosaic-agent`;

/** The fleet's socket. */
export const SOCKET = hostFacts().socketPath;

/** Passes of the provider alone over a machine. */
export const passesOver = (machine: SimulatedHost, given: Pick<ProviderCase, 'fleet' | 'host' | 'port'>): Bench =>
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
