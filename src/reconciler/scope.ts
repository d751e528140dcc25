import type { Change, Deferred } from '../model/plan.ts';
import { kindOf } from './address.ts';
import { compareText } from './diff.ts';
import { isUnattended, type Policy } from './policy.ts';

/** What may be done under a policy, and what has to wait for a person. */
export interface Scoped {
  readonly changes: readonly Change[];
  readonly deferred: readonly Deferred[];
}

/** Leaves out what the caller did not ask for, and what it may not do without a person. */
export function inScope(changes: readonly Change[], policy: Policy): Scoped {
  const held = holdReplace(changes, policy);
  const asked = held.changes.filter((change) => isAsked(change, policy));
  const { changes: now, deferred } = splitUnattended(asked, policy);
  return { changes: now, deferred: [...held.deferred, ...deferred] };
}

/** Changes that bring something up, and so need the fleet's own things to be as they should. */
export const STARTING: ReadonlySet<Change['action']> = new Set(['start', 'restart', 'replace']);

/**
 * A server that is to be replaced takes every agent with it. A command about some agents, an install and the watcher
 * leave it as it is, and with it everything of the fleet that goes with the new one.
 */
function holdReplace(changes: readonly Change[], policy: Policy): Scoped {
  const server = changes.find(({ action }) => action === 'replace');
  const isWhole = policy.only === undefined && !policy.installOnly && !isUnattended(policy);
  if (server === undefined || isWhole) return { changes, deferred: [] };
  const hint = `${server.because}, which restarts every agent; do it with mosaic fleet apply`;
  return {
    changes: withoutReplace(changes),
    deferred: [{ group: server.group, address: server.address, reason: 'needs-person', hint }],
  };
}

/**
 * What may be done while a server lives on that is to be replaced: nothing of the new one, and nothing on it. Who lives on
 * with it keeps what the manager has of him: another supervisor takes that away, or gives it, with the replace.
 */
export function withoutReplace(changes: readonly Change[]): readonly Change[] {
  const ended = new Set(
    changes
      .filter(({ address, action }) => kindOf(address) === 'session' && ENDING.has(action))
      .map(({ group }) => group),
  );
  const moves = ({ group, action, address }: Change): boolean =>
    MOVING.has(action) && ['unit', 'link'].includes(kindOf(address)) && !ended.has(group);
  return changes.filter(
    (change) =>
      isReload(change.address) || (change.group !== 'fleet' && !STARTING.has(change.action) && !moves(change)),
  );
}

const ENDING: ReadonlySet<Change['action']> = new Set(['stop', 'delete']);
const MOVING: ReadonlySet<Change['action']> = new Set(['create', 'delete']);

/** The mark of a reload that was lost: it goes with the reload, whatever else has to wait. */
export const isReload = (address: string): boolean => /^unit\.mosaic-.*\.reload$/.test(address);

function isAsked({ phase, address, group }: Change, policy: Policy): boolean {
  const isInstall = (phase === 'write' || phase === 'install') && !address.startsWith('link.');
  return groupInScope(group, policy) && (!policy.installOnly || isInstall);
}

/** Is a group one of those the caller named? The fleet's own things are needed by all of them. */
export const groupInScope = (group: string, { only }: Policy): boolean =>
  only === undefined || group === 'fleet' || only.some((name) => group === `agent.${name}`);

/** Without a person, nothing is deleted: those changes wait. */
function splitUnattended(changes: readonly Change[], policy: Policy): Scoped {
  if (!isUnattended(policy)) return { changes, deferred: [] };
  const waits = ({ action, reason, address }: Change): boolean =>
    policy.mode === 'watch-none' || (action === 'delete' && reason === 'not_in_manifest' && !isReload(address));
  return { changes: changes.filter((change) => !waits(change)), deferred: onePerGroup(changes.filter(waits)) };
}

/** A group waits once, whatever the number of its changes: its process speaks for it, else its first address. */
function onePerGroup(changes: readonly Change[]): readonly Deferred[] {
  const rank = ({ address }: Change): string => `${kindOf(address) === 'session' ? 0 : 1}${address}`;
  const sorted = changes.toSorted((a, b) => compareText(rank(b), rank(a)));
  return [...new Map(sorted.map((change) => [change.group, change])).values()].map(({ group, address, because }) => ({
    group,
    address,
    reason: 'needs-person',
    hint: `${because}; do it with mosaic fleet apply`,
  }));
}
