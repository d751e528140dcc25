import { systemClock } from '../../host/clock.ts';
import { randomHex, sha256 } from '../../host/digest.ts';
import { thisHostId } from '../../host/host-id.ts';
import type { Look } from '../../reconciler/pass.ts';
import { thisBuild } from '../build.ts';
import { writeDocument } from '../document.ts';
import type { LoadedFleet } from '../load-fleet.ts';
import { planJson } from '../view/plan-json.ts';
import { sealed, touchOf, type SavedPlan } from './document.ts';

/** Saves the plan of a look, for the host it was taken on; this one where no other is named. */
export function savePlan(file: string, from: Pick<SavedFrom, 'loaded' | 'seen'> & { readonly hostId?: string }): void {
  const createdAt = new Date(systemClock.nowMs()).toISOString();
  writeDocument(file, savedPlanOf({ createdAt, hostId: thisHostId(), ...from }), 'SavedPlan');
}

export interface SavedFrom {
  readonly loaded: Pick<LoadedFleet, 'path' | 'bytes'>;
  readonly seen: Look;
  readonly hostId: string;
  readonly createdAt: string;
}

/** The plan of a look as a document. It holds no contents: those follow from the manifest, whose digest it holds. */
export function savedPlanOf({ loaded, seen, hostId, createdAt }: SavedFrom): SavedPlan {
  const { plan, observed, policy } = seen;
  const salt = randomHex(16);
  return sealed({
    formatVersion: '1.0',
    kind: 'SavedPlan',
    id: randomHex(16),
    createdAt,
    mosaic: thisBuild(),
    fleet: plan.fleet,
    hostId,
    home: observed.host.home,
    uid: observed.host.user.uid,
    manifest: { ...(loaded.path === '-' ? {} : { path: loaded.path }), sha256: sha256(loaded.bytes) },
    policy: {
      now: policy.now,
      ...(policy.only === undefined ? {} : { only: policy.only }),
      ...(policy.allowDelete === undefined ? {} : { allowDelete: policy.allowDelete }),
    },
    salt,
    touches: plan.changes.map((change) => touchOf(change, salt)),
    plan: planJson(plan),
  });
}
