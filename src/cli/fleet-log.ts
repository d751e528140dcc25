import { groupTitle, textOf, type JsonObject } from '../model/resource.ts';
import { isAgentName, type FleetName } from '../model/names.ts';
import { openAppended, type Appended } from '../host/appended.ts';
import { MAX_JOURNAL_BYTES, readJournal, recordOf } from '../host/journal.ts';
import { fleetDirectory } from '../providers/files/client.ts';
import { eventOf, type AgentEvent } from './agent-events.ts';
import type { Place } from './context.ts';
import { journalPath } from './journal.ts';
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
  /**
   * What came since this was last asked, at first all that is kept: of these agents, or of all and the fleet itself where
   * none is named; oldest first.
   */
  readonly news: (agents: readonly string[]) => readonly LogEntry[];
}

const EVENTS_BYTES = 256 * 1024;

/** Opens the log of a fleet: nothing is read before it is asked for, and nothing that was told is kept. */
export function openFleetLog(place: Place, fleet: FleetName): FleetLog {
  const {
    home,
    read: { files },
  } = place;
  const path = journalPath(place, fleet);
  const records = `${fleetDirectory(home, fleet)}/record`;
  const recorded = (): readonly string[] => (files.list(records) ?? []).filter(isAgentName);
  const journal = openAppended(path, MAX_JOURNAL_BYTES);
  let events: ReadonlyMap<string, Appended> = new Map();
  return {
    agents: () => {
      const groups = readJournal(path, MAX_JOURNAL_BYTES).map(({ group }) => textOf(group));
      return [...new Set([...recorded(), ...groups.flatMap((group) => agentOf(group) ?? [])])];
    },
    news: (agents) => {
      const names = agents.length === 0 ? recorded() : agents;
      events = new Map(
        names.map((name) => [name, events.get(name) ?? openAppended(`${records}/${name}/events`, EVENTS_BYTES)]),
      );
      const groups = new Set(agents.map((name) => `agent.${name}`));
      return [
        ...journal.news().flatMap((line) => entryOf(line, groups) ?? []),
        ...[...events].flatMap(([name, { news }]) => news().flatMap((line) => eventEntry(name, line) ?? [])),
      ].toSorted((a, b) => a.at - b.at);
    },
  };
}

function entryOf(line: string, groups: ReadonlySet<string>): LogEntry | undefined {
  const record = recordOf(line);
  if (record === undefined || !hasTime(record)) return undefined;
  if (groups.size > 0 && !groups.has(textOf(record['group']))) return undefined;
  return { at: Number(record['at']), text: recordLine(record), record };
}

function eventEntry(agent: string, line: string): LogEntry | undefined {
  const event = eventOf(agent, line);
  return event === undefined ? undefined : { at: event.at, text: eventLine(event), event };
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
  return printable(`${when}  ${groupTitle(group)}  ${action}${outcome}: ${because}  [mosaic ${command}, ${by}]`);
}

const FIELDS = ['group', 'action', 'because', 'result', 'command', 'by'] as const;

function textsOf(record: JsonObject): Record<(typeof FIELDS)[number], string> {
  const [group = '', action = '', because = '', result = '', command = '', by = ''] = FIELDS.map((field) =>
    textOf(record[field]),
  );
  return { group, action, because, result, command, by };
}
