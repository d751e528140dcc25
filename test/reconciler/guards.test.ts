import { describe, expect, it } from '@jest/globals';
import { SELF_SERVER } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { JsonObject } from '../../src/model/resource.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf, type Overlay } from '../support/observed.ts';

const steps = ({ changes }: Plan): readonly string[] => changes.map(({ action, address }) => `${action} ${address}`);
const blocks = ({ blocked }: Plan): readonly string[] => blocked.map(({ group, reason }) => `${group}: ${reason}`);
const RUNS = { spec: { active: 'active' } };
const OLDER = { spec: { spec: 'v1:older' } };
const foreign = { owner: 'foreign', spec: {}, foreignBecause: 'no mark' };
const session = (name: string): JsonObject => ({ spec: { id: '$9', name, wantedName: name, inUnit: true } });
const orphan = (name: string, launch: JsonObject = {}): NonNullable<Overlay['items']> => ({
  [`launch.${name}`]: launch,
  [`session.${name}`]: session(name),
  [`run.${name}`]: RUNS,
});
const orphans = (count: number): NonNullable<Overlay['items']> =>
  Object.assign({}, ...Array.from({ length: count }, (_, at) => orphan(`old-${at}`)));

const TWO = fleetWith({ coder: '{ command: [codex] }', reviewer: '{ command: [claude] }' });
const PROTECTED = fleetWith({ coder: '{ command: [codex], protect: true }', reviewer: '{ command: [claude] }' });
const LIFTED = fleetWith({ coder: '{ command: [codex], protect: false }' });
const MOVED: Overlay['items'] = { 'server.mosaic-factory': { spec: { socketPath: '/tmp/tmux-1000/older' } } };

describe('the mass-delete guard', () => {
  it.each([
    [1, {}, true],
    [2, {}, true],
    [3, {}, false],
    [3, { allowDelete: 2 }, false],
    [3, { allowDelete: 3 }, true],
    [4, { allowDelete: 9 }, true],
  ])('with two wanted agents and %i others under %j: deletes %p', (count, policy, deletes) => {
    const plan = planOf(TWO, { items: orphans(count), policy });
    expect(plan.blocked.filter(({ reason }) => reason === 'mass-delete')).toHaveLength(deletes ? 0 : count);
    expect(plan.changes).toHaveLength(deletes ? count * 2 : 0);
  });

  it('allows three in ten', () => {
    const names = Array.from({ length: 7 }, (_, at) => [`agent-${at}`, `{ command: [codex] }`] as const);
    expect(blocks(planOf(fleetWith(Object.fromEntries(names)), { items: orphans(3) }))).toEqual([]);
    expect(blocks(planOf(fleetWith(Object.fromEntries(names)), { items: orphans(5) }))).toHaveLength(5);
  });

  it('counts agents that cannot be seen now, too', () => {
    const plan = planOf(TWO, { items: { ...orphans(3), 'launch.old-0': 'no answer' } });
    expect(plan.blocked.filter(({ reason }) => reason === 'mass-delete')).toHaveLength(2);
    expect(steps(plan)).toEqual([]);
  });

  it('counts each agent of which nothing can be seen, and nothing that is the fleet’s own', () => {
    const dark = (name: string) => Object.keys(orphan(name)).map((address) => [address, 'no answer'] as const);
    const items = { ...orphan('old-2'), ...Object.fromEntries([...dark('old-0'), ...dark('old-1')]) };
    expect(planOf(TWO, { items }).blocked.filter(({ reason }) => reason === 'mass-delete')).toHaveLength(1);
    expect(blocks(planOf(TWO, { items: { ...orphans(2), 'file.libexec/mosaic-older': {} } }))).toEqual([]);
  });

  it('counts no agent that stays, whatever of it is removed', () => {
    const items = Object.fromEntries(
      ['a', 'b', 'c'].map((name) => [`unit.mosaic-canary@${name}.service.d/50-mosaic.conf`, {}]),
    );
    const agents = Object.fromEntries(['a', 'b', 'c'].map((name) => [name, '{ command: [codex] }']));
    expect(blocks(planOf(fleetWith(agents, 'supervisor: tmux'), { items }))).toEqual([]);
  });
});

