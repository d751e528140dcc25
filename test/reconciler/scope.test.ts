import { describe, expect, it } from '@jest/globals';
import type { Plan } from '../../src/model/plan.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf, type Overlay } from '../support/observed.ts';

const steps = ({ changes }: Plan): readonly string[] => changes.map(({ action, address }) => `${action} ${address}`);
const fleet = fleetWith({ coder: '{ command: [codex] }', reviewer: '{ command: [claude] }' });
const OLDER = { spec: { spec: 'v1:older' } };
const moved: Overlay['items'] = {
  'server.mosaic-factory': { spec: { socketPath: '/tmp/tmux-1000/older' } },
  'file.fleets/canary/server': { spec: { sha256: 'older' } },
};

describe('a plan about some agents', () => {
  it('holds theirs and what the fleet needs, and nothing of the others', () => {
    const items = { 'session.coder': OLDER, 'session.reviewer': OLDER, 'file.fleets/canary/tmux.conf': null };
    const plan = planOf(fleet, { items, policy: { only: ['coder'] } });
    expect(steps(plan)).toEqual(['create file.fleets/canary/tmux.conf', 'restart session.coder']);
  });

  it('deletes no agent that is gone from the manifest', () => {
    const items = { 'launch.old': {}, 'launch.older': {}, 'launch.oldest': {} };
    const plan = planOf(fleet, { items, policy: { only: ['coder'] } });
    expect([steps(plan), plan.blocked]).toEqual([[], []]);
  });
});

describe('an install', () => {
  it('writes scripts and units, and starts and enables nothing', () => {
    const plan = planOf(fleet, { empty: true, policy: { installOnly: true } });
    const kinds = new Set(plan.changes.map(({ action, address }) => `${action} ${address.split('.')[0] ?? ''}`));
    expect([...kinds].toSorted()).toEqual(['create file', 'create launch', 'create unit']);
  });
});

describe('a server that is to be replaced', () => {
  it.each<[string, Overlay['policy']]>([
    ['a command about one agent', { only: ['coder'], intents: { coder: 'restart' } }],
    ['an install', { installOnly: true }],
    ['the watcher', { mode: 'watch-all' }],
  ])('is left as it is by %s, and so is its record', (_, policy) => {
    const plan = planOf(fleet, { items: moved ?? {}, policy: policy ?? {} });
    expect(steps(plan)).toEqual([]);
    expect(plan.deferred).toMatchObject([{ group: 'fleet', reason: 'needs-person' }]);
  });

  it('leaves every agent that lives on with it its settings and its link, whichever supervisor is next', () => {
    const policy = { mode: 'watch-safe' } as const;
    const byTmux = fleetWith({ coder: '{ command: [codex] }' }, 'supervisor: tmux');
    const under = (supervisor: string): Overlay['items'] => ({ 'server.mosaic-factory': { spec: { supervisor } } });
    const settings = {
      'unit.mosaic-canary@coder.service.d/50-mosaic.conf': {},
      'link.mosaic-canary@coder.service': {},
    };
    const running = {
      'session.coder': { spec: { id: '$1', name: 'coder', wantedName: 'coder', inUnit: true } },
      'run.coder': { spec: { active: 'active' } },
    };
    const away = planOf(byTmux, { items: { ...under('systemd'), ...settings, ...running }, policy });
    expect([steps(away), away.deferred.map(({ group }) => group)]).toEqual([[], ['fleet']]);
    const gone = Object.fromEntries(Object.keys(settings).map((address) => [address, null]));
    const back = planOf(fleet, { items: { ...under('tmux'), ...gone }, policy });
    expect([steps(back), back.deferred.map(({ group }) => group)]).toEqual([[], ['fleet']]);
  });

  it('does not keep one agent from being stopped', () => {
    const host = { holds: [{ agent: 'coder', by: '' }] };
    const run = {
      'session.coder': { spec: { id: '$1', name: 'coder', wantedName: 'coder', inUnit: true } },
      'run.coder': { spec: { active: 'active' } },
    };
    const plan = planOf(fleet, { host, items: { ...moved, ...run }, policy: { only: ['coder'] } });
    expect(steps(plan)).toEqual(['stop session.coder']);
  });
});

describe('the watcher', () => {
  const items = { 'launch.old': {}, 'unit.mosaic-canary@old.service.d/50-mosaic.conf': {}, 'session.coder': OLDER };

  it('deletes nothing by itself: each agent waits once', () => {
    const plan = planOf(fleet, { items, policy: { mode: 'watch-all' } });
    expect(steps(plan)).toEqual(['restart session.coder']);
    expect(plan.deferred.map(({ group, address }) => `${group} ${address}`)).toEqual(['agent.old launch.old']);
  });

  it('names the process of an agent that waits, where it has one', () => {
    const run = { 'session.old': { spec: { inUnit: true } }, 'run.old': { spec: { active: 'active' } } };
    const plan = planOf(fleet, { items: { ...items, ...run }, policy: { mode: 'watch-safe' } });
    expect(plan.deferred.find(({ group }) => group === 'agent.old')?.address).toBe('session.old');
  });

  it('does nothing at all when it may do nothing by itself', () => {
    const plan = planOf(fleet, {
      items: { ...items, 'session.reviewer': null, 'run.reviewer': null },
      policy: { mode: 'watch-none' },
    });
    expect(steps(plan)).toEqual([]);
    expect(plan.deferred.map(({ address }) => address)).toEqual(['session.coder', 'launch.old', 'session.reviewer']);
  });

  it('makes stopped what the manifest wants stopped', () => {
    const stopped = fleetWith({ coder: '{ command: [codex], state: stopped }' });
    const run = {
      'session.coder': { spec: { id: '$1', name: 'coder', wantedName: 'coder', inUnit: true } },
      'run.coder': { spec: { active: 'active' } },
    };
    expect(steps(planOf(stopped, { items: run, policy: { mode: 'watch-safe' } }))).toEqual(['stop session.coder']);
  });
});

describe('new launch data', () => {
  const launch = { 'launch.coder': { spec: { command: ['older'] } } };

  it.each<[string, Overlay, string]>([
    ['goes with a restart', { items: { ...launch, 'session.coder': OLDER } }, 'restart'],
    ['waits for one', { items: { ...launch, 'session.coder': OLDER }, activity: { coder: 'busy' } }, 'none'],
    ['is of an agent that is down', { items: { ...launch, 'session.coder': null, 'run.coder': null } }, 'none'],
  ])('is as disruptive as what comes of it: it %s', (_, overlay, disruption) => {
    const plan = planOf(fleet, overlay);
    expect(plan.changes.find(({ address }) => address === 'launch.coder')).toMatchObject({ disruption });
  });
});
