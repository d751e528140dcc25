import type { Conceal } from '../model/conceal.ts';
import type { Agent, Fleet } from '../model/fleet.ts';
import type { Activity, Observed } from '../model/observed.ts';
import type { Blocked, Change, Deferred, Plan } from '../model/plan.ts';
import { textOf, type Address, type Desired, type Group } from '../model/resource.ts';
import { kindOf, observationOf, providerOf } from './address.ts';
import { agentView, runnerOf } from './agent-state.ts';
import { conditionsOf } from './conditions.ts';
import { changedFields } from './diff.ts';
import { guard } from './guards.ts';
import { order } from './order.ts';
import { decideOrphans } from './orphans.ts';
import type { Policy } from './policy.ts';
import { decideWanted, type Decision } from './resources.ts';
import { groupInScope, inScope } from './scope.ts';
import { replaceServer, serverDecision } from './server.ts';
import { decideSession, type SessionDecision } from './session.ts';
import { decideLeftovers } from './unwanted.ts';

/** Everything a plan is made of. Equal input gives byte-identical plans. */
export interface PlanInput {
  readonly fleet: Fleet;
  readonly desired: readonly Desired[];
  readonly observed: Observed;
  readonly policy: Policy;
  readonly activity: Readonly<Record<string, Activity>>;
  /** How the secrets of `observed` were concealed; absent where they were not. */
  readonly conceal?: Conceal;
}

/** Compares what the manifest wants with what was seen. Pure: no I/O, clock, environment or randomness. */
export function buildPlan(input: PlanInput): Plan {
  const { fleet, observed, policy } = input;
  const decisions = decide(input);
  const proposed = replaceServer(decisions.flatMap(changesOf), input);
  const blocked = [...decisions.flatMap((decision) => decision.blocked ?? []), ...incompleteBlocks(observed)];
  const guarded = guard(proposed, blocked, { fleet, observed, policy });
  const scoped = inScope(guarded.changes, policy);
  const restarted = new Set(scoped.changes.flatMap(({ action, address }) => (action === 'restart' ? address : [])));
  const deferred = decisions
    .flatMap((decision) => decision.deferred ?? [])
    .filter(({ address }) => !restarted.has(address));
  const foreign = decisions.flatMap((decision) => decision.foreign ?? []);
  return order({
    fleet: fleet.name,
    changes: scoped.changes.map((change) => settled(change, restarted)),
    blocked: placed(withoutEchoes(guarded.blocked, observed), input),
    deferred: placed([...deferred, ...scoped.deferred], input),
    foreign: isTakenServer(guarded.blocked, observed) ? foreign.filter(({ address }) => !isSession(address)) : foreign,
    holds: observed.host.holds.filter(({ agent }) => fleet.agents.some(({ name }) => name === agent)),
    conditions: conditionsOf(input, guarded.blocked),
  });
}

/** Those that are in scope, each with the line that declares its agent. */
function placed<T extends Blocked | Deferred>(items: readonly T[], { fleet, policy }: PlanInput): readonly T[] {
  return items
    .filter(({ group }) => groupInScope(group, policy))
    .map((item) => {
      const line = fleet.agents.find(({ name }) => item.group === `agent.${name}`)?.line;
      return line === undefined ? item : { ...item, line };
    });
}

const changesOf = ({ rename, change }: SessionDecision): readonly Change[] =>
  [rename, change].filter((item) => item !== undefined);

function decide(input: PlanInput): readonly SessionDecision[] {
  const { desired, fleet, observed, policy } = input;
  const wanted = new Set(desired.map(({ address }) => address));
  const resources = desired
    .filter(({ address }) => kindOf(address) !== 'session')
    .map((resource) => wantedDecision(resource, input));
  const known: Known = {
    agents: new Map(fleet.agents.map((agent) => [`agent.${agent.name}`, agent])),
    changes: new Map(resources.flatMap(({ change }) => (change === undefined ? [] : [[change.address, change]]))),
  };
  return [
    ...resources,
    ...decideLeftovers({ fleet, observed, policy }, wanted),
    ...desired
      .filter(({ address }) => kindOf(address) === 'session')
      .flatMap((session) => sessionDecisions(session, input, known)),
    ...decideOrphans({ fleet, observed, policy }, wanted),
  ];
}

