import { describe, expect, it } from '@jest/globals';
import type { Exec } from '../../src/model/host.ts';
import { allProviders, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { PLACES, type SimulatedHost } from '../support/simulated-host.ts';
import { installed } from './installed-units.ts';

const [, systemd] = allProviders(SOME_ASSETS);

describe('a call that changes units', () => {
  /** The time limit that the call with this verb is given. */
  async function limitOf(verb: 'start' | 'stop', agent: object, damage: (machine: SimulatedHost) => void = () => {}) {
    const { machine, apply, look, order, given } = await installed();
    await apply(fleetOf({ agents: { alpha: agent } }));
    damage(machine);
    const seen = await look();
    const limits: number[] = [];
    const exec: Exec = (argv, options) => {
      if (argv[2] === verb && argv.at(-1)?.includes('@') === true) limits.push(options.timeoutMs);
      return machine.port.exec(argv, options);
    };
    const change = { ...order(seen, 'create'), address: 'session.alpha', phase: verb };
    const scope = {
      fleet: given.fleet.name,
      supervisor: given.fleet.supervisor,
      host: hostFacts(),
      wanted: [],
      facts: {},
    };
    await systemd.apply({ ...machine.port, exec }, [change], scope);
    return limits[0] ?? 0;
  }

  it('waits as long as the slowest agent may take to stop or to start (F45)', async () => {
    expect(await limitOf('stop', {})).toBeLessThan(120_000);
    expect(await limitOf('stop', { stop: { timeout: '10m' } })).toBeGreaterThan(600_000);
    expect(await limitOf('start', {})).toBeGreaterThan(120_000);
  });

  it('waits long where a person has settings that we do not read', async () => {
    const own = `${PLACES.unitDirectory}/mosaic-canary@alpha.service.d/override.conf`;
    const plant = ({ files }: SimulatedHost): void => files.plant(own, { content: '[Service]\nTimeoutStopSec=5min\n' });
    expect(await limitOf('stop', {}, plant)).toBeGreaterThan(600_000);
  });
});
