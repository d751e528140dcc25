import type { Agent } from '../model/fleet.ts';
import { SELF_SERVER, type Observed } from '../model/observed.ts';
import type { Blocked, Change } from '../model/plan.ts';
import type { Address, Group } from '../model/resource.ts';
import { agentOf, groupOf, kindOf } from './address.ts';
import { agentView } from './agent-state.ts';
import { hostProblems } from './host-checks.ts';
import { agentsAround, endsServer, isUp, lostAgents, type GuardContext } from './lost-agents.ts';
import { installedAgents } from './orphans.ts';
import { refusedUnits } from './refused-units.ts';
import { isReload, STARTING, withoutReplace } from './scope.ts';

/** Changes that may go on, and what was held back and why. */
export interface Guarded {
  readonly changes: readonly Change[];
  readonly blocked: readonly Blocked[];
}

type Guard = (changes: readonly Change[], context: GuardContext) => readonly Blocked[];

/** Each guard names groups that may not be touched; their changes are dropped from the plan. */
const GUARDS: readonly Guard[] = [
  massDelete,
  foreignSessions,
  protectedAgents,
  protectedServer,
  hostedHere,
  unfitHost,
  refusedUnits,
];

/** Runs every guard over what the decisions propose, and drops what a block stands against. */
export function guard(changes: readonly Change[], blocked: readonly Blocked[], context: GuardContext): Guarded {
  const known = [...blocked, ...unseenAgents(changes, blocked)];
  const guarded = [...known, ...GUARDS.flatMap((check) => check(changes, context))];
  const found = [...guarded, ...lostAgents(changes, guarded, context)];
  const seen = changes.filter((change) => !isCovered(change, context.observed));
  const kept = seen.filter((change) => !found.some((block) => stops(block, change)));
  return { changes: withoutHalfReplace(changes, withoutHalfDelete(changes, kept)), blocked: found };
}

/** A look that failed in part may have missed whose it is: nothing ends by the hand of who could not look. */
const isCovered = (change: Change, { incomplete }: Observed): boolean =>
  (change.action === 'delete' || endsAgent(change)) &&
  !isReload(change.address) &&
  incomplete.some(({ provider }) => provider === change.provider);

/** Without its launch data nobody could tell any more what a running agent is: it stays as long as its process does. */
function withoutHalfDelete(changes: readonly Change[], kept: readonly Change[]): readonly Change[] {
  const alive = new Set(
    changes.filter((change) => endsAgent(change) && !kept.includes(change)).map(({ group }) => group),
  );
  return kept.filter((change) => !(deletesAgent(change) && alive.has(change.group)));
}

/** Nothing of a new server may be there while the old one has to live on. */
function withoutHalfReplace(changes: readonly Change[], kept: readonly Change[]): readonly Change[] {
  const isReplace = ({ action }: Change): boolean => action === 'replace';
  if (!changes.some(isReplace) || kept.some(isReplace)) return kept;
  return withoutReplace(kept);
}

function stops(block: Blocked, change: Change): boolean {
  if (block.reason === 'foreign-server') return true;
  if (block.group === 'fleet') return stopsFleet(block, change);
  if (block.group !== change.group) return false;
  return block.reason !== 'protected' || endsAgent(change) || change.action === 'delete';
}

/** Files an agent's start does not need: they may be somebody else's, and the fleet runs all the same. */
const OPTIONAL = /^(file\.bin\/mosaic|link\..*)$/;

/**
 * A block of one thing of the fleet leaves the others; one of the whole fleet leaves nothing of it. Where a unit all
 * need is somebody else's, so may be the links, sessions and agents of that name.
 */
function stopsFleet(block: Blocked, change: Change): boolean {
  if (isReload(change.address)) return false;
  if (endsServer(change)) return true;
  return block.address === undefined ? stopsWhole(block, change) : stopsWithout(block.address, block, change);
}

const stopsWhole = ({ reason }: Blocked, { group, action }: Change): boolean =>
  STARTING.has(action) || (group === 'fleet' && (reason !== 'unknown' || action === 'delete'));

