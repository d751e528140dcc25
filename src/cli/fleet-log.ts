import { textOf, type JsonObject } from '../model/resource.ts';
import { isAgentName, type FleetName } from '../model/names.ts';
import { readJournal } from '../host/journal.ts';
import { fleetDirectory } from '../providers/files/client.ts';
import { readEvents, type AgentEvent } from './agent-events.ts';
import type { Place } from './context.ts';
import { printable } from './view/printable.ts';

/** Something that happened: a step of a command, or a start or an end of an agent's process. */
export interface LogEntry {
  readonly at: number;
  readonly text: string;
  readonly record?: JsonObject;
  readonly event?: AgentEvent;
}

/** What is kept about a fleet. */
export interface FleetLog {
  /** Agents that something is told of; one that left the manifest still has its records. */
  readonly agents: () => readonly string[];
  /** What is told of these agents, or of all and the fleet itself where none is named; oldest first. */
  readonly entries: (agents: readonly string[]) => readonly LogEntry[];
  /** Another text as soon as anything was added. */
  readonly mark: () => string;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** Opens the log of a fleet: nothing is read before it is asked for, and then anew. */
export function openFleetLog({ home, read: { files } }: Place, fleet: FleetName): FleetLog {
  const path = `${home}/state/${fleet}/journal.jsonl`;
  const records = `${fleetDirectory(home, fleet)}/record`;
  const recorded = (): readonly string[] => (files.list(records) ?? []).filter(isAgentName);
  const journal = (): readonly JsonObject[] => readJournal(path, MAX_BYTES).filter(hasTime);
  const markOf = (file: string): string => {
    const { inode = 0, size = 0, mtimeMs = 0 } = files.stat(file) ?? {};
    return `${inode} ${size} ${mtimeMs}`;
  };
  return {
    agents: () => [...new Set([...recorded(), ...journal().flatMap(({ group }) => agentOf(textOf(group)) ?? [])])],
    entries: (agents) => {
      const groups = agents.map((name) => `agent.${name}`);
      const told = journal().filter(({ group }) => groups.length === 0 || groups.includes(textOf(group)));
      const events = readEvents(files, home, fleet, agents.length === 0 ? recorded() : agents);
      return [
        ...told.map((record) => ({ at: Number(record['at']), text: recordLine(record), record })),
        ...events.map((event) => ({ at: event.at, text: eventLine(event), event })),
      ].toSorted((a, b) => a.at - b.at);
    },
    mark: () => [path, ...recorded().map((name) => `${records}/${name}/events`)].map(markOf).join('\n'),
  };
}

const agentOf = (group: string): string | undefined => /^agent\.(.+)$/.exec(group)?.[1];

/** What tells no time was not written by us. */
const hasTime = ({ at }: JsonObject): boolean => typeof at === 'number' && !Number.isNaN(new Date(at).getTime());

const timeText = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

/** The process itself; what a command did to it stands in a line of its own, with who asked. */
const eventLine = ({ agent, at, kind, text }: AgentEvent): string => `${timeText(at)}  ${agent}  ${kind} ${text}`;

function recordLine(record: JsonObject): string {
  const { group, action, because, result, command, by } = textsOf(record);
  const when = timeText(Number(record['at']));
  const outcome = result === 'done' ? '' : ` (${result})`;
  return printable(
    `${when}  ${group.replace(/^agent\./, '')}  ${action}${outcome}: ${because}  [mosaic ${command}, ${by}]`,
  );
}

const FIELDS = ['group', 'action', 'because', 'result', 'command', 'by'] as const;

function textsOf(record: JsonObject): Record<(typeof FIELDS)[number], string> {
  const [group = '', action = '', because = '', result = '', command = '', by = ''] = FIELDS.map((field) =>
    textOf(record[field]),
  );
  return { group, action, because, result, command, by };
}
