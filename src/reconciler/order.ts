import { PHASES, type Blocked, type Change, type Plan } from '../model/plan.ts';
import { compareText } from './diff.ts';

/** Puts every list of a plan into its one fixed order: the fleet first, then agents by name, then phase and address. */
export function order(plan: Plan): Plan {
  return {
    ...plan,
    changes: unique(plan.changes).toSorted(byGroup(byPhase)),
    blocked: unique(plan.blocked).toSorted(byGroup(byMessage)),
    deferred: unique(plan.deferred).toSorted(byGroup((a, b) => compareText(a.address, b.address))),
    foreign: unique(plan.foreign).toSorted((a, b) => compareText(a.address, b.address)),
    holds: plan.holds.toSorted((a, b) => compareText(a.agent, b.agent)),
  };
}

const byPhase = (a: Change, b: Change): number =>
  PHASES.indexOf(a.phase) - PHASES.indexOf(b.phase) || compareText(a.address, b.address);

const byMessage = (a: Blocked, b: Blocked): number =>
  compareText(a.message, b.message) || compareText(a.address ?? '', b.address ?? '');

const byGroup =
  <T extends { readonly group: string }>(then: (a: T, b: T) => number) =>
  (a: T, b: T): number =>
    Number(b.group === 'fleet') - Number(a.group === 'fleet') || compareText(a.group, b.group) || then(a, b);

function unique<T>(items: readonly T[]): readonly T[] {
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}
