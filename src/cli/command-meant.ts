import { FleetError } from '../model/error.ts';
import { nearest } from '../manifest/suggest.ts';
import { agentCommands } from './agent-commands.ts';
import { fleetCommands } from './fleet-commands.ts';

/** What other tools call it. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  up: 'fleet apply',
  down: 'fleet stop',
  ps: 'fleet status',
  ls: 'fleet status',
  list: 'fleet status',
  logs: 'fleet log',
  exec: 'agent attach',
  enter: 'agent attach',
};

const SUGGESTION = / \(Did you mean .*$/;

/**
 * A refusal; that of an unknown command with the one that was meant, where it was typed without its family or is of the
 * other one, or is another tool's. What is near within a family commander has suggested.
 */
export function withCommandMeant(refusal: FleetError): FleetError {
  const message = refusal.message.replace(SUGGESTION, '');
  const [, word] = /^unknown command '([^']*)'$/.exec(message) ?? [];
  if (word === undefined) return refusal;
  const names: string[] = [];
  fleetCommands((name) => names.push(`fleet ${name}`));
  agentCommands((name) => names.push(`agent ${name}`));
  const last = names.map((name) => name.split(' ')[1] ?? '');
  const isWithoutFamily = refusal.hint === 'See `mosaic --help`.' && !SUGGESTION.test(refusal.message);
  const elsewhere = Object.hasOwn(ELSEWHERE, word) ? ELSEWHERE[word] : undefined;
  const meant = elsewhere ?? names[last.indexOf(isWithoutFamily ? (nearest(word, last) ?? '') : word)];
  return meant === undefined
    ? refusal
    : new FleetError('E_USAGE', message, { hint: `Did you mean \`mosaic ${meant}\`?` });
}