/** What every session's decision asks for, found once. */
interface Known {
  readonly agents: ReadonlyMap<Group, Agent>;
  readonly changes: ReadonlyMap<Address, Change>;
}

function wantedDecision(desired: Desired, { observed, fleet, conceal }: PlanInput): Decision {
  const decision = decideWanted(desired, observationOf(observed, desired.address), conceal);
  return kindOf(desired.address) === 'server' ? serverDecision(decision, fleet.supervisor, observed) : decision;
}

function sessionDecisions(desired: Desired, input: PlanInput, { agents, changes }: Known): readonly SessionDecision[] {
  const { fleet, observed, policy } = input;
  const found = [agents.get(desired.group)].filter((agent) => agent !== undefined);
  return found.map((agent) =>
    decideSession({
      agent,
      view: agentView(observed, agent.name, agent.restart.policy, fleet.supervisor),
      desired,
      wantedSpec: textOf(desired.spec['spec']),
      changed: launchChanges(changes.get(`launch.${agent.name}`)),
      held: observed.host.holds.some((hold) => hold.agent === agent.name),
      activity: input.activity[agent.name] ?? 'unknown',
      supervisor: fleet.supervisor,
      runner: runnerOf(observed, fleet),
      policy,
      screen: `${observed.host.home}/fleets/${fleet.name}/record/${agent.name}/screen`,
    }),
  );
}

/** The restart-class fields of an agent's launch data that this plan changes, by their manifest names. */
const launchChanges = (launch: Change | undefined): readonly string[] =>
  changedFields(launch?.patch ?? []).filter((field) => launch?.desired?.classes?.[field] === 'restart');

/** New launch data alone ends nothing: it is as disruptive as the restart that goes with it, if one does. */
function settled(change: Change, restarted: ReadonlySet<string>): Change {
  const isLaunch = kindOf(change.address) === 'launch' && change.disruption === 'restart';
  return isLaunch && !restarted.has(change.address.replace('launch.', 'session.'))
    ? { ...change, disruption: 'none' }
    : change;
}

/** A look that failed in part may hide things: the fleet is not in sync until it succeeds. */
const incompleteBlocks = ({ incomplete }: Observed): readonly Blocked[] =>
  incomplete.map(({ provider, error }) => ({
    group: 'fleet',
    reason: 'unknown',
    message: `${provider} could not be observed: ${error.message}`,
    hint: 'Nothing it covers is started, restarted or deleted; run mosaic fleet doctor.',
  }));

const isSession = (address: Address): boolean => kindOf(address) === 'session';

/** Somebody else's server has our socket: whose sessions live there is said with it, and of none of them again. */
const isTakenServer = (blocked: readonly Blocked[], { host }: Observed): boolean =>
  blocked.some(({ reason }) => reason === 'foreign-server') &&
  [undefined, host.socketPath].includes(host.installedSocketPath);

/** When a provider could not look at all, its things need not say so one by one beside their group's own block. */
function withoutEchoes(blocked: readonly Blocked[], observed: Observed): readonly Blocked[] {
  const told = new Set(
    blocked.flatMap(({ group, address = '', reason }) =>
      reason === 'unknown' && (address === '' || kindOf(address) === 'session') ? group : [],
    ),
  );
  const isEcho = ({ group, address = '', reason }: Blocked): boolean =>
    reason === 'unknown' &&
    !['', 'session'].includes(kindOf(address)) &&
    told.has(group) &&
    observed.incomplete.some(({ provider }) => provider === providerOf(address));
  const isTaken = isTakenServer(blocked, observed);
  const isOnIt = ({ address = '', reason }: Blocked): boolean => isTaken && isSession(address) && reason === 'foreign';
  return blocked.filter((block) => !isEcho(block) && !isOnIt(block));
}
