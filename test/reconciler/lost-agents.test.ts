import { describe, expect, it } from '@jest/globals';
import type { Plan } from '../../src/model/plan.ts';
import type { JsonObject } from '../../src/model/resource.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf, type Overlay } from '../support/observed.ts';

const steps = ({ changes }: Plan): readonly string[] => changes.map(({ action, address }) => `${action} ${address}`);
const foreign = { owner: 'foreign', spec: {}, foreignBecause: 'no mark' };
const TWO = fleetWith({ coder: '{ command: [codex] }', reviewer: '{ command: [claude] }' });
const MOVED: Overlay['items'] = { 'server.mosaic-factory': { spec: { socketPath: '/tmp/tmux-1000/older' } } };
const SESSION = { spec: { id: '$9', name: 'coder', wantedName: 'coder', inUnit: true } };

describe('an agent that would not come back', () => {
  const up = (load: string, owner = 'fleet'): JsonObject => ({ owner, spec: { active: 'active', load } });
  const told = ({ blocked }: Plan): readonly string[] =>
    blocked.flatMap(({ group, reason, message }) => (group === 'fleet' ? `${reason}: ${message}` : []));

  it.each([
    ['masked', up('masked', 'foreign'), 'masked'],
    ['refused by systemd', up('bad-setting'), 'unit-refused'],
  ])('as its unit is %s keeps the server it runs on, unless it is wanted down', (_, run, reason) => {
    const plan = planOf(TWO, { items: { ...MOVED, 'run.coder': run } });
    expect(told(plan)).toEqual([
      `${reason}: the tmux server would end, and with it agents that would not come back: coder (${reason})`,
    ]);
    expect(steps(plan)).toEqual([]);
    const stopped = fleetWith({ coder: '{ command: [codex], state: stopped }', reviewer: '{ command: [claude] }' });
    const items = { ...MOVED, 'session.coder': SESSION, 'run.coder': run };
    expect(steps(planOf(stopped, { items }))).toContain('replace server.mosaic-factory');
  });

  it('as something stands in its way keeps the server, and is said with each', () => {
    const taken = {
      'unit.mosaic-canary@coder.service.d/50-mosaic.conf': foreign,
      'run.coder': up('loaded', 'foreign'),
    };
    const paths = { '/usr/bin/claude': { kind: 'missing', executable: false, mode: 0, uid: 0 } } as const;
    const agents = { coder: '{ command: [codex] }', reviewer: '{ command: [claude], path: [/usr/bin] }' };
    const plan = planOf(fleetWith(agents), { items: { ...MOVED, ...taken }, host: { paths } });
    expect(told(plan)).toEqual([
      expect.stringMatching(/^foreign: .* come back: coder \(foreign\), reviewer \(command-not-found\)$/),
    ]);
    expect(steps(plan)).toEqual([]);
  });

  it('keeps no server it does not run on', () => {
    const down = { 'session.coder': null, 'run.coder': { spec: { active: 'inactive', load: 'bad-setting' } } };
    expect(steps(planOf(TWO, { items: { ...MOVED, ...down } }))).toContain('replace server.mosaic-factory');
  });

  it('as its unit is somebody else’s is spared when the fleet is destroyed', () => {
    const items = { 'run.coder': up('loaded', 'foreign') };
    const plan = planOf(TWO, { items, policy: { destroy: true, allowDelete: 9 } });
    expect(told(plan)).toEqual([expect.stringMatching(/agents that are not ours to end: coder \(foreign\)$/)]);
    expect(steps(plan)).toContain('delete session.reviewer');
    expect(steps(plan)).not.toContain('delete server.mosaic-factory');
    expect(plan.blocked.find(({ group }) => group === 'fleet')?.hint).toMatch(/, then destroy again\.$/);
  });

  it('as its name is taken goes with the server when the fleet is destroyed', () => {
    const items = { 'session.coder': { spec: { ...SESSION.spec, name: 'mine', nameTaken: true } } };
    const policy = { destroy: true, withForeign: true, allowDelete: 9 };
    const plan = planOf(TWO, { items, facts: { foreignSessions: ['coder'] }, policy });
    expect(told(plan)).toEqual([]);
    expect(steps(plan)).toContain('delete server.mosaic-factory');
  });

  it.each(['masked', 'bad-setting'])('with its unit (%s) comes back where no unit starts it any more', (load) => {
    const moved = fleetWith({ coder: '{ command: [codex] }' }, 'supervisor: tmux');
    const server = { 'server.mosaic-factory': { spec: { supervisor: 'systemd' } } };
    const run = up(load, load === 'masked' ? 'foreign' : 'fleet');
    const plan = planOf(moved, { items: { ...server, 'session.coder': SESSION, 'run.coder': run } });
    expect(told(plan)).toEqual([]);
    expect(steps(plan)).toEqual(expect.arrayContaining(['replace server.mosaic-factory', 'restart session.coder']));
  });

  it('as systemd refuses its unit is said with what to correct, whether settings of ours are written as well or not', () => {
    const own = 'mosaic-canary@coder.service.d/x.conf';
    const items = { ...MOVED, 'run.coder': up('bad-setting') };
    for (const unit of [{}, { 'unit.mosaic-canary@coder.service.d/50-mosaic.conf': null }]) {
      const plan = planOf(TWO, { items: { ...items, ...unit }, facts: { overrides: [own] } });
      expect(told(plan)).toEqual([expect.stringMatching(/^unit-refused: .* come back: coder \(unit-refused\)$/)]);
      const texts = [...plan.blocked.map(({ hint }) => hint), ...plan.conditions.map(({ message }) => message)];
      expect(texts.filter((text) => /correct mosaic-canary@coder\.service\.d\/x\.conf, then/i.test(text))).toHaveLength(
        1,
      );
    }
  });
});
