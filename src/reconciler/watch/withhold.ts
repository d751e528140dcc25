import type { Change, Deferred, Plan } from '../../model/plan.ts';
import type { Group } from '../../model/resource.ts';
import { kindOf } from '../address.ts';
import { changedFields } from '../diff.ts';
import type { Look } from '../pass.ts';

/** What keeps the watcher from doing what the plan says. */
export interface Brakes {
  /** Groups whose last try failed, or was undone, too short a time ago. */
  readonly waiting: ReadonlySet<Group>;
  /** The manifest can be written from inside an agent: nothing new comes from it without a person. */
  readonly isExposed: boolean;
}

/**
 * The same look with only those changes left in its plan that may be made now. Every agent needs what is the fleet's
 * own: while that waits, so do they.
 */
export function withhold(seen: Look, { waiting, isExposed }: Brakes): Look {
  const held = isExposed ? new Set([...waiting, ...exposedGroups(seen)]) : waiting;
  const changes = held.has('fleet') ? [] : seen.plan.changes.filter(({ group }) => !held.has(group));
  return { ...seen, plan: { ...seen.plan, changes } };
}

/** Groups whose changes wait for a person because the manifest is exposed. */
export function exposedGroups(seen: Look): ReadonlySet<Group> {
  const isInstalled = seen.observed.host.installedSocketPath !== undefined;
  const { changes } = seen.plan;
  return new Set(changes.filter((change) => !isInstalled || isNew(change)).map(({ group }) => group));
}

/** Of launch data, what says only that it was changed by hand, and nothing of what the manifest wants. */
const BY_HAND: ReadonlySet<string> = new Set(['edited', 'mode']);

/** An agent that was not there before, or one of which the manifest says something else than what is installed. */
const isNew = ({ address, action, patch }: Change): boolean =>
  kindOf(address) === 'launch' && (action === 'create' || changedFields(patch).some((field) => !BY_HAND.has(field)));

/** Something the watcher would do or cannot do, and what it waits for. */
export interface Wait {
  readonly group: Group;
  readonly reason: string;
  readonly message: string;
  /** When it is tried again by itself. */
  readonly untilMs?: number;
}

/** What waits for a person, as the plan itself tells it; a group once, its process speaks for all of it. */
export function planWaits({ deferred, blocked }: Plan): readonly Wait[] {
  const isProcess = ({ address }: Deferred): boolean => kindOf(address) === 'session';
  const lead = [...deferred.filter(isProcess), ...deferred.filter((one) => !isProcess(one))];
  const once = lead.filter(({ group }, at) => lead.findIndex((other) => other.group === group) === at);
  return [
    ...once.map(({ group, reason, hint }) => ({ group, reason, message: hint })),
    ...blocked.map(({ group, reason, message, hint }) => ({ group, reason, message: `${message}; ${hint}` })),
  ];
}
