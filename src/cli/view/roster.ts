import { HIDDEN } from '../../model/conceal.ts';
import type { Agent } from '../../model/fleet.ts';
import type { JsonObject } from '../../model/resource.ts';
import { joinWords } from '../words.ts';
import { beginning, printable } from './printable.ts';
import { redactWords } from './redact.ts';
import { table } from './table.ts';

/** One agent as it is declared. */
export interface RosterRow extends Pick<Agent, 'name' | 'description' | 'labels'> {
  readonly command: readonly string[];
  readonly desired: Agent['state'];
  readonly adapter: string;
}

/** A line per declared agent. */
export function rosterText(rows: readonly RosterRow[]): string {
  if (rows.length === 0) return 'No agents.\n';
  const cells = rows.map(({ name, desired, labels, command, description }) => [
    name,
    desired,
    printable(labelsText(labels)) || '-',
    shortened(printable(typed(command))),
    printable(description),
  ]);
  return `${table(['AGENT', 'WANTED', 'LABELS', 'COMMAND', 'DESCRIPTION'], cells).join('\n')}\n`;
}

const typed = (command: readonly string[]): string =>
  redactWords(command)
    .map((word) => (word === HIDDEN ? word : joinWords([word])))
    .join(' ');

const labelsText = (labels: Agent['labels']): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',');

const COMMAND_COLUMNS = 40;

const shortened = (text: string): string =>
  text.length <= COMMAND_COLUMNS ? text : `${beginning(text, COMMAND_COLUMNS - 1)}…`;

/** The roster as scripts read it. */
export const rosterJson = (rows: readonly RosterRow[]): JsonObject => ({
  formatVersion: '1.0',
  agents: rows.map(({ command, labels, ...row }) => ({ ...row, labels: { ...labels }, command: redactWords(command) })),
});
