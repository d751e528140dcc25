import { describe, expect, it } from '@jest/globals';
import { leftOf, reviewedPart } from '../../../src/cli/saved-plan/select.ts';
import { buildPlan } from '../../../src/reconciler/plan.ts';
import { fleetWith } from '../../support/fleet.ts';
import { worldOf, type Overlay } from '../../support/observed.ts';
import { refusalOf, saved } from './support.ts';

const fleet = fleetWith({ a: '{ command: [codex, new] }', b: '{ command: [claude] }' });
const down = { spec: { active: 'inactive', sub: 'dead' }, fingerprint: 'inactive/dead' };
/** Agent a runs with another command than is wanted. */
const REVIEWED: NonNullable<Overlay['items']> = {
  'launch.a': { spec: { command: ['codex'], spec: 'v1:older' } },
  'session.a': { spec: { spec: 'v1:older' } },
};
const plan = saved(worldOf(fleet, { items: REVIEWED }));

/** What the saved plan would do now that the machine is like this, or why it is refused. */
function now(overlay: Overlay = {}, reviewed = plan): readonly string[] | string {
  const fresh = buildPlan(worldOf(fleet, { ...overlay, items: { ...REVIEWED, ...overlay.items } }));
  let steps: readonly string[] = [];
  const refused = refusalOf(() => {
    steps = reviewedPart(fresh, reviewed).changes.map(({ action, address }) => `${action} ${address}`);
  });
  return refused === 'none' ? steps : refused;
}

const STEPS = ['update launch.a', 'restart session.a'];

describe('a saved plan', () => {
  it('is done as it was reviewed where nothing moved', () => {
    expect(now()).toEqual(STEPS);
  });

  it.each<[string, Overlay]>([
    ['another agent ended', { items: { 'session.b': null, 'run.b': down } }],
    ['another agent is held', { host: { holds: [{ agent: 'b', by: 'ada' }] } }],
    ['somebody else’s session came', { facts: { foreignSessions: ['editor'] } }],
    ['an agent that is not wanted is there', { items: { 'launch.old': {} } }],
  ])('is done as it was reviewed, and no more, where %s', (_, overlay) => {
    expect(now(overlay)).toEqual(STEPS);
  });

  it.each<[string, Overlay, string]>([
    [
      'its process is another one',
      { items: { 'session.a': { spec: { spec: 'v1:older' }, fingerprint: '2' } } },
      'session.a is not as it was when the plan was made',
    ],
    [
      'its file was changed',
      { items: { 'launch.a': { spec: { command: ['x'] }, fingerprint: 'edited' } } },
      'launch.a is not as it was when the plan was made',
    ],
    [
      'it was done already',
      { items: { 'launch.a': {}, 'session.a': { fingerprint: 'newer' } } },
      'launch.a needs no such change any more',
    ],
    [
      'it is held',
      { host: { holds: [{ agent: 'a', by: 'ada' }] }, items: { 'session.a': null } },
      'session.a needs no such change any more',
    ],
    [
      'its program is gone',
      { host: { paths: missing('codex') } },
      'launch.a cannot be changed now: a runs codex, which is not there',
    ],
    [
      'its session is somebody else’s',
      { items: { 'session.a': { owner: 'foreign' } } },
      'launch.a cannot be changed now: a session stands where a belongs',
    ],
    [
      'its settings are gone',
      { items: { [`unit.mosaic-canary@a.service.d/50-mosaic.conf`]: null } },
      'unit.mosaic-canary@a.service.d/50-mosaic.conf is to be changed as well by now',
    ],
    [
      'the helper it stands on was edited',
      { items: { 'file.libexec/mosaic-agent': { spec: { sha256: 'x' }, handEdited: true } } },
      'file.libexec/mosaic-agent is to be changed as well by now: changed by hand',
    ],
  ])('is stale, and says which thing, where %s', (_, overlay, why) => {
    expect(now(overlay)).toContain(`E_STALE_PLAN: the plan is stale: ${why}`);
  });

  it('is not stale because systemd forgot a unit that rests, or loaded it again', () => {
    const ended = { 'session.a': null, 'run.a': down, 'record.a': { spec: { startedAt: 1, endedAt: 2, code: 0 } } };
    const reviewed = saved(worldOf(fleet, { items: { ...REVIEWED, ...ended } }));
    expect(now({ items: { ...ended, 'run.a': null } }, reviewed)).toEqual(['update launch.a', 'start session.a']);
  });

  it('is stale where the same step would leave something else there', () => {
    const other = fleetWith({ a: '{ command: [codex, newer] }', b: '{ command: [claude] }' });
    const fresh = buildPlan(worldOf(other, { items: REVIEWED }));
    expect(refusalOf(() => reviewedPart(fresh, plan))).toContain('launch.a would be changed in another way');
  });
});

describe('what is left of a saved plan', () => {
  it('is what concerns its own steps, and what hindered its own agents', () => {
    const overlay = { items: { ...REVIEWED, 'launch.b': { spec: { command: ['x'] } }, 'session.b': 'no answer' } };
    const rest = leftOf(buildPlan(worldOf(fleet, overlay)), plan);
    expect(rest.changes.map(({ address }) => address)).toEqual(['launch.a', 'session.a']);
    expect(rest.blocked).toEqual([]);
  });
});

function missing(program: string): Record<string, { kind: 'missing'; executable: false; mode: 0; uid: 0 }> {
  const directories = ['/home/ada/.local/bin', '/usr/local/bin', '/usr/bin', '/bin'];
  const fact = { kind: 'missing', executable: false, mode: 0, uid: 0 } as const;
  return Object.fromEntries(directories.map((directory) => [`${directory}/${program}`, fact]));
}
