import { describe, expect, it } from '@jest/globals';
import type { SavedPlan } from '../../../src/cli/saved-plan/document.ts';
import type { JsonObject } from '../../../src/model/resource.ts';
import { fleetWith } from '../../support/fleet.ts';
import { worldOf } from '../../support/observed.ts';
import { OTHER_BUILD, parse, refusalOf, resealed, saved } from './support.ts';

const fleet = fleetWith({ coder: '{ command: [codex, --api-key, hunter2], env: { API_TOKEN: hunter3 } }' });
const plan = saved(worldOf(fleet, { empty: true }));

describe('a saved plan', () => {
  it('is read as it was saved, and holds no secret and no contents', () => {
    expect(parse(plan)).toEqual(plan);
    expect(plan.touches.length).toBeGreaterThan(8);
    expect(JSON.stringify(plan)).not.toMatch(/hunter|ExecStart|echo helper/);
  });

  it.each<[string, Partial<SavedPlan>]>([
    ['another fleet', { fleet: 'other' }],
    ['a later date', { createdAt: '2027-01-01T00:00:00.000Z' }],
    ['one step less', { touches: plan.touches.slice(1) }],
    ['more than there was', { more: 1 } as Partial<SavedPlan>],
  ])('that was edited to %s is refused', (_, more) => {
    expect(refusalOf(() => parse({ ...plan, ...more }))).toBe(
      'E_PLAN_EDITED: the plan x.plan was changed since it was saved',
    );
  });

  it('is nothing that has another kind, or none', () => {
    for (const other of [{ ...plan, kind: 'Snapshot' }, {}, []])
      expect(refusalOf(() => parse(other))).toBe('E_PLAN_FILE: the plan x.plan is not a saved plan');
  });

  it('may be written in another order: it says the same', () => {
    expect(parse(Object.fromEntries(Object.entries(plan).toReversed()))).toMatchObject({ id: plan.id });
  });

  it('B83: of another mosaic is refused for that', () => {
    expect(refusalOf(() => parse({ ...plan, mosaic: OTHER_BUILD }))).toBe(
      'E_PLAN_VERSION: the plan x.plan was made by mosaic 1.0.0 (build 0123456789ab), this is 9.9.9 (build 0123456789ab)',
    );
  });

  it.each(['/__proto__/x', '/env/__proto__'])(
    'B83: with a patch at %s is refused, even if it was closed again',
    (path) => {
      const patch = [{ op: 'add', path, value: 1 }];
      const changes = (plan.plan['changes'] as unknown as JsonObject[]).map((change) => ({ ...change, patch }));
      expect(refusalOf(() => parse(resealed(plan, { plan: { ...plan.plan, changes } })))).toMatch(
        /^E_PLAN_FILE: the plan x\.plan is damaged: \/plan\/changes\/0\/patch\/0\/path must match pattern/,
      );
    },
  );

  it.each<[string, Partial<Record<keyof SavedPlan, unknown>>]>([
    ['/touches/0', { touches: [{ address: 'session.a' }] }],
    ['/home', { home: '../x' }],
    ['/id', { id: 'x' }],
    ['/formatVersion', { formatVersion: '2.0' }],
  ])('with a wrong value at %s is refused, even if it was closed again', (place, more) => {
    const text = refusalOf(() => parse(resealed(plan, more as Partial<SavedPlan>)));
    expect(text).toContain(`E_PLAN_FILE: the plan x.plan is damaged: ${place} `);
  });
});
