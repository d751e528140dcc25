import { Command } from 'commander';
import { ERRORS, FleetError } from '../model/error.ts';
import { agentCommands } from './agent-commands.ts';
import { common, type Action, type Define } from './command-options.ts';
import { fleetCommands } from './fleet-commands.ts';
import { NOT_TO_FOLLOW } from './named-file.ts';

export interface Program {
  readonly command: Command;
  /** Exit code of the action that ran; 0 before. */
  readonly exit: () => number;
}

/**
 * The command tree; for a command line that names a command, no more of it than that command: to define the others
 * takes 2 ms. Defining one loads nothing of what it does.
 */
export function createProgram(version: string, argv: readonly string[] = []): Program {
  const root = new Command('mosaic')
    .description('Keeps a fleet of coding agents in tmux as a manifest says.')
    .version(version, '-V, --version')
    .enablePositionalOptions()
    .showSuggestionAfterError(true)
    .addHelpText(
      'after',
      '\nExamples:\n  mosaic fleet init --agent coder=codex\n  mosaic fleet plan\n  mosaic fleet apply\n  mosaic fleet status',
    );
  let exit = 0;
  const does = (command: Command, action: Action, formats: readonly string[] = ['text', 'json']): Command =>
    common(command, formats).action(async () => {
      exit = await pointToHelp(command, () => action(command.opts<never>(), command.args));
    });
  root.command('completion').description('print a completion script for bash, zsh or fish').argument('<shell>');
  const families: readonly Family[] = [
    { about: root.command('fleet').description('plan, apply and look after the fleet'), addTo: fleetCommands },
    { about: root.command('agent').description('talk to the agents'), addTo: agentCommands },
  ];
  const meant = families.find(({ about }) => about.name() === argv[0]);
  if (meant !== undefined) addCommands(meant, does, argv[1]);
  else for (const family of families) addCommands(family, does);
  for (const one of [root, ...root.commands, ...root.commands.flatMap(({ commands: below }) => below)]) {
    one.configureOutput({ outputError: (text) => refuse(one, text) });
  }
  return { command: root, exit: () => exit };
}

interface Family {
  readonly about: Command;
  readonly addTo: (define: Define) => void;
}

type Does = (command: Command, action: Action, formats?: readonly string[]) => Command;

/** The command that is meant. Where none has that name, or help is asked for, all are told or the nearest suggested. */
function addCommands({ about, addTo }: Family, does: Does, meant?: string): void {
  const add = (isWanted: (name: string) => boolean): void =>
    addTo((name, build, action, formats) => {
      if (isWanted(name)) does(build(about.command(name)), action, formats);
    });
  add((name) => name === meant);
  if (about.commands.length === 0) add(() => true);
}

/** What commander says, as one sentence: it puts its suggestion on a line of its own. */
function refuse(command: Command, text: string): never {
  const message = text
    .replace(/^error: /, '')
    .trimEnd()
    .replace(/\n(\(Did you mean [^\n]*\))$/, ' $1');
  throw new FleetError('E_USAGE', message, { hint: usageHint(command, message) ?? helpHint(command) });
}

/** A way to what was meant, where it can be told. */
function usageHint(command: Command, message: string): string | undefined {
  const name = fullName(command);
  if (name === 'mosaic fleet status' && message.startsWith('too many arguments'))
    return `That of one agent: \`mosaic agent status ${plainWords(command.args) ?? 'NAME'}\`.`;
  if (name === 'mosaic fleet log' && /-f, .* argument missing$/.test(message)) return NOT_TO_FOLLOW;
  if (name !== 'mosaic agent send' || !message.startsWith('unknown option')) return undefined;
  return `A text with a dash goes after --: \`${name} ${sendWords(command)}\`.`;
}

function sendWords(command: Command): string {
  const { all, selector } = command.opts<{ readonly all?: boolean; readonly selector?: string }>();
  const [first = 'AGENT', ...others] = command.args;
  const labels = selector === undefined ? undefined : `--selector ${plainWords([selector]) ?? 'LABELS'}`;
  const many = all === true ? '--all' : labels;
  const text = plainWords(many === undefined ? others : command.args) ?? 'TEXT';
  return `${many ?? plainWords([first]) ?? 'AGENT'} -- ${text}`;
}

/** Words that a shell takes as they stand, or undefined: a hint is there to be copied. */
const plainWords = (words: readonly string[]): string | undefined =>
  words.length > 0 && words.every((word) => /^[\w@%+=:,./-]+$/.test(word)) ? words.join(' ') : undefined;

function fullName(command: Command): string {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  return names.join(' ');
}

const helpHint = (command: Command): string => `See \`${fullName(command)} --help\`.`;

/** A usage error without a better hint names the command's own help. */
async function pointToHelp(command: Command, action: () => Promise<number> | number): Promise<number> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== 'E_USAGE' || error.hint !== ERRORS.E_USAGE.hint) throw error;
    throw new FleetError('E_USAGE', error.message, { hint: helpHint(command), cause: error });
  }
}
