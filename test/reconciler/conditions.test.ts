import { describe, expect, it } from '@jest/globals';
import { isEmpty, type Plan } from '../../src/model/plan.ts';
import { buildPlan } from '../../src/reconciler/plan.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf, worldOf, type Overlay } from '../support/observed.ts';

const AGENTS = { coder: '{ command: [codex] }', reviewer: '{ command: [claude] }' };
const ON_PATH = {
  coder: '{ command: [codex], path: [/usr/bin] }',
  reviewer: '{ command: [claude], path: [/usr/bin] }',
};
const OLDER = { spec: { launcher: 'older' } };

const conditions = (overlay: Overlay, spec = ''): readonly string[] => {
  const plan = planOf(fleetWith(AGENTS, spec), overlay);
  expect(isEmpty(plan)).toBe(true);
  return textsOf(plan);
};

const textsOf = (plan: Plan): readonly string[] =>
  plan.conditions.map(({ type, status, message }) => `${type} ${status}: ${message}`);

describe('conditions', () => {
  it('are none when there is nothing to say', () => expect(conditions({})).toEqual([]));

  it('say that agents end at logout, unless that cannot be told or no user manager runs them (F40)', () => {
    const host = { linger: false };
    expect(conditions({ host })).toEqual([expect.stringMatching(/^Linger False: .*loginctl enable-linger ada$/)]);
    expect(conditions({ host }, 'supervisor: tmux')).toEqual([]);
  });

  it('name who takes the new launcher at its next start, and only who runs', () => {
    const items = { 'session.coder': OLDER, 'session.reviewer': OLDER };
    expect(conditions({ items })).toEqual([expect.stringMatching(/^RestartPending True: coder, reviewer: /)]);
    const held = { 'session.coder': null, 'session.reviewer': OLDER };
    expect(conditions({ items: held, host: { holds: [{ agent: 'coder', by: '' }] } })).toEqual([
      expect.stringMatching(/^RestartPending True: reviewer: /),
    ]);
  });

  it('say which running agent could not be started again, and of no other', () => {
    const gone = { kind: 'missing', executable: false, mode: 0, uid: 0 } as const;
    const paths = { '/usr/bin/codex': gone, '/usr/bin/claude': gone };
    const found = (overlay: Overlay): readonly string[] =>
      planOf(fleetWith(ON_PATH), overlay).conditions.map(
        ({ type, status, reason, message }) => `${type} ${status} ${reason}: ${message}`,
      );
    expect(found({ host: { paths } })).toEqual([
      expect.stringMatching(/^NextStartFails True HostUnfit: coder runs, but could not be started again: coder runs /),
      expect.stringMatching(/^NextStartFails True HostUnfit: reviewer runs, but could /),
    ]);
    expect(found({ host: { paths, holds: [{ agent: 'coder', by: '' }] }, items: { 'session.coder': null } })).toEqual([
      expect.stringMatching(/^NextStartFails True HostUnfit: reviewer runs, but could /),
    ]);
  });

  it('name the other fleets of the home and how to remove them', () => {
    expect(conditions({ host: { otherFleets: { old: 3, lab: 1 } } })).toEqual([
      'OtherFleet True: this home still holds fleet lab (1 agent): mosaic fleet destroy --fleet lab',
      'OtherFleet True: this home still holds fleet old (3 agents): mosaic fleet destroy --fleet old',
    ]);
  });

  it('name a user’s own drop-ins', () => {
    expect(conditions({ facts: { overrides: ['b.conf', 'a.conf'] } })).toEqual([
      expect.stringMatching(/^Override True: .*: a.conf, b.conf$/),
    ]);
  });

  it('name limits that this user manager cannot enforce, and who asked for them', () => {
    const limited = fleetWith({ coder: '{ command: [codex], limits: { memoryMax: 4G, tasksMax: 9 } }' });
    const about = (controllers: readonly string[]): readonly string[] =>
      planOf(limited, { facts: { controllers } }).conditions.map(({ message }) => message);
    expect(about(['cpu', 'memory', 'pids'])).toEqual([]);
    expect(about(['cpu', 'pids'])).toEqual([
      expect.stringMatching(/^limits-not-enforced: .*memory.*memoryMax.*: coder$/),
    ]);
    expect(about([])).toHaveLength(2);
  });

  it('say nothing of limits where the controllers could not be read', () => {
    const limited = fleetWith({ coder: '{ command: [codex], limits: { memoryMax: 4G } }' });
    expect(planOf(limited, {}).conditions).toEqual([]);
  });

  it('name an agent whose env file is newer than its start', () => {
    const secret = fleetWith({ coder: '{ command: [codex], envFiles: [~/x.env] }' });
    const at = (mtimeMs: number): readonly string[] => {
      const paths = {
        '/home/ada/x.env': { kind: 'file' as const, executable: false, mode: 0o600, uid: 1000, mtimeMs },
      };
      const record = { spec: { starts: 1, startedAt: 1000 } };
      return planOf(secret, { host: { paths }, items: { 'record.coder': record } }).conditions.map(
        ({ message }) => message,
      );
    };
    expect(at(999)).toEqual([]);
    expect(at(1001)).toEqual([expect.stringMatching(/^coder: envFile newer than start/)]);
  });

  it('say which settings of a person’s own are started in the place of what the manifest says (F25)', () => {
    expect(conditions({ facts: { overrides: ['b.conf', 'a.conf'], startOverrides: ['b.conf'] } })).toEqual([
      expect.stringMatching(/^Override True: .*a\.conf, b\.conf$/),
      expect.stringMatching(/^StartReplaced True: ExecStart= in b\.conf is started in the place of/),
    ]);
  });

  it('say who could not be started again as systemd refuses the unit, and nothing of a start by it (F25)', () => {
    const [own, all] = ['mosaic-canary@coder.service.d/x.conf', 'mosaic-canary@.service.d/y.conf'];
    const facts = { overrides: [own, all], startOverrides: [own, all] };
    const refused = { spec: { load: 'bad-setting' } };
    const told = (items: Overlay['items'], files: Overlay['facts'] = facts): readonly string[] =>
      textsOf(planOf(fleetWith(AGENTS), { items: items ?? {}, facts: files ?? {} })).filter(
        (text) => !text.startsWith('Override'),
      );
    expect(told({ 'run.coder': refused })).toEqual([
      `NextStartFails True: coder runs, but could not be started again: systemd refuses its unit (bad-setting); correct ${all}, ${own}, then systemctl --user daemon-reload`,
      expect.stringMatching(/^StartReplaced True: ExecStart= in mosaic-canary@\.service\.d\/y\.conf is /),
    ]);
    expect(told({ 'run.coder': refused, 'run.reviewer': { spec: { load: 'error' } } }, {})).toEqual([
      expect.stringContaining('correct mosaic-canary@coder.service, then'),
      expect.stringContaining('reviewer runs, but could not be started again: systemd refuses its unit (error); '),
    ]);
  });

  it('say it of who is down, and not beside a block that says so of its start (F25)', () => {
    const down = { 'session.coder': null, 'run.coder': { spec: { load: 'bad-setting', active: 'inactive' } } };
    const told = (state: string): readonly string[] =>
      textsOf(planOf(fleetWith({ coder: `{ command: [codex], state: ${state} }` }), { items: down }));
    expect(told('stopped')).toEqual([
      expect.stringMatching(/^NextStartFails True: coder cannot be started: systemd refuses its unit /),
    ]);
    expect(told('running')).toEqual([]);
  });

  it('say that another HOME than the pinned one is not used', () => {
    expect(conditions({ host: { callerHome: '/tmp' } })).toEqual([
      expect.stringMatching(/^HomeDiffers True: HOME is \/tmp/),
    ]);
  });

  it('say what a snapshot does not tell of', () => {
    const { observed, ...world } = worldOf(fleetWith(AGENTS));
    const found = buildPlan({ ...world, observed: { ...observed, unchecked: ['/etc/keys', '/srv'] } }).conditions;
    expect(found).toMatchObject([{ type: 'NotChecked', message: 'the snapshot does not tell of /etc/keys; /srv' }]);
  });
});
