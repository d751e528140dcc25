import { parseSavedPlan, sealed, type SavedPlan } from '../../../src/cli/saved-plan/document.ts';
import { savedPlanOf } from '../../../src/cli/saved-plan/save.ts';
import { FleetError } from '../../../src/model/error.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { buildPlan } from '../../../src/reconciler/plan.ts';
import { BUILD } from '../../support/build.ts';
import { lookAt, type World } from '../../support/observed.ts';

export const OTHER_BUILD = { ...BUILD, version: '1.0.0' };
export const MANIFEST = Buffer.from('the manifest');

/** What `plan --out` would save of a world. */
export const saved = (world: World, plan: Plan = buildPlan(world)): SavedPlan =>
  savedPlanOf({
    loaded: { path: '/home/ada/fleet.yaml', bytes: MANIFEST },
    seen: lookAt(world, plan),
    hostId: '0123456789abcdef0123456789abcdef',
    createdAt: '2026-01-01T00:00:00.000Z',
  });

/** The same plan with something else in it, closed again as if it had been saved so. */
export function resealed(plan: SavedPlan, more: Partial<SavedPlan>): SavedPlan {
  const { digest: _digest, ...rest } = plan;
  return sealed({ ...rest, ...more });
}

export const parse = (plan: unknown): SavedPlan => parseSavedPlan(JSON.stringify(plan), 'the plan x.plan');

/** `CODE: message` of what `act` refuses, or `none`. */
export function refusalOf(act: () => unknown): string {
  try {
    act();
    return 'none';
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return `${error.code}: ${error.message}`;
  }
}
