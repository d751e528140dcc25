import { Command } from 'commander';
import { ERRORS, FleetError } from '../model/error.ts';
import { agentCommands } from './agent-commands.ts';
import { common, type Does } from './command-options.ts';
import { fleetCommands } from './fleet-commands.ts';

export interface Program {
  readonly command: Command;
  /** Exit code of the action that ran; 0 before. */
  readonly exit: () => number;
}

/** The whole command tree. Defining it loads nothing of what the commands do. */
export function createProgram(version: string): Program {
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
  const does: Does = (command, action, formats = ['text', 'json']) =>
    common(command, formats).action(async () => {
      exit = await pointToHelp(command, () => action(command.opts<never>(), command.args));
    });
  root.command('completion').description('print a completion script for bash, zsh or fish').argument('<shell>');
  fleetCommands(root.command('fleet').description('plan, apply and look after the fleet'), does);
  agentCommands(root.command('agent').description('talk to the agents'), does);
  for (const one of [root, ...root.commands, ...root.commands.flatMap(({ commands: below }) => below)]) {
    one.configureOutput({ outputError: (text) => refuse(one, text) });
  }
  return { command: root, exit: () => exit };
}

/** What commander says, as one sentence: it puts its suggestion on a line of its own. */
function refuse(command: Command, text: string): never {
  const message = text.replace(/^error: /, '').trimEnd();
  throw new FleetError('E_USAGE', message.replace(/\n(\(Did you mean [^\n]*\))$/, ' $1'), { hint: helpHint(command) });
}

function helpHint(command: Command): string {
  const names: string[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) names.unshift(one.name());
  return `See \`${names.join(' ')} --help\`.`;
}

/** A usage error without a better hint names the command's own help. */
async function pointToHelp(command: Command, action: () => Promise<number> | number): Promise<number> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== 'E_USAGE' || error.hint !== ERRORS.E_USAGE.hint) throw error;
    throw new FleetError('E_USAGE', error.message, { hint: helpHint(command), cause: error });
  }
}
