import { isEmpty, type Action, type Plan } from '../../model/plan.ts';
import type { JsonObject } from '../../model/resource.ts';
import { redactPatch } from './redact.ts';

/** The plan as scripts read it; `manifests/schema/output-plan.json` describes it. */
export function planJson(plan: Plan): JsonObject {
  const count = (action: Action): number => plan.changes.filter((change) => change.action === action).length;
  return {
    formatVersion: '1.0',
    fleet: plan.fleet,
    empty: isEmpty(plan),
    changes: plan.changes.map((change) => ({
      address: change.address,
      group: change.group,
      action: change.action,
      reason: change.reason,
      disruption: change.disruption,
      because: change.because,
      ...(change.line === undefined ? {} : { line: change.line }),
      patch: redactPatch(change).map((operation) => ({ ...operation })),
    })),
    blocked: plan.blocked.map((item) => ({ ...item })),
    deferred: plan.deferred.map((item) => ({ ...item })),
    foreign: plan.foreign.map((item) => ({ ...item })),
    holds: plan.holds.map((item) => ({ ...item })),
    conditions: plan.conditions.map((item) => ({ ...item })),
    summary: {
      create: count('create'),
      update: count('update'),
      restart: count('restart'),
      start: count('start'),
      stop: count('stop'),
      replace: count('replace'),
      delete: count('delete'),
    },
  };
}