describe('a protected agent', () => {
  it('is not restarted, and the rest of the fleet is', () => {
    const plan = planOf(PROTECTED, { items: { 'session.coder': OLDER, 'session.reviewer': OLDER } });
    expect([steps(plan), blocks(plan)]).toEqual([['restart session.reviewer'], ['agent.coder: protected']]);
  });

  it('is said to take a new command at its next start, where there is one', () => {
    const told = (overlay: Overlay): readonly string[] =>
      planOf(PROTECTED, overlay).blocked.flatMap(({ group, message }) => (group === 'fleet' ? [] : message));
    const news =
      'coder is protected and would be ended; what the manifest changes of it takes effect at its next start';
    expect(told({ items: { 'session.coder': OLDER } })).toEqual([news]);
    expect(told({ items: { ...MOVED, 'session.coder': OLDER } })).toEqual([news]);
    expect(told({ items: MOVED ?? {} })).toEqual(['coder is protected and would be ended']);
    expect(told({ policy: { intents: { coder: 'restart' } } })).toEqual(['coder is protected and would be ended']);
  });

  it('is so from the moment the manifest says so, and keeps the server while it starts', () => {
    const unmarked = { 'launch.coder': { spec: { protect: false } }, 'session.coder': OLDER };
    expect(blocks(planOf(PROTECTED, { items: unmarked }))).toEqual(['agent.coder: protected']);
    const starting = { ...MOVED, 'session.coder': null, 'run.coder': { spec: { active: 'activating' } } };
    expect(blocks(planOf(PROTECTED, { items: starting }))).toContain('fleet: protected');
  });

  it('is not restarted when a person asks for it', () => {
    expect(blocks(planOf(PROTECTED, { policy: { intents: { coder: 'restart' } } }))).toEqual([
      'agent.coder: protected',
    ]);
  });

  it('is not stopped, and keeps the link that starts it after a reboot', () => {
    const items = { 'session.coder': session('coder'), 'run.coder': RUNS };
    const link = { 'link.mosaic-canary@coder.service': {} };
    const plan = planOf(PROTECTED, { host: { holds: [{ agent: 'coder', by: '' }] }, items: { ...items, ...link } });
    expect([steps(plan), blocks(plan)]).toEqual([[], ['agent.coder: protected']]);
  });

  it('stays by its mark when the manifest forgets it, running or not', () => {
    const mark = { spec: { protect: true } };
    for (const items of [orphan('old', mark), { 'launch.old': mark }]) {
      const plan = planOf(TWO, { items });
      expect([steps(plan), blocks(plan)]).toEqual([[], ['agent.old: protected']]);
    }
  });

  it('can be started, and takes new labels', () => {
    const items = { 'session.coder': null, 'run.coder': null, 'launch.coder': { spec: { labels: { a: 'b' } } } };
    const plan = planOf(PROTECTED, { items });
    expect([steps(plan), blocks(plan)]).toEqual([['update launch.coder', 'start session.coder'], []]);
  });

  it('is free once an apply has lifted the mark, even beside a new command', () => {
    const first = planOf(LIFTED, {
      items: { 'launch.coder': { spec: { protect: true, command: ['old'] } }, 'session.coder': OLDER },
    });
    expect([steps(first), blocks(first)]).toEqual([['update launch.coder'], ['agent.coder: protected']]);
    expect(steps(planOf(LIFTED, { items: { 'session.coder': OLDER } }))).toEqual(['restart session.coder']);
  });

  it('keeps the server it runs on', () => {
    const plan = planOf(PROTECTED, { items: MOVED ?? {} });
    expect([steps(plan), blocks(plan)]).toEqual([[], ['fleet: protected', 'agent.coder: protected']]);
    expect(steps(planOf(PROTECTED, { items: { ...MOVED, 'session.coder': null, 'run.coder': null } }))).toContain(
      'replace server.mosaic-factory',
    );
  });

  it('is deleted where that is what was asked for', () => {
    const policy = { destroy: true, allowDelete: 9 };
    expect(blocks(planOf(PROTECTED, { policy }))).toEqual(['fleet: protected', 'agent.coder: protected']);
    const all = planOf(PROTECTED, { policy: { ...policy, includeProtected: true } });
    expect(steps(all)).toEqual(expect.arrayContaining(['delete server.mosaic-factory', 'delete session.coder']));
    expect(blocks(all)).toEqual([]);
  });
});

