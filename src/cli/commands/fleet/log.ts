import { FleetError } from '../../../model/error.ts';
import { textOf, type JsonObject } from '../../../model/resource.ts';
import { readJournal } from '../../../host/journal.ts';
import { openPlace } from '../../context.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { printable } from '../../view/printable.ts';

export interface LogOptions extends CommonOptions {
  readonly lines?: string;
}

const MAX_BYTES = 4 * 1024 * 1024;

/** What was started, ended or changed, when, why, and who asked. Oldest first. */
export async function run(agents: readonly string[], options: LogOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const count = options.lines ?? '50';
  if (!/^[1-9]\d{0,5}$/.test(count))
    throw new FleetError('E_USAGE', `-n takes a number of lines, not ${JSON.stringify(count)}`);
  const { fleet } = await loadFleetOrInstalled(options, place, output);
  const groups = agents.map((name) => `agent.${name}`);
  const records = readJournal(`${place.home}/state/${fleet.name}/journal.jsonl`, MAX_BYTES)
    .filter(({ group }) => groups.length === 0 || groups.includes(textOf(group)))
    .slice(-Number(count));
  output.text(records.length === 0 ? 'Nothing was recorded yet.' : records.map(line).join('\n'));
  output.data({ formatVersion: '1.0', records });
  return 0;
}

function line(record: JsonObject): string {
  const { group, action, because, result, command, by } = textsOf(record);
  const when = new Date(Number(record['at'])).toISOString().replace(/\.\d+Z$/, 'Z');
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
