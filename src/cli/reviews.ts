/**
 * What snapshots and saved plans need, behind one import: most commands need none of it, and every further entry would
 * have the bundler cut what they share with the other commands into smaller files.
 */
export { run as applyPlan } from './commands/fleet/apply-plan.ts';
export { run as render } from './commands/fleet/render.ts';
export { run as snapshot } from './commands/fleet/snapshot.ts';
export { savePlan } from './saved-plan/save.ts';
export { recallSnapshot } from './snapshot/recall.ts';
