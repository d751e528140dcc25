import { describe, expect, it } from '@jest/globals';
import { watched } from '../support/simulated-faults.ts';
import { allProviders, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { PLACES, SimulatedHost } from '../support/simulated-host.ts';
import { bench } from './bench.ts';

const [, systemd] = allProviders(SOME_ASSETS);
const DROP_IN = `${PLACES.unitDirectory}/mosaic-canary@alpha.service.d/50-mosaic.conf`;
const RELOAD_MARK = `${PLACES.unitDirectory}/mosaic-canary.reload`;

/** The units of a fleet of one, installed and loaded. */
async function installed() {
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
    plantForeign: () => {},
    damage: () => {},
    breakLook: undefined,
    silence: undefined,
    state: () => machine.state(),
  });
  await passes.apply();
  return { machine, ...passes };
}

describe('units', () => {
  it('are written and loaded with one reload, however many they are', async () => {
    const { machine, given, applyThrough } = await installed();
    const agents = Object.fromEntries(Array.from({ length: 40 }, (_, at) => [`a${at}`, {}]));
    const port = watched(machine.port);
    await applyThrough(port, fleetOf({ agents }));
    expect(port.acts.filter((act) => act.includes('daemon-reload'))).toHaveLength(2);
    expect(given.port).toBe(machine.port);
  });

  it('that were written but not loaded before a crash are loaded by the next apply', async () => {
    const { machine, plan, apply } = await installed();
    machine.files.alter(DROP_IN, {});
    expect((await plan()).changes).toMatchObject([{ reason: 'not_loaded' }]);
    expect(await apply()).toEqual([]);
    expect((await plan()).changes).toEqual([]);
  });

  it('that were removed but not unloaded before a crash are unloaded by the next apply', async () => {
    const { machine, plan, apply, applyThrough, given } = await installed();
    const calm = watched(machine.port);
    await applyThrough(calm, given.smaller);
    await apply();
    const reload = calm.acts.findLastIndex((act) => act.includes('daemon-reload')) + 1;
    await applyThrough(watched(machine.port, { at: reload, kind: 'crash' }), given.smaller);
    expect(machine.files.stat(DROP_IN)).toBeUndefined();
    expect(machine.systemd.state()).toContain('mosaic-canary@alpha.service.d');
    expect((await plan(given.smaller)).changes).not.toEqual([]);
    await apply(given.smaller);
    expect(machine.systemd.state()).not.toContain('mosaic-canary@alpha.service.d');
    expect(machine.files.stat(RELOAD_MARK)).toBeUndefined();
    expect((await plan(given.smaller)).changes).toEqual([]);
  });

  it('that a person edited are put back, and the edit is kept', async () => {
    const { machine, apply, plan } = await installed();
    machine.files.alter(DROP_IN, { content: `${machine.files.read(DROP_IN) ?? ''}[Service]\nNice=5\n` });
    expect((await plan()).changes).toMatchObject([{ reason: 'hand_edited' }]);
    await apply();
    expect(machine.files.read(DROP_IN)).not.toContain('Nice=5');
    const backup = `${PLACES.home}/state/canary/backup/unit.mosaic-canary@alpha.service.d-50-mosaic.conf`;
    expect(machine.files.read(backup)).toContain('Nice=5');
  });

  it('that are masked are left masked and named so', async () => {
    const { machine, plan } = await installed();
    const template = `${PLACES.unitDirectory}/mosaic-canary@.service`;
    machine.files.uproot(template);
    machine.files.plant(template, { kind: 'symlink', content: '/dev/null' });
    expect((await plan()).blocked).toMatchObject([{ reason: 'masked' }]);
  });
});

describe('units of another home', () => {
  it.each(['stop', 'start', 'restart'] as const)('refuse a %s, even when a change says so', async (phase) => {
    const { machine, look, order, applyAll } = await installed();
    const server = `${PLACES.unitDirectory}/mosaic-canary-tmux.service`;
    const text = machine.files.read(server) ?? '';
    const seen = await look();
    machine.files.alter(server, { content: text.replace(`Home="${PLACES.home}"`, 'Home="/home/u/other"') });
    const before = machine.state();
    const change = { ...order(seen, 'delete'), address: 'session.alpha', phase };
    expect(await applyAll(seen, [change]).catch((error: unknown) => error)).toMatchObject({ code: 'E_STEP_FAILED' });
    expect(machine.state()).toBe(before);
  });
});

describe('drop-ins of a person', () => {
  it('are named, kept, and no part of the plan', async () => {
    const { machine, plan, observe } = await installed();
    const own = `${PLACES.unitDirectory}/mosaic-canary@alpha.service.d/override.conf`;
    machine.files.plant(own, { content: '[Service]\nNice=5\n' });
    machine.port.writer.makeDirectory(PLACES.unitDirectory, 0o700);
    expect((await observe()).facts['overrides']).toEqual(['mosaic-canary@alpha.service.d/override.conf']);
    expect((await plan()).blocked).toEqual([]);
  });

  it('that cannot be listed leave everything else known', async () => {
    const { machine, observe } = await installed();
    machine.files.deny(`${PLACES.unitDirectory}/mosaic-canary@alpha.service.d`);
    const { items, complete, errors } = await observe();
    expect(items['unit.mosaic-canary.target']).toMatchObject({ state: 'present', owner: 'fleet' });
    expect(complete).toBe(false);
    expect(errors).not.toEqual([]);
  });
});