describe('a command inside an agent', () => {
  const host = { self: 'coder' };

  it('does not end that agent, and may restart another', () => {
    const plan = planOf(TWO, { host, items: { 'session.coder': OLDER, 'session.reviewer': OLDER } });
    expect([steps(plan), blocks(plan)]).toEqual([['restart session.reviewer'], ['agent.coder: self']]);
  });

  it('may stop another, and deletes none unless the manifest lets agents manage', () => {
    const held = planOf(TWO, {
      host: { ...host, holds: [{ agent: 'reviewer', by: '' }] },
      items: {
        'session.reviewer': session('reviewer'),
        'run.reviewer': RUNS,
        'link.mosaic-canary@reviewer.service': {},
      },
    });
    expect(steps(held)).toEqual(['delete link.mosaic-canary@reviewer.service', 'stop session.reviewer']);
    expect(blocks(planOf(TWO, { host, items: orphan('old') }))).toEqual(['agent.old: self']);
    const trusting = fleetWith({ coder: '{ command: [codex] }' }, 'agentsMayManage: true');
    expect(blocks(planOf(trusting, { host, items: orphan('old') }))).toEqual([]);
  });

  it.each(['coder', SELF_SERVER])('never ends the server: %s', (self) => {
    const trusting = fleetWith({ coder: '{ command: [codex] }' }, 'agentsMayManage: true');
    const plan = planOf(trusting, { host: { self }, policy: { destroy: true, allowDelete: 9 } });
    expect(blocks(plan)).toContain('fleet: self');
    expect(steps(plan)).not.toContain('delete server.mosaic-factory');
  });
});

describe('sessions that are not ours on our server', () => {
  const facts = { foreignSessions: ['notes'] };

  it('hinder whatever would end the server, and nothing else', () => {
    expect(blocks(planOf(TWO, { facts, items: { 'session.coder': OLDER } }))).toEqual([]);
    const plan = planOf(TWO, { facts, items: MOVED ?? {} });
    expect([steps(plan), blocks(plan)]).toEqual([[], ['fleet: foreign-sessions']]);
  });

  it('do not hinder a destroy that includes them', () => {
    const policy = { destroy: true, allowDelete: 9 };
    expect(blocks(planOf(TWO, { facts, policy }))).toEqual(['fleet: foreign-sessions']);
    expect(blocks(planOf(TWO, { facts, policy: { ...policy, withForeign: true } }))).toEqual([]);
  });
});

describe('a host that is not fit', () => {
  const down = { 'session.coder': null, 'run.coder': null, 'record.coder': null };
  const paths = { '/home/ada': { kind: 'missing', executable: false, mode: 0, uid: 0 } } as const;

  it('blocks only what would start', () => {
    expect(blocks(planOf(TWO, { host: { paths }, items: down }))).toEqual(['agent.coder: working-directory']);
    const labels = planOf(TWO, { host: { paths }, items: { 'launch.coder': { spec: { labels: { a: 'b' } } } } });
    expect([steps(labels), blocks(labels)]).toEqual([['update launch.coder'], []]);
  });

  it('does not keep an agent from being stopped', () => {
    const stopped = fleetWith({ coder: '{ command: [codex], state: stopped }' });
    const items = { 'session.coder': session('coder'), 'run.coder': RUNS };
    expect(steps(planOf(stopped, { host: { paths }, items }))).toEqual(['stop session.coder']);
  });
});

describe('something of the fleet that is not ours', () => {
  const down = { 'session.coder': null, 'run.coder': null, 'file.fleets/canary/tmux.conf': null };

  it('keeps agents from starting when they need it, and leaves the other files', () => {
    const plan = planOf(TWO, { items: { ...down, 'file.libexec/mosaic-agent': foreign } });
    expect([steps(plan), blocks(plan)]).toEqual([['create file.fleets/canary/tmux.conf'], ['fleet: foreign']]);
  });

  it('keeps nothing from starting that does not need it', () => {
    const plan = planOf(TWO, { items: { ...down, 'file.bin/mosaic': foreign } });
    expect(steps(plan)).toEqual(['create file.fleets/canary/tmux.conf', 'start session.coder']);
  });

  it('is a unit: then only files of our home are touched', () => {
    const items = { ...down, 'unit.mosaic-canary@.service': foreign, 'link.mosaic-canary@coder.service': null };
    expect(steps(planOf(TWO, { items }))).toEqual(['create file.fleets/canary/tmux.conf']);
    const destroyed = planOf(TWO, { items, policy: { destroy: true, allowDelete: 9 } });
    expect(steps(destroyed).filter((step) => !/ (file|launch)\./.test(step))).toEqual([]);
    expect(blocks(destroyed)).toEqual(['fleet: foreign']);
  });
});

describe('an agent that could not be seen', () => {
  it('keeps the server from ending, and its new files from being written', () => {
    const items = { ...MOVED, 'launch.coder': 'denied', 'file.fleets/canary/server': { spec: { sha256: 'older' } } };
    const plan = planOf(TWO, { items });
    expect([steps(plan), blocks(plan)]).toEqual([[], ['fleet: unknown', 'agent.coder: unknown']]);
  });
});
