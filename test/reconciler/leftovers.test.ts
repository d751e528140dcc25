import { describe, expect, it } from '@jest/globals';
import type { Plan } from '../../src/model/plan.ts';
import type { JsonObject } from '../../src/model/resource.ts';
import { installedAgents } from '../../src/reconciler/orphans.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf, worldOf } from '../support/observed.ts';

const steps = ({ changes }: Plan): readonly string[] =>
  changes.map(({ action, address, reason, disruption }) => `${action} ${address} (${reason}, ${disruption})`);
const fleet = fleetWith({ coder: '{ command: [codex] }' });
const error = { code: 'E_LOOK', message: 'no answer' };
const session = (place: JsonObject): JsonObject => ({ spec: { id: '$9', name: 'old', wantedName: 'old', ...place } });
const LAUNCH = { 'launch.old': {} };
const DELETED = 'delete launch.old (not_in_manifest, none)';
const RUNNING = { 'session.old': session({ inUnit: true }), 'run.old': { spec: { active: 'active' } } };
const GONE = { 'session.coder': null, 'run.coder': null };

describe('an agent that is not in the manifest', () => {
  it.each<[string, Record<string, JsonObject>, readonly string[]]>([
    ['runs', { ...RUNNING, ...LAUNCH }, ['delete session.old (not_in_manifest, kill)', DELETED]],
    [
      'starts',
      { 'run.old': { spec: { active: 'activating' } }, ...LAUNCH },
      ['delete session.old (not_in_manifest, kill)', DELETED],
    ],
    [
      'has a failed unit',
      { 'run.old': { spec: { active: 'failed' } } },
      ['delete session.old (not_in_manifest, none)'],
    ],
    [
      'was killed at its stop',
      {
        'run.old': { spec: { active: 'failed' } },
        'record.old': { spec: { startedAt: 1, endedAt: 2, asked: 'stop' } },
      },
      ['delete session.old (not_in_manifest, none)'],
    ],
    ['left a record behind', { 'record.old': { spec: { startedAt: 1 } } }, []],
    ['has launch data', { 'launch.old': {} }, ['delete launch.old (not_in_manifest, none)']],
  ])('and %s', (_, items, wanted) => expect(steps(planOf(fleet, { items }))).toEqual(wanted));

  it.each<[string, Record<string, JsonObject | string>, string]>([
    ['an impostor carries its mark', { 'session.old': session({ inUnit: false }) }, 'impostor'],
    ['two sessions carry its mark', { 'session.old': session({ duplicate: true }) }, 'duplicate-owner'],
    ['its session could not be seen', { 'session.old': 'no answer', 'launch.old': {} }, 'unknown'],
    ['its marks could not be read', { ...RUNNING, 'launch.old': 'denied' }, 'unknown'],
    ['its launch data is gone while it runs', RUNNING, 'unknown'],
    ['its launch data is no longer ours while it runs', { ...RUNNING, 'launch.old': { owner: 'foreign' } }, 'unknown'],
    ['its launch data is gone while it starts', { 'run.old': { spec: { active: 'activating' } } }, 'unknown'],
  ])('is left alone when %s', (_, items, reason) => {
    const plan = planOf(fleet, { items });
    expect(steps(plan)).toEqual([]);
    expect(plan.blocked.map((block) => `${block.group} ${block.reason}`)).toContain(`agent.old ${reason}`);
  });

  it('ends without its launch data when the whole fleet is destroyed', () => {
    const { changes } = planOf(fleet, { items: RUNNING, policy: { destroy: true, allowDelete: 9 } });
    expect(changes).toContainEqual(
      expect.objectContaining({ address: 'session.old', disruption: 'kill', because: 'the fleet is destroyed' }),
    );
    expect(changes.filter(({ because }) => because === 'not in the manifest')).toEqual([]);
  });

  it.each(['tmux', 'systemd', 'files'])('is left alone while %s could not look everywhere', (provider) => {
    const items = { ...RUNNING, ...(provider === 'files' ? {} : LAUNCH), 'link.mosaic-canary@old.service': {} };
    const seen = Object.fromEntries(
      Object.entries(items).filter(([address]) => provider !== 'tmux' || address !== 'session.old'),
    );
    const withoutRun = Object.fromEntries(
      Object.entries(seen).filter(([address]) => provider !== 'systemd' || address !== 'run.old'),
    );
    expect(steps(planOf(fleet, { items: withoutRun, incomplete: [{ provider, error }] }))).toEqual([]);
  });
});

describe('what is left of a wanted agent', () => {
  it('is its link while it is held or stopped', () => {
    const link = { ...GONE, 'link.mosaic-canary@coder.service': {} };
    const held = planOf(fleet, { host: { holds: [{ agent: 'coder', by: '' }] }, items: link });
    expect(steps(held)).toEqual(['delete link.mosaic-canary@coder.service (held, none)']);
    const stopped = fleetWith({ coder: '{ command: [codex], state: stopped }' });
    expect(planOf(stopped, { items: link }).changes).toMatchObject([
      { address: 'link.mosaic-canary@coder.service', reason: 'not_wanted', because: 'the manifest says stopped' },
    ]);
  });

  it('is everything of systemd once tmux alone supervises it', () => {
    const alone = fleetWith({ coder: '{ command: [codex] }' }, 'supervisor: tmux');
    const plan = planOf(alone, { items: { 'unit.mosaic-canary@coder.service.d/50-mosaic.conf': {} } });
    expect(plan.changes).toMatchObject([{ reason: 'not_wanted', because: 'not needed with supervisor tmux' }]);
  });
});

describe('the scripts of a home', () => {
  const policy = { destroy: true, allowDelete: 9 };
  const scripts = (plan: Plan): readonly string[] => steps(plan).filter((step) => /file\.(bin|libexec)/.test(step));

  it('go with its last fleet', () => expect(scripts(planOf(fleet, { policy }))).toHaveLength(2));

  it('stay while another fleet needs them', () => {
    expect(scripts(planOf(fleet, { policy, host: { otherFleets: { lab: 1 } } }))).toEqual([]);
  });

  it('go when a newer mosaic has no use for them', () => {
    expect(scripts(planOf(fleet, { items: { 'file.libexec/retired': {} } }))).toEqual([
      'delete file.libexec/retired (not_in_manifest, none)',
    ]);
  });
});

describe('installedAgents', () => {
  it('counts whom something of ours is installed for, once and sorted', () => {
    const foreign = { owner: 'foreign' };
    const items = {
      'launch.zed': {},
      'launch.abe': {},
      'unit.mosaic-canary@zed.service.d/50-mosaic.conf': {},
      'launch.other': foreign,
    };
    expect(installedAgents(worldOf(fleet, { items }).observed)).toEqual(['abe', 'coder', 'zed']);
  });
});
