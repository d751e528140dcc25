import type { JsonObject } from '../../model/resource.ts';
import type { AgentStatus, FleetStatus } from '../../reconciler/status.ts';
import type { WatchView } from '../watch/state.ts';
import { activityText, needsYou, shortDuration } from './activity.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';
import { watchConditions, watchJson, watchNotes } from './watch-status.ts';

/** A line per agent, then what a person should know, and what the watcher says where there is one. */
export function statusText(status: FleetStatus, nowMs: number, watch?: WatchView): string {
  const rows = status.agents.map((agent) => [
    agent.name,
    stateText(agent),
    agent.pid === undefined ? '-' : String(agent.pid),
    agent.state === 'running' && agent.startedAtMs !== undefined ? shortDuration(nowMs - agent.startedAtMs) : '-',
    String(agent.restarts),
    activityText(agent),
  ]);
  const notes = status.agents.flatMap((agent) => noteLine(agent) ?? []);
  const waiting = status.agents.flatMap((agent) => needsYou(agent) ?? []);
  const waits = watchNotes(status, watch, nowMs).map((note) => `  ${printable(note)}`);
  const conditions = [...status.conditions, ...watchConditions(status.conditions, watch)].map(
    ({ type, status: value, message }) => `${type}: ${value === 'True' ? '' : `${value}, `}${printable(message)}`,
  );
  return [
    `Fleet ${status.fleet} on ${status.socket.path}`,
    '',
    ...table(['AGENT', 'STATE', 'PID', 'UPTIME', 'RESTARTS', 'ACTIVITY'], rows),
    ...(waiting.length > 0 ? ['', ...waiting] : []),
    ...(notes.length + waits.length > 0 ? ['', ...notes, ...waits] : []),
    '',
    ...conditions,
    '',
  ].join('\n');
}

/** Some notes begin with the name by themselves, for where they stand alone. */
function noteLine({ name, note }: AgentStatus): string | undefined {
  if (note === undefined) return undefined;
  return `  ${note.startsWith(`${name} `) ? '' : `${name}: `}${printable(note)}`;
}

function stateText({ state, held, desired, inSync }: AgentStatus): string {
  const wish = held ? ' (held)' : desired === 'stopped' && inSync ? ' (wanted)' : '';
  // One that never ran is as stopped as one that was: nothing is missing.
  const word = state === 'missing' && wish !== '' ? 'stopped' : state;
  return `${word}${state === 'running' ? '' : wish}${inSync ? '' : ' *'}`;
}

/** The status as scripts read it. */
export const statusJson = (status: FleetStatus, watch?: WatchView): JsonObject => ({
  formatVersion: '1.0',
  fleet: status.fleet,
  socket: { ...status.socket },
  conditions: [...status.conditions, ...watchConditions(status.conditions, watch)].map(
    ({ type, status: value, reason, message }) => ({ type, status: value, reason, message }),
  ),
  ...watchJson(watch),
  agents: status.agents.map(agentJson),
});

/** What every status tells of an agent. */
export const agentJson = (agent: AgentStatus): JsonObject => {
  const { name, desired, held, state, inSync, restarts, activity, note } = agent;
  return {
    name,
    desired,
    held,
    state,
    inSync,
    pid: agent.pid ?? null,
    unit: agent.unit ?? null,
    sessionId: agent.sessionId ?? null,
    restarts,
    activity: { ...activity },
    ...(note === undefined ? {} : { note }),
  };
};
