import { describe, expect, it } from '@jest/globals';
import { watched } from '../support/simulated-faults.ts';
import { allProviders, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { PLACES } from '../support/simulated-host.ts';
import { installed } from './installed-units.ts';

const [, systemd] = allProviders(SOME_ASSETS);
const DROP_IN = `${PLACES.unitDirectory}/mosaic-canary@alpha.service.d/50-mosaic.conf`;
const RELOAD_MARK = `${PLACES.unitDirectory}/mosaic-canary.reload`;

describe('units', () => {
  it('are written and loaded with one reload, however many they are (F29)', async () => {
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

  it('that a person edited are put back, and the edit is kept (F23)', async () => {
    const { machine, apply, plan } = await installed();
    machine.files.alter(DROP_IN, { content: `${machine.files.read(DROP_IN) ?? ''}[Service]\nNice=5\n` });
    expect((await plan()).changes).toMatchObject([{ reason: 'hand_edited' }]);
    await apply();
    expect(machine.files.read(DROP_IN)).not.toContain('Nice=5');
    const backup = `${PLACES.home}/state/canary/backup/unit.mosaic-canary@alpha.service.d-50-mosaic.conf`;
    expect(machine.files.read(backup)).toContain('Nice=5');
  });

  it.each([
    ['a carriage return in a comment', '# x\rNice=5\n'],
    ['nothing a reader sees', '\n# only a remark\n'],
  ])('with %s slipped in by hand and loaded are put back', async (_, edit) => {
    const { machine, apply, plan } = await installed();
    const text = machine.files.read(DROP_IN) ?? '';
    machine.files.alter(DROP_IN, { content: text.replace('[X-Mosaic]', `${edit}[X-Mosaic]`) });
    machine.systemd.exec(['systemctl', '--user', 'daemon-reload']);
    expect((await plan()).changes).toMatchObject([{ reason: 'hand_edited' }]);
    await apply();
    expect(machine.files.read(DROP_IN)).toBe(text);
    expect((await plan()).changes).toEqual([]);
  });

  it('that are masked are left masked and named so (F26)', async () => {
    const { machine, plan } = await installed();
    const template = `${PLACES.unitDirectory}/mosaic-canary@.service`;
    machine.files.uproot(template);
    machine.files.plant(template, { kind: 'symlink', content: '/dev/null' });
    expect((await plan()).blocked).toMatchObject([{ reason: 'masked' }]);
  });
});

describe('a unit file with an agent’s own unit name', () => {
  const INSTANCE = `${PLACES.unitDirectory}/mosaic-canary@alpha.service`;
  const OWN = '[Service]\nExecStart=/bin/sleep 3600\n';

  it.each([INSTANCE, '/usr/lib/systemd/user/mosaic-canary@alpha.service'])(
    'blocks that agent and no other, wherever the manager finds it: %s',
    async (path) => {
      const { machine, plan, apply } = await installed();
      machine.files.plant(path, { content: OWN });
      const fleet = fleetOf({ agents: { alpha: { stop: { timeout: '20s' } }, beta: {} } });
      const seen = await plan(fleet);
      expect(seen.blocked).toMatchObject([
        { group: 'agent.alpha', reason: 'foreign', message: expect.stringContaining(`of its own stands at ${path}`) },
      ]);
      expect(new Set(seen.changes.map(({ group }) => group))).toEqual(new Set(['agent.beta']));
      await apply(fleet);
      expect(machine.files.read(path)).toBe(OWN);
      expect(machine.files.read(DROP_IN)).toContain('TimeoutStopSec=15000ms');
    },
  );

  it('leaves its agent as it is where nobody could look whether there is one', async () => {
    const { machine, plan, apply } = await installed();
    const elsewhere = '/usr/lib/systemd/user';
    machine.files.plant(`${elsewhere}/mosaic-canary@alpha.service`, { content: OWN });
    machine.files.deny(elsewhere);
    const fleet = fleetOf({ agents: { alpha: { stop: { timeout: '20s' } } } });
    const before = machine.state();
    const { changes, blocked } = await plan(fleet);
    expect([changes, blocked.map(({ group, reason }) => `${group} ${reason}`)]).toEqual([
      [],
      ['fleet unknown', 'agent.alpha unknown'],
    ]);
    await apply(fleet);
    expect(machine.state()).toBe(before);
  });

  it('is left alone together with its agent’s settings when the agent is wanted no more', async () => {
    const { machine, given, plan, apply } = await installed();
    machine.files.plant(INSTANCE, { content: OWN });
    await apply(given.smaller);
    expect(machine.files.read(INSTANCE)).toBe(OWN);
    machine.files.remove(INSTANCE);
    expect((await plan(given.smaller)).changes).toMatchObject([{ action: 'delete' }]);
  });

  it.each(['stop', 'start', 'restart'] as const)('refuses a %s of it, and of nothing else', async (phase) => {
    const { machine, look, order, apply } = await installed();
    const fleet = fleetOf({ agents: { alpha: {}, beta: {} } });
    await apply(fleet);
    machine.files.plant(INSTANCE, { content: OWN });
    const seen = await look(fleet);
    const port = watched(machine.port);
    const changes = ['session.alpha', 'session.beta'].map((address) => ({ ...order(seen, 'delete'), address, phase }));
    const outcomes = await systemd.apply(port, changes, {
      fleet: fleet.name,
      supervisor: 'systemd',
      host: hostFacts(),
      wanted: seen.desired,
      facts: {},
    });
    expect(outcomes[0]).toMatchObject({ address: 'session.alpha', done: false, error: { code: 'E_STEP_FAILED' } });
    expect(port.acts.join('\n')).toContain('mosaic-canary@beta.service');
    expect(port.acts.join('\n')).not.toContain('mosaic-canary@alpha.service');
  });

  it('that is a mask is told to the planner, and lets a running agent be stopped', async () => {
    const { machine, observe, look, order, applyAll } = await installed();
    const start = { ...order(await look(), 'create'), address: 'session.alpha', phase: 'start' as const };
    machine.files.plant(INSTANCE, { kind: 'symlink', content: '/dev/null' });
    const { items } = await observe();
    expect(items['run.alpha']).toMatchObject({ state: 'present', spec: { active: 'inactive', load: 'masked' } });
    expect(items['unit.mosaic-canary@alpha.service.d/50-mosaic.conf']).toMatchObject({ owner: 'fleet' });
    expect(await applyAll(await look(), [start])).toMatchObject([{ done: false }]);
    expect(await applyAll(await look(), [{ ...start, phase: 'stop' }])).toMatchObject([{ done: true }]);
  });
});

describe('units left from before, under another supervisor', () => {
  const moved = fleetOf({ supervisor: 'tmux', agents: {} });

  it.each(['mosaic-canary-tmux.service', 'mosaic-canary@.service', 'mosaic-canary.target', 'mosaic-canary.reload'])(
    'are found by %s alone',
    async (name) => {
      const { machine, look } = await installed();
      const text = machine.files.read(`${PLACES.unitDirectory}/mosaic-canary.target`) ?? '';
      for (const other of machine.files.list(PLACES.unitDirectory) ?? [])
        machine.files.uproot(`${PLACES.unitDirectory}/${other}`);
      expect(Object.keys((await look(moved)).observed.items)).toEqual([]);
      machine.files.plant(`${PLACES.unitDirectory}/${name}`, { content: text });
      expect((await look(moved)).observed.items[`unit.${name}`]).toMatchObject({ owner: 'fleet' });
    },
  );
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
  it('are named, kept, and no part of the plan (F24)', async () => {
    const { machine, plan, observe } = await installed();
    const own = `${PLACES.unitDirectory}/mosaic-canary@alpha.service.d/override.conf`;
    machine.files.plant(own, { content: '[Service]\nNice=5\n' });
    machine.port.writer.makeDirectory(PLACES.unitDirectory, 0o700);
    expect((await observe()).facts['overrides']).toEqual(['mosaic-canary@alpha.service.d/override.conf']);
    expect((await plan()).blocked).toEqual([]);
  });

  it.each([
    ['[Service]\nExecStart=\nExecStart=/bin/false\n', 1],
    ['[Service]\n  ExecStart = /bin/false\n', 1],
    ['[Service]\n#ExecStart=/bin/false\nExecStartPre=/bin/true\n', 0],
  ])('are told apart by whether they say what is started (F25): %j', async (content, count) => {
    const { machine, observe } = await installed();
    for (const name of ['template', 'one']) {
      const unit = name === 'one' ? 'mosaic-canary@alpha.service.d' : 'mosaic-canary@.service.d';
      machine.files.plant(`${PLACES.unitDirectory}/${unit}/${name}.conf`, { content });
    }
    expect((await observe()).facts).toMatchObject({
      overrides: [expect.anything(), expect.anything()],
      startOverrides: Array.from({ length: 2 * count }, () => expect.anything()),
    });
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
