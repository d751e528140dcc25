import { counted } from '../model/counted.ts';
import type { Fleet } from '../model/fleet.ts';
import { agentUnit } from '../model/names.ts';
import type { Activity, AgentState } from '../model/observed.ts';
import type { Condition } from '../model/plan.ts';
import { agentView, type AgentView } from './agent-state.ts';
import type { Look } from './pass.ts';

/** One agent as `status` tells it. */
export interface AgentStatus {
  readonly name: string;
  readonly desired: 'running' | 'stopped';
  readonly held: boolean;
  readonly state: AgentState;
  readonly inSync: boolean;
  readonly pid: number | undefined;
  readonly unit: string | undefined;
  readonly sessionId: string | undefined;
  readonly restarts: number;
  readonly startedAtMs: number | undefined;
  readonly lastExit: AgentView['lastExit'];
  readonly activity: Activity;
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
  const agents = fleet.agents.map((agent) => agentStatus(seen, agent));
  const wrong = agents.filter(({ inSync }) => !inSync).map(({ name }) => name);
  const fleetBlocked = plan.blocked.find(({ group }) => group === 'fleet');
  const isReady = wrong.length === 0 && fleetBlocked === undefined && extra.length === 0;
  const message =
    fleetBlocked?.message ??
    (isReady
      ? `${counted(agents.length, 'agent')} as the manifest says`
      : extra.length > 0
        ? 'the manifest cannot be used'
        : `not as the manifest says: ${wrong.join(', ')}`);
  const ready: Condition = {
    type: 'Ready',
    status: isReady ? 'True' : 'False',
    reason: isReady ? 'InSync' : 'OutOfSync',
    message,
  };
  return {
    fleet: fleet.name,
    socket: { name: fleet.socket, path: observed.host.socketPath },
    conditions: [ready, ...extra, ...plan.conditions],
    agents,
  };
}

function agentStatus(seen: Look, agent: Fleet['agents'][number]): AgentStatus {
  const { fleet, observed, plan } = seen;
  const view = agentView(observed, agent.name, agent.restart.policy, fleet.supervisor);
  const group = `agent.${agent.name}`;
  const touched = [...plan.changes, ...plan.blocked, ...plan.deferred].some((item) => item.group === group);
  return {
    name: agent.name,
    desired: agent.state,
    held: observed.host.holds.some((hold) => hold.agent === agent.name),
    state: view.state,
    inSync: !touched && view.state !== 'starting',
    pid: view.pid,
    unit: fleet.supervisor === 'systemd' ? agentUnit(fleet.name, agent.name) : undefined,
    sessionId: view.sessionId,
    restarts: view.restarts,
    startedAtMs: view.startedAt,
    lastExit: view.lastExit,
    activity: seen.activity[agent.name] ?? 'unknown',
    note: noteOf(seen, group, view),
  };
}

function noteOf({ plan }: Look, group: string, view: AgentView): string | undefined {
  const blocked = plan.blocked.find((item) => item.group === group);
  const deferred = plan.deferred.find((item) => item.group === group);
  const change = plan.changes.find((item) => item.group === group && item.address.startsWith('session.'));
  return (
    blocked?.message ??
    deferred?.hint ??
    view.detail ??
    (change === undefined ? undefined : `${change.action}: ${change.because}`)
  );
}
