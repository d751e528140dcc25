import { describe, expect, it } from '@jest/globals';
import { watched } from '../support/simulated-faults.ts';
import { allProviders, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { PLACES, SimulatedHost } from '../support/simulated-host.ts';
import { bench, CALM } from './bench.ts';

const [files] = allProviders(SOME_ASSETS);
const LAUNCH = `${PLACES.home}/fleets/canary/launch/alpha`;
const SCRIPT = `${PLACES.home}/libexec/mosaic-agent`;
const BACKUP = `${PLACES.home}/state/canary/backup`;

/** An installed fleet of one agent, and passes over its files. */
async function installed() {
  const machine = new SimulatedHost();
  const fleet = fleetOf({ agents: { alpha: {} } });
  const passes = bench({
    provider: files,
    fleet,
    smaller: fleet,
    host: hostFacts(),
    port: machine.port,
    example: 'launch.alpha',
    other: 'launch.alpha',
    phases: { create: 'write', delete: 'delete' },
    ...CALM,
    state: () => machine.state(),
  });
  await passes.apply();
  const text = (path: string): string => machine.files.read(path) ?? '';
  return { machine, text, ...passes };
}

describe('a file of ours', () => {
  it.each([
    ['was edited at its end', (text: string) => `${text}cwd=/elsewhere\0`],
    ['was cut in the middle', (text: string) => text.slice(0, text.length / 2)],
    ['lost a field', (text: string) => text.replace(/cwd=[^\0]*\0/, '')],
  ])('is put back when it %s (F83)', async (_, edit) => {
    const { machine, plan, apply, text } = await installed();
    const whole = text(LAUNCH);
    machine.files.alter(LAUNCH, { content: edit(whole) });
    expect((await plan()).changes).toMatchObject([{ address: 'launch.alpha', reason: 'hand_edited' }]);
    expect(await apply()).toEqual([]);
    expect(text(LAUNCH)).toBe(whole);
  });

  it('keeps the edit of a person as a backup that only the user can read (F20)', async () => {
    const { machine, apply, text } = await installed();
    machine.files.alter(SCRIPT, { content: `${text(SCRIPT)}# mine\n` });
    await apply();
    expect(text(`${BACKUP}/file.libexec-mosaic-agent`)).toMatch(/# mine\n$/);
    expect(machine.files.stat(`${BACKUP}/file.libexec-mosaic-agent`)?.mode).toBe(0o600);
    expect(machine.files.stat(BACKUP)?.mode).toBe(0o700);
  });

  it('gets its mode back, and leaves no backup for it (F21)', async () => {
    const { machine, plan, apply } = await installed();
    machine.files.alter(LAUNCH, { mode: 0o644 });
    expect((await plan()).changes).toMatchObject([{ address: 'launch.alpha', because: 'mode changed' }]);
    await apply();
    expect(machine.files.stat(LAUNCH)?.mode).toBe(0o600);
    expect(machine.files.stat(BACKUP)).toBeUndefined();
  });
});

describe('the fingerprint of a file', () => {
  it('follows from the file alone, whatever is wanted there', async () => {
    const { machine } = await installed();
    const wants = [{ alpha: {} }, { alpha: { command: ['other'] } }, {}].map((agents) => fleetOf({ agents }));
    const seen = wants.map(async (fleet) => {
      const wanted = files.desired(fleet, hostFacts());
      const scope = { fleet: fleet.name, supervisor: fleet.supervisor, host: hostFacts(), wanted, facts: {} };
      const { items } = await files.observe(machine.port, scope);
      return Object.entries(items).map(([address, item]) => [address, 'fingerprint' in item && item.fingerprint]);
    });
    const [first, ...others] = await Promise.all(seen);
    for (const other of others) expect(other).toEqual(first);
  });
});

describe('what stands where a file of ours belongs', () => {
  it.each([
    ['a symbolic link', { kind: 'symlink', content: '/etc/passwd' }, 'it is a symlink, not a file'],
    ['a directory', { kind: 'directory' }, 'it is a directory, not a file'],
    ['a socket', { kind: 'socket' }, 'it is a socket, not a file'],
    ['a file of another user', { uid: 0 }, 'it belongs to uid 0'],
    ['a file without a mark', { content: 'mine\n' }, 'it has no mark of mosaic'],
    ['a file with nothing in it', { content: '' }, 'it has no mark of mosaic'],
  ] as const)('is left alone and named when it is %s (F17)', async (_, what, because) => {
    const { machine, plan, apply } = await installed();
    machine.files.alter(LAUNCH, what);
    const before = machine.state();
    const { blocked, foreign } = await plan();
    expect(foreign).toEqual([{ address: 'launch.alpha', message: because }]);
    expect(blocked).toMatchObject([{ address: 'launch.alpha', reason: 'foreign' }]);
    await apply();
    expect(machine.state()).toBe(before);
  });

  it('is left alone when it belongs to another fleet', async () => {
    const { machine, text, plan } = await installed();
    machine.files.alter(LAUNCH, { content: text(LAUNCH).replace('canary/alpha', 'other/alpha') });
    expect((await plan()).foreign).toEqual([{ address: 'launch.alpha', message: 'it belongs to other/alpha' }]);
  });
});

describe('the records of an agent that is gone', () => {
  const records = ['record/alpha/starts', 'record/alpha/exit', 'holds/alpha'];
  const without = fleetOf({ agents: {} });
  const recorded = async () => {
    const fleet = await installed();
    for (const name of records)
      fleet.machine.files.plant(`${PLACES.home}/fleets/canary/${name}`, { content: 'at=1\n' });
    return fleet;
  };

  it('go with its launch data, and its hold too', async () => {
    const { machine, apply } = await recorded();
    await apply(without);
    expect(machine.files.tree()).not.toContain('alpha');
  });

  it('go as well when the first try died on the way', async () => {
    const calm = await recorded();
    const { acts, ...port } = watched(calm.machine.port);
    await calm.applyThrough(port, without);
    expect(acts.length).toBeGreaterThan(records.length);
    for (let at = 1; at <= acts.length; at += 1) {
      const { machine, apply, applyThrough } = await recorded();
      await applyThrough(watched(machine.port, { at, kind: 'crash' }), without);
      await apply(without);
      expect({ at, left: machine.files.tree().includes('alpha') }).toEqual({ at, left: false });
    }
  });
});
