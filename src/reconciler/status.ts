import { counted } from '../model/counted.ts';
import type { Fleet } from '../model/fleet.ts';
import { agentUnit, isAgentName, type AgentName } from '../model/names.ts';
import type { ActivityReport, AgentState } from '../model/observed.ts';
import { isEmpty, type Change, type Condition, type Plan } from '../model/plan.ts';
import { agentsOf } from './address.ts';
import { agentView, type AgentView } from './agent-state.ts';
import { envFileIsNewer } from './conditions.ts';
import { compareText } from './diff.ts';
import { NOT_IN_MANIFEST } from './orphans.ts';
import type { Look } from './pass.ts';

/** One agent as `status` tells it. */
export interface AgentStatus {
  readonly name: string;
  readonly desired: 'running' | 'stopped';
  readonly held: boolean;
  /** Who stopped it and when, as the hold says. */
  readonly heldBy: string | undefined;
  readonly state: AgentState;
  readonly inSync: boolean;
  readonly pid: number | undefined;
  readonly unit: string | undefined;
  readonly sessionId: string | undefined;
  readonly restarts: number;
  readonly startedAtMs: number | undefined;
  readonly lastExit: AgentView['lastExit'];
  readonly activity: ActivityReport;
  /** Contents of its env files changed since its start. */
  readonly envFileNewer: boolean;
  /** What a person should know or do, in words. */
  readonly note: string | undefined;
}

export interface FleetStatus {
  readonly fleet: string;
  readonly socket: { readonly name: string; readonly path: string };
  readonly conditions: readonly Condition[];
  readonly agents: readonly AgentStatus[];
}

/** What the last look says of the fleet and of each of its agents. */
export function fleetStatus(seen: Look, extra: readonly Condition[]): FleetStatus {
  const { fleet, observed, plan } = seen;
  const wanted = fleet.agents.map((agent) => agentStatus(seen, agent));
  const removed = removedAgents(seen).map((name) => agentStatus(seen, { name, ...REMOVED }));
  const agents = [...wanted, ...removed].toSorted((a, b) => compareText(a.name, b.name));
  return {
    fleet: fleet.name,
    socket: { name: fleet.socket, path: observed.host.socketPath },
    conditions: [readyCondition(plan, agents, extra), ...extra, ...plan.conditions],
    agents,
  };
}

/** Ready says no whenever the plan does. */
function readyCondition(plan: Plan, agents: readonly AgentStatus[], extra: readonly Condition[]): Condition {
  const wrong = agents.filter(({ inSync }) => !inSync).map(({ name }) => name);
  if (isEmpty(plan) && wrong.length === 0 && extra.length === 0) {
    const held = agents.filter((agent) => agent.held).length;
    const message = `${counted(agents.length, 'agent')} as the manifest says${held === 0 ? '' : ` (${held} held)`}`;
    return { type: 'Ready', status: 'True', reason: 'InSync', message };
  }
  const blocked = plan.blocked.find(({ group }) => group === 'fleet');
  const differs = [...fleetText(plan), ...wrong].join(', ');
  const because = extra.length > 0 ? 'the manifest cannot be used' : `not as the manifest says: ${differs}`;
  return { type: 'Ready', status: 'False', reason: 'OutOfSync', message: blocked?.message ?? because };
}

/** What of the fleet itself differs. */
function fleetText({ changes, deferred }: Plan): readonly string[] {
  const own = changes.filter(({ group }) => group === 'fleet');
  const hints = deferred.filter(({ group }) => group === 'fleet').map(({ hint }) => hint);
  const texts = [...changesText(own), ...hints];
  return texts.length === 0 ? [] : [`fleet (${texts.join('; ')})`];
}

function changesText(changes: readonly Change[]): readonly string[] {
  const [first, ...others] = changes;
  if (first === undefined) return [];
  return [`${first.action} ${first.address}${others.length === 0 ? '' : ` and ${others.length} more`}`];
}

/** What is asked of an agent: by the manifest, or by its absence from it. */
type Asked = Pick<Fleet['agents'][number], 'name' | 'state'> & {
  readonly restart: Pick<Fleet['agents'][number]['restart'], 'policy'>;
};

