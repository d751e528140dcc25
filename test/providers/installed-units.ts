import { allProviders, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { SimulatedHost } from '../support/simulated-host.ts';
import { bench, CALM } from './bench.ts';

const [, systemd] = allProviders(SOME_ASSETS);

/** The units of a fleet of one, installed and loaded. */
export async function installed() {
  const machine = new SimulatedHost();
  const fleet = fleetOf({ agents: { alpha: {} } });
  const passes = bench({
    provider: systemd,
    fleet,
    smaller: fleetOf({ agents: {} }),
    host: hostFacts(),
    port: machine.port,
    example: 'unit.mosaic-canary@alpha.service.d/50-mosaic.conf',
    other: 'unit.mosaic-canary.target',
    phases: { create: 'install', delete: 'delete' },
    ...CALM,
    state: () => machine.state(),
  });
  await passes.apply();
  return { machine, ...passes };
}
