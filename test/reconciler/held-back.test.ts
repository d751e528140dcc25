import { describe, expect, it } from '@jest/globals';
import type { Plan } from '../../src/model/plan.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf, type Overlay } from '../support/observed.ts';

type Items = NonNullable<Overlay['items']>;

const ONE = fleetWith({ coder: '{ command: [codex] }' });
const BY_TMUX = fleetWith({ coder: '{ command: [codex] }' }, 'supervisor: tmux');
const steps = ({ changes }: Plan): readonly string[] =>
  changes.map(({ action, address, provider }) => `${action} ${address} (${provider})`);
const reasons = ({ blocked }: Plan): readonly string[] => blocked.map(({ group, reason }) => `${group}: ${reason}`);
const foreign = { owner: 'foreign', spec: {}, foreignBecause: 'no mark' };
const MOVED: Items = { 'server.mosaic-factory': { spec: { socketPath: '/tmp/tmux-1000/older' } } };

/** An agent that runs and that the manifest does not name. */
const orphan = (place: Record<string, boolean>, run: Record<string, string>): Items => ({
  'launch.old': {},
  'session.old': { spec: { id: '$9', name: 'old', wantedName: 'old', ...place } },
  ...(Object.keys(run).length === 0 ? {} : { 'run.old': { spec: run } }),
});

describe('what ends an agent', () => {
  const byTmux: Items = { 'server.mosaic-factory': { spec: { supervisor: 'tmux' } } };

  it('is whoever runs it, also where the manifest names another supervisor', () => {
    const items = { ...byTmux, ...orphan({ isWrapper: true }, {}), 'session.coder': { spec: { isWrapper: true } } };
    expect(steps(planOf(ONE, { items }))).toContain('delete session.old (tmux)');
    const stopped = fleetWith({ coder: '{ command: [codex], state: stopped }' });
    expect(steps(planOf(stopped, { items }))).toContain('stop session.coder (tmux)');
  });

  it('is systemd where only a failed unit is left', () => {
    const items = { 'run.old': { spec: { active: 'failed' } }, 'launch.old': {}, 'session.old': null };
    expect(steps(planOf(BY_TMUX, { items }))).toContain('delete session.old (systemd)');
  });

  it('is nobody where the units it was made of are somebody else’s by now, and that is said', () => {
    const items: Items = { 'run.old': { spec: { active: 'failed' } }, 'session.old': null };
    const plan = planOf(BY_TMUX, { items: { ...items, 'unit.mosaic-canary-tmux.service': foreign } });
    expect([steps(plan), reasons(plan)]).toEqual([[], ['agent.old: foreign']]);
    expect(steps(planOf(BY_TMUX, { items }))).toEqual(['delete session.old (systemd)']);
  });

  it('leaves a unit alone that is somebody else’s, and says so', () => {
    const items = orphan({ inUnit: true }, { active: 'active' });
    const plan = planOf(ONE, { items: { ...items, 'run.old': { owner: 'foreign', spec: { active: 'active' } } } });
    expect([steps(plan), reasons(plan)]).toEqual([[], ['agent.old: foreign']]);
  });

  it('does not stop what runs under a unit of somebody else’s, and says so', () => {
    const items = {
      'server.mosaic-factory': { spec: { supervisor: 'systemd' } },
      'session.coder': { spec: { id: '$1', name: 'coder', wantedName: 'coder', inUnit: true } },
      'run.coder': { owner: 'foreign', spec: { active: 'active' } },
    };
    const stopped = fleetWith({ coder: '{ command: [codex], state: stopped }' }, 'supervisor: tmux');
    const watched = planOf(stopped, { items, policy: { mode: 'watch-all' } });
    expect([steps(watched), reasons(watched)]).toEqual([[], ['fleet: foreign', 'agent.coder: foreign']]);
  });

  it('goes by a name, which another session may have taken', () => {
    const { 'session.old': _, ...items } = orphan({}, { active: 'active' });
    const spec = { id: '$9', name: 'mine', wantedName: 'old', inUnit: true, nameTaken: true };
    const plan = planOf(ONE, { items: { ...items, 'session.old': { spec } } });
    expect([steps(plan), reasons(plan)]).toEqual([[], ['agent.old: foreign']]);
  });

  it.each(['file.libexec/mosaic-agent', 'file.fleets/canary/server'])('needs %s where no unit does it', (address) => {
    const items = { ...orphan({ isWrapper: true }, {}), [address]: foreign };
    expect(steps(planOf(BY_TMUX, { items }))).toEqual([]);
    expect(steps(planOf(BY_TMUX, { items: { ...items, [address]: {} } }))).toContain('delete session.old (tmux)');
  });
});

describe('an end that is held back', () => {
  it('keeps the launch data with the process', () => {
    const items = { ...orphan({ inUnit: true }, { active: 'active' }), 'unit.mosaic-canary@.service': foreign };
    expect(steps(planOf(ONE, { items }))).toEqual([]);
  });
});