function stopsWithout(address: Address, { reason }: Blocked, change: Change): boolean {
  // What is removed from the manager's sight is marked there first.
  if (isReload(address)) return change.provider === 'systemd' && change.action === 'delete';
  if (address === change.address || losesTrack(address, reason, change)) return true;
  // Without units it is our helper that ends an agent, by the record of the server.
  if (change.provider === 'tmux' && endsAgent(change)) return kindOf(address) === 'file' && !OPTIONAL.test(address);
  return STARTING.has(change.action) && !OPTIONAL.test(address);
}

/**
 * With units of somebody else's fleet of this name, nothing but a file of our home is certainly ours; beside one that
 * could not be seen nothing new is put. While the server cannot be seen, what the fleet shares stays as it is: it may
 * live on where the manifest no longer says.
 */
function losesTrack(
  address: Address,
  reason: Blocked['reason'],
  { action, provider, group, address: own }: Change,
): boolean {
  const kind = kindOf(address);
  if (reason === 'foreign') return kind === 'unit' && provider !== 'files';
  if (reason !== 'unknown') return false;
  if (kind === 'unit') return provider === 'systemd' && action === 'create';
  if (kind !== 'server' || group !== 'fleet') return false;
  return provider !== 'files' || (action === 'update' && own.startsWith('file.fleets/'));
}

/** The process of an agent ends by this change, for good or for a moment. */
const endsAgent = ({ address, disruption }: Change): boolean =>
  kindOf(address) === 'session' && (disruption === 'restart' || disruption === 'kill');

/** An agent loses everything: it is installed, and not in the manifest. */
const deletesAgent = ({ reason, action, group }: Change): boolean =>
  action === 'delete' && reason === 'not_in_manifest' && group !== 'fleet';

const groupsOf = (items: readonly { readonly group: Group }[]): readonly Group[] =>
  [...new Set(items.map(({ group }) => group))].toSorted();

/** Whatever ends the server ends every agent: it waits until all of them could be seen. */
function unseenAgents(changes: readonly Change[], blocked: readonly Blocked[]): readonly Blocked[] {
  const unseen = blocked.filter(({ reason, group }) => reason === 'unknown' && group !== 'fleet');
  if (unseen.length === 0 || !changes.some(endsServer)) return [];
  const names = groupsOf(unseen).map(agentOf).join(', ');
  const message = `the tmux server would end, and it cannot be told what runs there: ${names}`;
  return [{ group: 'fleet', reason: 'unknown', message, hint: 'Run mosaic fleet doctor.' }];
}

/** So many agents may go at once whatever the size of the fleet. */
const ALWAYS_ALLOWED = 2;

function massDelete(changes: readonly Change[], context: GuardContext): readonly Blocked[] {
  const groups = groupsOf(changes.filter(deletesAgent));
  if (groups.length === 0) return [];
  const count = new Set([...groups, ...unseenOrphans(context)]).size;
  const installed = Math.max(count, installedAgents(context.observed).length);
  const limit = Math.max(ALWAYS_ALLOWED, Math.ceil(installed * 0.3));
  if (count <= limit || count <= (context.policy.allowDelete ?? 0)) return [];
  const message = `${count} of ${installed} installed agents would be deleted`;
  const hint = `If that is meant: mosaic fleet apply --allow-delete ${count}`;
  return groups.map((group) => ({ group, reason: 'mass-delete', message, hint }));
}

/** Agents that would go as well if they could be seen: a failed look must not bring a removal below its limit. */
function unseenOrphans({ observed, fleet }: GuardContext): readonly Group[] {
  const unseen = Object.entries(observed.items).filter(([, { state }]) => state === 'unknown');
  const known = new Set<string>(fleet.agents.map(({ name }) => `agent.${name}`));
  return unseen.map(([address]) => groupOf(address)).filter((group) => group !== 'fleet' && !known.has(group));
}

/** Whatever ends the server would end sessions that are not ours. */
function foreignSessions(changes: readonly Change[], { observed, policy }: GuardContext): readonly Blocked[] {
  const names = observed.facts['foreignSessions'];
  const isRefused = policy.withForeign !== true && changes.some(endsServer);
  if (!isRefused || !Array.isArray(names) || names.length === 0) return [];
  const message = `the tmux server would end, and with it sessions that are not ours: ${names.join(', ')}`;
  const hint = `Close or move those sessions first${policy.destroy === true ? '; to end them as well: --with-foreign' : '.'}`;
  return [{ group: 'fleet', reason: 'foreign-sessions', message, hint }];
}

