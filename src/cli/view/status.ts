import type { Condition } from '../../model/plan.ts';
import type { JsonObject } from '../../model/resource.ts';
import type { AgentStatus, FleetStatus } from '../../reconciler/status.ts';
import type { WatchView } from '../watch/state.ts';
import { activityText, needsYou, shortDuration } from './activity.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';
import { noteLines, watchConditions, watchJson } from './watch-status.ts';

/** A line of the status, and how soon a low terminal may do without it: 0 is the last to go. */
export interface StatusLine {
  readonly text: string;
  readonly rank: 0 | 1 | 2 | 3 | 4;
}

const ranked = (texts: readonly string[], rank: StatusLine['rank']): readonly StatusLine[] =>
  texts.map((text) => ({ text, rank }));
const BLANK = ranked([''], 4);

/** A line per agent, then what a person should know, and what the watcher says where there is one. */
export const statusText = (status: FleetStatus, nowMs: number, watch?: WatchView): string =>
  `${statusLines(status, nowMs, watch)
    .map(({ text }) => text)
    .join('\n')}\n`;

/** The same by lines: who waits for a person goes last, then what is wrong, then what is to be known. */
export function statusLines(status: FleetStatus, nowMs: number, watch?: WatchView): readonly StatusLine[] {
  const rows = status.agents.map((agent) => [
    agent.name,
    stateText(agent),
    agent.pid === undefined ? '-' : String(agent.pid),
    agent.state === 'running' && agent.startedAtMs !== undefined ? shortDuration(nowMs - agent.startedAtMs) : '-',
    String(agent.restarts),
    activityText(agent),
  ]);
  const waiting = status.agents.flatMap((agent) => needsYou(agent) ?? []);
  const notes = noteLines(status, watch, nowMs).map((note) => `  ${printable(note)}`);
  return [
    ...ranked([`Fleet ${status.fleet} on ${status.socket.path}`], 3),
    ...BLANK,
    ...ranked(table(['AGENT', 'STATE', 'PID', 'UPTIME', 'RESTARTS', 'ACTIVITY'], rows), 3),
    ...(waiting.length > 0 ? [...BLANK, ...ranked(waiting, 0)] : []),
    ...(notes.length > 0 ? [...BLANK, ...ranked(notes, 2)] : []),
    ...BLANK,
    ...watchConditions(status.conditions, watch).map(conditionLine),
  ];
}

const conditionLine = ({ type, status, message }: Condition): StatusLine => ({
  text: `${type}: ${status === 'True' ? '' : `${status}, `}${printable(message)}`,
  rank: type === 'Ready' || LOUD.has(type) ? 1 : 2,
});

/** Something does not go on without a person. */
const LOUD: ReadonlySet<string> = new Set(['Stalled', 'ManifestInvalid', 'ManifestExposed']);

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
  conditions: watchConditions(status.conditions, watch).map(({ type, status: value, reason, message }) => ({
    type,
    status: value,
    reason,
    message,
  })),
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
