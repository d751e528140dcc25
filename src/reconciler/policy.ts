import type { UpdatePolicy } from '../model/fleet.ts';
import type { Activity } from '../model/observed.ts';
import type { Deferred, Plan } from '../model/plan.ts';
import { agentsOf } from './address.ts';

/** What the caller allows. The same planner serves a person (`apply`) and the watcher. */
export interface Policy {
  readonly mode: 'apply' | 'watch-none' | 'watch-safe' | 'watch-all';
  /** A person said `--now`: an agent at work is restarted as well. */
  readonly now: boolean;
  /** What a person asked for, by agent: a `start` leaves a running agent alone; a `restart` and a `reset` do not. */
  readonly intents: Readonly<Record<string, 'start' | 'restart' | 'reset'>>;
  /** Only these agents, and the fleet-level things they need; undefined means all. */
  readonly only?: readonly string[];
  /** How many agents may be deleted beyond the built-in limit. */
  readonly allowDelete?: number;
  /** Install scripts and units only; start, stop and restart nothing. */
  readonly installOnly: boolean;
  /** A person reviewed exactly these steps: whatever a step rests on is looked at again right before it. */
  readonly reviewed?: boolean;
  /** The whole fleet goes; the two below say what even that spares otherwise. */
  readonly destroy?: boolean;
  readonly includeProtected?: boolean;
  readonly withForeign?: boolean;
  /** Agents that ended by themselves and that their restart policy wants back, where no user manager sees to it. */
  readonly revive?: readonly string[];
  /** Those of them whose delay before the restart is not over. */
  readonly reviveLater?: readonly string[];
}

export const APPLY: Policy = { mode: 'apply', now: false, intents: {}, installOnly: false };

export type RestartDecision = 'restart' | 'defer';

/** May an agent whose spec changed be restarted now? The table of the change classes, cell by cell. */
export function mayRestart(policy: Policy, update: UpdatePolicy, activity: Activity): RestartDecision {
  if (policy.now) return 'restart';
  if (policy.mode === 'watch-none') return 'defer';
  if (update === 'immediate') return 'restart';
  if (isAtWork(activity)) return 'defer';
  return policy.mode === 'apply' ? 'restart' : unattended(policy.mode, update, activity);
}

/** Without a person, an agent that is not known to be idle is restarted only under `--auto all`. */
function unattended(mode: Policy['mode'], update: UpdatePolicy, activity: Activity): RestartDecision {
  if (update === 'manual') return 'defer';
  return activity === 'idle' || mode === 'watch-all' ? 'restart' : 'defer';
}

/** Evidence says that a restart would lose something: work, or a question on the screen. */
export const isAtWork = (activity: Activity): boolean => !['idle', 'unknown'].includes(activity);

/** Why {@link mayRestart} said `defer`. */
export function deferReason(policy: Policy, update: UpdatePolicy, activity: Activity): Deferred['reason'] {
  if (policy.mode === 'watch-none') return 'needs-person';
  if (isAtWork(activity)) return activity === 'busy' ? 'busy' : 'dialog';
  return update === 'manual' ? 'manual' : 'unknown-activity';
}

/** True when the plan is made for the watcher: no person is there to allow a delete. */
export const isUnattended = (policy: Policy): boolean => policy.mode !== 'apply';

/** Agents whose activity can change what a plan does to them: all that it would restart for a new spec, or defers. */
export function agentsInQuestion({ changes, deferred }: Plan, policy: Policy): readonly string[] {
  if (policy.now || policy.mode === 'watch-none') return [];
  const restarts = changes.filter(({ action, reason }) => action === 'restart' && reason === 'spec_changed');
  const waiting = deferred.filter(({ reason }) => reason === 'unknown-activity');
  return agentsOf([...restarts, ...waiting]);
}
