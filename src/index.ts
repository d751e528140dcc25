export { parseFleet, type ParsedManifest } from './manifest/parse.ts';
export { buildPlan, type PlanInput } from './reconciler/plan.ts';
export { APPLY, type Policy } from './reconciler/policy.ts';
export type { Diagnostic } from './model/diagnostic.ts';
export type { Agent, Fleet } from './model/fleet.ts';
export type { Observed } from './model/observed.ts';
export type { Change, Plan } from './model/plan.ts';
export type { Outcome, Provider, Scope } from './model/provider.ts';
export type { Desired, Observation } from './model/resource.ts';