function protectedAgents(changes: readonly Change[], context: GuardContext): readonly Blocked[] {
  if (context.policy.includeProtected === true) return [];
  const grave = changes.filter((change) => endsAgent(change) || deletesAgent(change));
  return groupsOf(grave).flatMap((group) => {
    const name = agentOf(group);
    if (name === undefined || !isProtected(name, context)) return [];
    const own = grave.filter((change) => change.group === group);
    const later = own.some((change) => bringsNews(name, change, context)) ? LATER : '';
    const message = `${name} is protected and would be ${own.some(endsAgent) ? 'ended' : 'deleted'}${later}`;
    return [{ group, reason: 'protected', message, hint: protectHint(name, context) }];
  });
}

/** Its launch data is written all the same, and the next start, after a crash too, goes by it. */
const LATER = '; what the manifest changes of it takes effect at its next start';

function bringsNews(name: string, { reason, desired }: Change, { observed, fleet }: GuardContext): boolean {
  const { runningSpec } = agentView(observed, name, 'on-failure', fleet.supervisor);
  return reason === 'spec_changed' && desired !== undefined && desired.spec['spec'] !== runningSpec;
}

/** The server's end is the end of every agent on it. */
function protectedServer(changes: readonly Change[], context: GuardContext): readonly Blocked[] {
  const { fleet, observed, policy } = context;
  if (policy.includeProtected === true || !changes.some(endsServer)) return [];
  return agentsAround(context)
    .filter((name) => isProtected(name, context) && isUp(agentView(observed, name, 'on-failure', fleet.supervisor)))
    .map((name) => ({
      group: 'fleet',
      reason: 'protected',
      message: `${name} is protected and would be ended with the tmux server`,
      hint: protectHint(name, context),
    }));
}

const wantedAgent = (name: string, { fleet }: GuardContext): Agent | undefined =>
  fleet.agents.find((agent) => agent.name === name);

/** The mark on the agent's own launch data counts beside the manifest, and outlives it. */
function isProtected(name: string, context: GuardContext): boolean {
  const launch = context.observed.items[`launch.${name}`];
  const isMarked = launch?.state === 'present' && launch.spec['protect'] === true;
  return isMarked || wantedAgent(name, context)?.protect === true;
}

function protectHint(name: string, context: GuardContext): string {
  const wanted = wantedAgent(name, context);
  if (wanted === undefined) return 'Put it back into the manifest with `protect: false`, apply, then remove it.';
  return wanted.protect
    ? 'Set `protect: false` for it in the manifest and apply.'
    : 'This apply lifts its protection; apply once more to do the rest.';
}

function hostedHere(changes: readonly Change[], { observed, fleet }: GuardContext): readonly Blocked[] {
  const { self } = observed.host;
  if (self === undefined) return [];
  const own = changes.filter((change) => endsServer(change) || (endsAgent(change) && change.group === `agent.${self}`));
  const deletes = fleet.agentsMayManage ? [] : changes.filter(deletesAgent);
  return groupsOf([...own, ...deletes]).map((group) => ({
    group,
    reason: 'self',
    message: `this command runs inside ${hostText(self)}, ${whyHeld(self, group)}`,
    hint: 'Run it from outside the fleet.',
  }));
}

const hostText = (self: string): string => (self === SELF_SERVER ? 'the fleet’s tmux server' : `agent ${self}`);

/** Who hosts the command is not always who is held back. */
function whyHeld(self: string, group: Group): string {
  const held = agentOf(group) ?? SELF_SERVER;
  if (held === self) return 'which would end';
  return held === SELF_SERVER ? 'which would end with the tmux server' : `from where ${held} may not be deleted`;
}

/** An agent that is to be started, but whose program, directory or env file is not fit. */
function unfitHost(changes: readonly Change[], { fleet, observed }: GuardContext): readonly Blocked[] {
  return groupsOf(changes.filter(({ action }) => STARTING.has(action))).flatMap((group) => {
    const agent = fleet.agents.find(({ name }) => name === agentOf(group));
    return agent === undefined ? [] : hostProblems(agent, observed.host);
  });
}
