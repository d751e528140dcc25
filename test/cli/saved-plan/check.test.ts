import { describe, expect, it } from '@jest/globals';
import { checkAge, checkManifest, checkPlace } from '../../../src/cli/saved-plan/check.ts';
import type { SavedPlan } from '../../../src/cli/saved-plan/document.ts';
import { markUsed, refuseUsed } from '../../../src/cli/saved-plan/used.ts';
import { thisHostId } from '../../../src/host/host-id.ts';
import { fleetWith } from '../../support/fleet.ts';
import { MemoryFiles } from '../../support/memory-files.ts';
import { worldOf } from '../../support/observed.ts';
import { MANIFEST, refusalOf, saved } from './support.ts';

const fleet = fleetWith({ a: '{ command: [codex] }' });
const plan = saved(worldOf(fleet, { empty: true }));
const HOUR = 3_600_000;
const made = Date.parse(plan.createdAt);

describe('the age of a saved plan', () => {
  it.each<[number, string | undefined, string]>([
    [0, undefined, 'none'],
    [24 * HOUR, undefined, 'none'],
    [24 * HOUR + 1, undefined, 'E_PLAN_EXPIRED: the plan was made at 2026-01-01T00:00:00.000Z, over 24h ago'],
    [24 * HOUR + 1, '48h', 'none'],
    [61_000, '1m', 'E_PLAN_EXPIRED: the plan was made at 2026-01-01T00:00:00.000Z, over 1m ago'],
    [-60_000, undefined, 'none'],
    [-HOUR, undefined, 'E_PLAN_EXPIRED: the plan was made at 2026-01-01T00:00:00.000Z, which is in the future here'],
    [0, 'soon', 'E_USAGE: --max-age takes a duration such as 24h, not "soon"'],
  ])('%i ms with --max-age %s: %s', (age, maxAge, outcome) => {
    expect(refusalOf(() => checkAge(plan, maxAge, made + age))).toBe(outcome);
  });
});

describe('the place of a saved plan', () => {
  const here = { ...plan, hostId: thisHostId() };
  const at = (change: Partial<SavedPlan>): string =>
    refusalOf(() => checkPlace({ ...here, ...change }, { home: plan.home, identity: { uid: 1000 } }));

  it.each<[Partial<SavedPlan>, string]>([
    [{}, 'none'],
    [{ hostId: plan.hostId }, 'E_PLAN_ELSEWHERE: the plan is for another host'],
    [{ uid: 7 }, 'E_PLAN_ELSEWHERE: the plan is for uid 7, you are uid 1000'],
    [{ home: '/x' }, 'E_PLAN_ELSEWHERE: the plan is for the home /x, this one is /home/ada/.config/mosaic'],
  ])('%j: %s', (change, outcome) => expect(at(change)).toBe(outcome));
});

describe('the manifest of a saved plan', () => {
  const loaded = { fleet, path: '/m.yaml', bytes: MANIFEST };

  it.each<[object, string]>([
    [{}, 'none'],
    [{ bytes: Buffer.from('x') }, 'E_STALE_PLAN: the plan is stale: /m.yaml is not the manifest that it was made from'],
    [{ fleet: { name: 'other' } }, 'E_OTHER_FLEET: the plan is for fleet canary, /m.yaml is of fleet other'],
  ])('%j: %s', (change, outcome) => {
    expect(refusalOf(() => checkManifest(plan, { ...loaded, ...change }))).toBe(outcome);
  });
});

describe('a used plan', () => {
  it('is refused, and another one is not', () => {
    const files = new MemoryFiles(1000, () => 1);
    files.makeDirectory('/h/state/canary', 0o700);
    expect(refusalOf(() => refuseUsed(files, '/h', plan))).toBe('none');
    markUsed({ files, writer: files }, { home: '/h', at: '2026-01-01T01:00:00.000Z' }, plan);
    markUsed({ files, writer: files }, { home: '/h', at: 'later' }, { ...plan, id: 'f'.repeat(32) });
    expect(refusalOf(() => refuseUsed(files, '/h', plan))).toBe(
      'E_PLAN_USED: the plan was applied before, at 2026-01-01T01:00:00.000Z',
    );
    expect(refusalOf(() => refuseUsed(files, '/h', { ...plan, id: 'e'.repeat(32) }))).toBe('none');
  });
});
