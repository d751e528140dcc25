import { FleetError } from '../../../model/error.ts';
import { isAgentName } from '../../../model/names.ts';
import { textOf, type JsonObject } from '../../../model/resource.ts';
import { readJournal } from '../../../host/journal.ts';
import { fleetDirectory } from '../../../providers/files/client.ts';
import { readEvents, type AgentEvent } from '../../agent-events.ts';
import { requireAgents } from '../../agent-names.ts';
import { openPlace } from '../../context.ts';
import { isNamedInVain, loadFleetOrInstalled } from '../../installed.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { printable } from '../../view/printable.ts';

export interface LogOptions extends CommonOptions {
  readonly lines?: string;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** What was started, ended or changed, when, why, and who asked; what systemd started again, too. Oldest first. */
export async function run(agents: readonly string[], options: LogOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const count = options.lines ?? '50';
  if (!/^[1-9]\d{0,5}$/.test(count))
    throw new FleetError('E_USAGE', `-n takes a number of lines, not ${JSON.stringify(count)}`);
  const { fleet } = await loadFleetOrInstalled(options, place, output).catch((error: unknown) =>
    tellOfFollow(error, options),
  );
  const journal = readJournal(`${place.home}/state/${fleet.name}/journal.jsonl`, MAX_BYTES).filter(hasTime);
  const recorded = (place.read.files.list(`${fleetDirectory(place.home, fleet.name)}/record`) ?? []).filter(
    isAgentName,
  );
  const told = journal.flatMap(({ group }) => /^agent\.(.+)$/.exec(textOf(group))?.[1] ?? []);
  // One that left the manifest still has its records.
  const gone = [...new Set([...recorded, ...told])].map((name) => ({ name }));
  requireAgents({ name: fleet.name, agents: [...fleet.agents, ...gone] }, agents);
  const groups = agents.map((name) => `agent.${name}`);
  const records = journal.filter(({ group }) => groups.length === 0 || groups.includes(textOf(group)));
  const events = readEvents(place.read.files, place.home, fleet.name, agents.length === 0 ? recorded : agents);
  const lines = [
    ...records.map((record) => ({ at: Number(record['at']), text: line(record) })),
    ...events.map((event) => ({ at: event.at, text: eventLine(event) })),
  ]
    .toSorted((a, b) => a.at - b.at)
    .slice(-Number(count));
  output.text(lines.length === 0 ? 'Nothing was recorded yet.' : lines.map(({ text }) => text).join('\n'));
  output.data({
    formatVersion: '1.0',
    records: records.slice(-Number(count)),
    events: events.slice(-Number(count)).map((event) => ({ ...event })),
  });
  return 0;
}

/** Here `-f` names the manifest; elsewhere it follows. */
function tellOfFollow(error: unknown, options: LogOptions): never {
  if (!(error instanceof FleetError) || !isNamedInVain(error, options)) throw error;
  const hint = 'Here -f names a manifest. To follow the screen of an agent: mosaic agent tail -f AGENT';
  throw new FleetError(error.code, error.message, { hint, cause: error });
}

/** What tells no time was not written by us. */
const hasTime = ({ at }: JsonObject): boolean => typeof at === 'number' && !Number.isNaN(new Date(at).getTime());

const timeText = (at: number): string => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');

/** The process itself; what a command did to it stands in a line of its own, with who asked. */
const eventLine = ({ agent, at, kind, text }: AgentEvent): string => `${timeText(at)}  ${agent}  ${kind} ${text}`;

function line(record: JsonObject): string {
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
