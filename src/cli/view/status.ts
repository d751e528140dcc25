import type { JsonObject } from '../../model/resource.ts';
import type { AgentStatus, FleetStatus } from '../../reconciler/status.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

/** A line per agent, then what a person should know. */
export function statusText(status: FleetStatus, nowMs: number): string {
  const rows = status.agents.map((agent) => [
    agent.name,
    stateText(agent),
    agent.pid === undefined ? '-' : String(agent.pid),
    agent.state === 'running' && agent.startedAtMs !== undefined ? duration(nowMs - agent.startedAtMs) : '-',
    String(agent.restarts),
    activityText(agent),
  ]);
  const notes = status.agents.flatMap(({ name, note }) =>
    note === undefined ? [] : [`  ${name}: ${printable(note)}`],
  );
  const waiting = status.agents.flatMap((agent) => needsYou(agent) ?? []);
  const conditions = status.conditions.map(
    ({ type, status: value, message }) => `${type}: ${value === 'True' ? '' : `${value}, `}${printable(message)}`,
  );
  return [
    `Fleet ${status.fleet} on ${status.socket.path}`,
    '',
    ...table(['AGENT', 'STATE', 'PID', 'UPTIME', 'RESTARTS', 'ACTIVITY'], rows),
    ...(waiting.length > 0 ? ['', ...waiting] : []),
    ...(notes.length > 0 ? ['', ...notes] : []),
    '',
    ...conditions,
    '',
  ].join('\n');
}

function stateText({ state, held, desired, inSync }: AgentStatus): string {
  const wish = held ? ' (held)' : desired === 'stopped' && inSync ? ' (wanted)' : '';
  return `${state}${state === 'running' ? '' : wish}${inSync ? '' : ' *'}`;
}

const WAITS: ReadonlySet<string> = new Set(['idle', 'dialog', 'setup']);

/** How long an agent waits is the age of its last output; of one at work that would say something else. */
function activityText({ state, activity }: AgentStatus): string {
  if (state !== 'running') return '-';
  const { state: now, sinceSec, detail } = activity;
  if (WAITS.has(now) && sinceSec !== undefined) return `${now} ${duration(sinceSec * 1000)}`;
  return now === 'unknown' && detail !== undefined ? `${now} (${printable(detail)})` : now;
}

/** What a person has to answer, and how to get there. */
function needsYou({ name, activity: { state, detail = state } }: AgentStatus): string | undefined {
  if (state !== 'dialog' && state !== 'setup') return undefined;
  return `needs you: ${name}: ${printable(detail)} → mosaic agent attach ${name}`;
}

/** `12s`, `5m`, `3h`, `2d`: one unit is enough at a glance. */
function duration(ms: number): string {
  const steps: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
  ];
  const [size, unit] = steps.find(([limit]) => ms >= limit) ?? [1000, 's'];
  return `${Math.max(0, Math.floor(ms / size))}${unit}`;
}

/** The status as scripts read it. */
export const statusJson = (status: FleetStatus): JsonObject => ({
  formatVersion: '1.0',
  fleet: status.fleet,
  socket: { ...status.socket },
  conditions: status.conditions.map((condition) => ({ ...condition })),
  agents: status.agents.map(
    ({ name, desired, held, state, inSync, pid, unit, sessionId, restarts, activity, note }) => ({
      name,
      desired,
      held,
      state,
      inSync,
      pid: pid ?? null,
      unit: unit ?? null,
      sessionId: sessionId ?? null,
      restarts,
      activity: { ...activity },
      ...(note === undefined ? {} : { note }),
    }),
  ),
});
