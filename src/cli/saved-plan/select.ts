import { FleetError } from '../../model/error.ts';
import type { Blocked, Change, Plan } from '../../model/plan.ts';
import { groupOf } from '../../reconciler/address.ts';
import { wasStarting } from '../../reconciler/agent-state.ts';
import { STARTING } from '../../reconciler/scope.ts';
import { touchOf, type SavedPlan, type Touch } from './document.ts';

/**
 * The part of a plan that was just made that is exactly the saved one. E_STALE_PLAN, naming the resource, when one that
 * is touched, or that a touched agent stands on, is no longer as it was reviewed. What concerns other agents is left out.
 */
export function reviewedPart(plan: Plan, saved: SavedPlan): Plan {
  const touches = new Map(saved.touches.map((touch) => [keyOf(touch), touch]));
  const isReviewed = (change: Change): boolean => touches.has(keyOf(change));
  const changes = plan.changes.filter(isReviewed);
  refuseGone(plan, saved, new Set(changes.map(keyOf)));
  for (const change of changes) refuseMoved(change, touches.get(keyOf(change)), saved.salt);
  const groups = new Set(changes.map(({ group }) => group));
  if (changes.some(({ action }) => STARTING.has(action))) groups.add('fleet');
  const extra = plan.changes.find((change) => groups.has(change.group) && !isReviewed(change));
  if (extra !== undefined) throw stale(extra.address, `is to be changed as well by now: ${extra.because}`);
  return { ...plan, changes, ...hindrances(plan, saved) };
}

/** What is left of a saved plan in a plan that was made after it was applied. */
export function leftOf(plan: Plan, saved: SavedPlan): Plan {
  const addresses = new Set(saved.touches.map(({ address }) => address));
  return { ...plan, changes: plan.changes.filter(({ address }) => addresses.has(address)), ...hindrances(plan, saved) };
}

const keyOf = ({ address, phase }: Touch | Change): string => `${phase} ${address}`;

/** Blocks and waits of the groups that the saved plan is about, or that it told of. */
function hindrances({ blocked, deferred }: Plan, { plan: reviewed }: SavedPlan): Pick<Plan, 'blocked' | 'deferred'> {
  const groups = new Set(['changes', 'blocked', 'deferred'].flatMap((list) => groupsIn(reviewed[list])));
  return {
    blocked: blocked.filter(({ group }) => groups.has(group)),
    deferred: deferred.filter(({ group }) => groups.has(group)),
  };
}

const groupsIn = (list: SavedPlan['plan'][string] | undefined): readonly string[] =>
  Array.isArray(list) ? list.map(({ group }: { readonly group: string }) => group) : [];

function refuseGone(plan: Plan, { touches }: SavedPlan, there: ReadonlySet<string>): void {
  const gone = touches.find((touch) => !there.has(keyOf(touch)));
  if (gone !== undefined) throw stale(gone.address, goneBecause(gone, plan));
}

function refuseMoved(change: Change, touch: Touch | undefined, salt: string): void {
  const { address, expected, digest } = touchOf(change, salt);
  if (expected !== touch?.expected && !wasStarting(touch?.expected ?? '')) {
    throw stale(address, 'is not as it was when the plan was made');
  }
  if (digest !== touch?.digest) throw stale(address, 'would be changed in another way than was reviewed');
}

/** A block of an agent stands in the way of all its changes; one of the fleet that names nothing, of everybody's. */
function goneBecause({ address }: Touch, { blocked, deferred }: Plan): string {
  const group = groupOf(address);
  const stops = (one: Blocked): boolean =>
    one.address === address ||
    (one.group === group && group !== 'fleet') ||
    (one.group === 'fleet' && !('address' in one));
  const why = blocked.find(stops)?.message ?? deferred.find((one) => one.address === address)?.hint;
  return why === undefined ? 'needs no such change any more' : `cannot be changed now: ${why}`;
}

const stale = (address: string, why: string): FleetError =>
  new FleetError('E_STALE_PLAN', `the plan is stale: ${address} ${why}`);