const REMOVED: Omit<Asked, 'name'> = { state: 'stopped', restart: { policy: 'on-failure' } };

/** Agents that the manifest does not name and of which something is still to be removed. */
function removedAgents({ fleet, plan }: Look): readonly AgentName[] {
  const names = agentsOf([...plan.changes, ...plan.blocked, ...plan.deferred]);
  return [...new Set(names)].filter(isAgentName).filter((name) => !isWanted(fleet, name));
}

const isWanted = (fleet: Fleet, name: string): boolean => fleet.agents.some((agent) => agent.name === name);

function agentStatus(seen: Look, agent: Asked): AgentStatus {
  const { fleet, observed } = seen;
  const view = agentView(observed, agent.name, agent.restart.policy, fleet.supervisor);
  const declared = fleet.agents.find(({ name }) => name === agent.name);
  const hold = observed.host.holds.find((one) => one.agent === agent.name);
  const held = hold !== undefined;
  const inSync = isInSync(seen.plan, agent, { held, state: view.state });
  return {
    name: agent.name,
    desired: agent.state,
    held,
    heldBy: hold?.by,
    state: view.state,
    inSync,
    pid: view.pid,
    unit: fleet.supervisor === 'systemd' ? agentUnit(fleet.name, agent.name) : undefined,
    sessionId: view.sessionId,
    restarts: view.restarts,
    startedAtMs: view.startedAt,
    lastExit: view.lastExit,
    activity: seen.activity[agent.name] ?? { state: 'unknown', source: 'none' },
    envFileNewer: declared !== undefined && envFileIsNewer(observed, declared, fleet.supervisor),
    note:
      declared === undefined
        ? removedNote(seen.plan, agent.name)
        : noteOf(seen.plan, view, { name: agent.name, inSync }),
  };
}

/** Nothing is to be done to it, and it is up or down as it should: a block of the fleet may hide what is to be done. */
function isInSync(plan: Plan, { name, state }: Asked, is: Pick<AgentStatus, 'held' | 'state'>): boolean {
  const group = `agent.${name}`;
  if ([...plan.changes, ...plan.blocked, ...plan.deferred].some((item) => item.group === group)) return false;
  return is.held || state === 'stopped' ? !['running', 'starting'].includes(is.state) : is.state === 'running';
}

function noteOf(
  plan: Plan,
  view: AgentView,
  { name, inSync }: Pick<AgentStatus, 'name' | 'inSync'>,
): string | undefined {
  // What has the socket is told with the fleet: who is seen on it by an agent's name is none of the agent's.
  if (plan.blocked.some(({ reason }) => reason === 'foreign-server')) return undefined;
  const why = hindrance(plan, `agent.${name}`) ?? view.detail ?? freshText(view);
  return why ?? (inSync ? undefined : differenceText(plan, `agent.${name}`));
}

const freshText = ({ state, resumeFailed }: AgentView): string | undefined =>
  state === 'running' && resumeFailed === true
    ? 'its resume failed at once, it was started with its command'
    : undefined;

const hindrance = ({ blocked, deferred }: Plan, wanted: string): string | undefined =>
  blocked.find(({ group }) => group === wanted)?.message ?? deferred.find(({ group }) => group === wanted)?.hint;

/** What the plan does to an agent that is not in sync; nothing, when the fleet itself is in the way. */
function differenceText(plan: Plan, wanted: string): string {
  const own = plan.changes.filter(({ group }) => group === wanted);
  const session = own.find(({ address }) => address.startsWith('session.'));
  const lead = session ?? own[0];
  if (lead === undefined) return hindrance(plan, 'fleet') ?? 'it waits for the fleet';
  return `${session === undefined ? changesText(own).join('') : lead.action}: ${lead.because}`;
}

function removedNote(plan: Plan, name: string): string {
  const why = hindrance(plan, `agent.${name}`) ?? 'mosaic fleet apply removes it';
  return why.startsWith(NOT_IN_MANIFEST) ? why : `${NOT_IN_MANIFEST}; ${why}`;
}