describe('a mark of a lost reload that is somebody else’s', () => {
  it.each([foreign, { ...foreign, spec: { masked: true } }])(
    'keeps units from being removed, and no new ones',
    (mark) => {
      const items = { ...orphan({ inUnit: true }, { active: 'active' }), 'unit.mosaic-canary.reload': mark };
      const link = 'link.mosaic-canary@coder.service';
      const plan = planOf(ONE, { items: { ...items, 'link.mosaic-canary@old.service': {}, [link]: null } });
      expect(steps(plan)).toEqual([`create ${link} (systemd)`]);
      expect(plan.blocked).toMatchObject([{ group: 'fleet', address: 'unit.mosaic-canary.reload' }]);
    },
  );

  it('does so under supervisor tmux too, where units are left to be removed, and otherwise stands in nobody’s way', () => {
    const left: Items = {
      'server.mosaic-factory': null,
      'unit.mosaic-canary.reload': foreign,
      'link.mosaic-canary.target': {},
    };
    const plan = planOf(BY_TMUX, { items: left });
    expect(steps(plan)).not.toContain('delete link.mosaic-canary.target (systemd)');
    expect(plan.blocked).toMatchObject([{ group: 'fleet', address: 'unit.mosaic-canary.reload' }]);
    expect(planOf(BY_TMUX, { items: { ...left, 'link.mosaic-canary.target': null } }).blocked).toEqual([]);
  });
});

describe('a server that is to be replaced and has to live on', () => {
  it('keeps every agent from being started a second time', () => {
    const items = { ...MOVED, 'file.bin/mosaic': foreign, 'session.coder': null, 'run.coder': null };
    expect(steps(planOf(ONE, { items }))).toEqual([]);
  });

  it('does not keep a lost reload from being made good', () => {
    const guarded = fleetWith({ coder: '{ command: [codex], protect: true }' });
    const items = { ...MOVED, 'unit.mosaic-canary.reload': {} };
    expect(steps(planOf(guarded, { items }))).toEqual(['delete unit.mosaic-canary.reload (systemd)']);
    const watched = { items, policy: { mode: 'watch-safe' } } as const;
    expect(steps(planOf(ONE, watched))).toEqual(['delete unit.mosaic-canary.reload (systemd)']);
  });

  it('is one whose units are somebody else’s, whatever supervisor is wanted', () => {
    const items = {
      'server.mosaic-factory': { spec: { supervisor: 'systemd' } },
      'unit.mosaic-canary@.service': foreign,
    };
    expect(reasons(planOf(BY_TMUX, { items }))).toContain('fleet: foreign');
  });
});

describe('a look that failed', () => {
  it('at the server keeps the record of where it is, and everything the fleet shares', () => {
    const old = { spec: { sha256: 'older' } };
    const items = {
      'server.mosaic-factory': 'no answer',
      'file.fleets/canary/server': old,
      'file.fleets/canary/tmux.conf': old,
      'unit.mosaic-canary-tmux.service': { spec: { Service: { Restart: 'no' } } },
      'unit.mosaic-canary.target': null,
    };
    expect(steps(planOf(ONE, { items }))).toEqual([]);
  });

  it('at a unit keeps new ones from standing beside it', () => {
    const items = { 'unit.mosaic-canary.target': 'no answer', 'link.mosaic-canary.target': null };
    expect(steps(planOf(ONE, { items }))).toEqual([]);
  });

  it('in part deletes nothing and ends nobody by the hand of who could not look', () => {
    const items = {
      ...orphan({ inUnit: true }, { active: 'active' }),
      'link.mosaic-canary@old.service': {},
      'file.libexec/old': {},
    };
    const stopped = fleetWith({ coder: '{ command: [codex], state: stopped }' });
    const incomplete = [{ provider: 'systemd', error: { code: 'E_IO', message: 'refused' } }];
    const running = {
      'session.coder': { spec: { id: '$1', inUnit: true } },
      'run.coder': { spec: { active: 'active' } },
    };
    expect(steps(planOf(stopped, { items: { ...items, ...running }, incomplete }))).toEqual([]);
    expect(steps(planOf(stopped, { items: { ...items, ...running } }))).toEqual(
      expect.arrayContaining(['stop session.coder (systemd)', 'delete session.old (systemd)']),
    );
  });

  it.each(['tmux', 'systemd'])('of %s does not keep a lost reload from being made good', (provider) => {
    const incomplete = [{ provider, error: { code: 'E_IO', message: 'refused' } }];
    const items = { 'unit.mosaic-canary.reload': {} };
    expect(steps(planOf(ONE, { items, incomplete }))).toEqual(['delete unit.mosaic-canary.reload (systemd)']);
    expect(steps(planOf(ONE, { items: { ...items, 'server.mosaic-factory': 'no answer' } }))).toEqual([
      'delete unit.mosaic-canary.reload (systemd)',
    ]);
  });
});

describe('what is in the way of an agent', () => {
  it('names the line that declares it; what the manifest does not name has none', () => {
    const items = {
      ...orphan({ inUnit: true }, { active: 'active' }),
      'run.old': { owner: 'foreign', spec: { active: 'active' } },
      'session.coder': foreign,
    } as const;
    const { blocked } = planOf(ONE, { items });
    const { line } = ONE.agents[0] ?? {};
    expect(blocked.map((item) => [item.group, item.line])).toEqual([
      ['agent.coder', line],
      ['agent.old', undefined],
    ]);
    expect(line).toBeGreaterThan(1);
  });
});
