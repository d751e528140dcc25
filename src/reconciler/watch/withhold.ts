import type { Change, Deferred, Plan } from '../../model/plan.ts';
import type { Group } from '../../model/resource.ts';
import { kindOf, observationOf } from '../address.ts';
import { changedFields } from '../diff.ts';
import { stopWasAsked } from '../ending.ts';
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
  const news = isExposed ? exposedNews(seen) : { groups: [], settings: [] };
  const held = new Set([...waiting, ...news.groups]);
  const settings = new Set(news.settings);
  const changes = held.has('fleet')
    ? []
    : seen.plan.changes.filter((change) => !held.has(change.group) && !settings.has(change));
  return { ...seen, plan: { ...seen.plan, changes } };
}

/** Groups of which something waits for a person because the manifest is exposed. */
export function exposedGroups(seen: Look): ReadonlySet<Group> {
  const { groups, settings } = exposedNews(seen);
  return new Set([...groups, ...settings.map(({ group }) => group)]);
}

/** What an exposed manifest says and nobody has applied. */
interface News {
  /** All of these waits. */
  readonly groups: readonly Group[];
  /** These wait, and the rest of their group does not need them. */
  readonly settings: readonly Change[];
}

function exposedNews(seen: Look): News {
  const isInstalled = seen.observed.host.installedSocketPath !== undefined;
  const { changes } = seen.plan;
  return {
    groups: changes
      .filter((change) => !isInstalled || isNewCommand(change) || isNewState(change, seen))
      .map(({ group }) => group),
    settings: changes.filter(isNewSetting),
  };
}

/** Of launch data, what says only that it was changed by hand, and nothing of what the manifest wants. */
const BY_HAND: ReadonlySet<string> = new Set(['edited', 'mode']);

/** An agent that was not there before, or one of which the manifest says something else than what is installed. */
const isNewCommand = ({ address, action, patch }: Change): boolean =>
  kindOf(address) === 'launch' && (action === 'create' || changedFields(patch).some((field) => !BY_HAND.has(field)));

/** An agent that was to run and is to be stopped, or the other way round: its enable link, or its record, tells. */
function isNewState({ address, action, reason, group }: Change, { plan, fleet, observed }: Look): boolean {
  if (action === 'stop') return reason !== 'held';
  if (kindOf(address) === 'link') return action === 'delete';
  if (kindOf(address) !== 'session' || action !== 'start') return false;
  if (fleet.supervisor === 'systemd')
    return plan.changes.some((one) => one.group === group && kindOf(one.address) === 'link');
  const record = observationOf(observed, `record.${address.slice('session.'.length)}`);
  return record.state === 'present' && stopWasAsked(record.spec);
}

/** Limits, restart policy, options of the server. What somebody edited or deleted is put back all the same. */
const isNewSetting = ({ address, action, reason }: Change): boolean =>
  action === 'update' && reason === 'spec_changed' && SETTINGS.has(kindOf(address));

const SETTINGS: ReadonlySet<string> = new Set(['unit', 'file', 'server']);

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
  const lead = [...deferred.filter(isProcess), ...deferred];
  const once = lead.filter(({ group }, at) => lead.findIndex((other) => other.group === group) === at);
  return [
    ...once.map(({ group, reason, hint }) => ({ group, reason, message: hint })),
    ...blocked.map(({ group, reason, message, hint }) => ({ group, reason, message: `${message}; ${hint}` })),
  ];
}
