import { Command, InvalidArgumentError, Option } from 'commander';
import { ERRORS, FleetError } from '../model/error.ts';

/** A command's action resolves to its exit code; modules are loaded only for the command that runs. */
type Action = (options: never, args: readonly string[]) => Promise<number> | number;

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

const commands = (): Promise<typeof import('./commands.ts')> => import('./commands.ts');

type Does = (command: Command, action: Action, formats?: readonly string[]) => Command;

const REVIEW_FORMATS = ['text', 'json', 'markdown', 'github'];

function common(command: Command, formats: readonly string[]): Command {
  return command
    .addOption(new Option('-o, --output <format>', 'how the answer is printed').choices(formats).default('text'))
    .addOption(once('--home <directory>', 'the Mosaic home (default: $MOSAIC_HOME, ~/.config/mosaic)'))
    .addOption(once('-f, --manifest <file>', 'the manifest (default: $MOSAIC_MANIFEST, fleet.yaml in the home)'))
    .option('--no-color', 'plain text (also: NO_COLOR)')
    .addOption(
      new Option('--log-level <level>', 'what is logged on stderr')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('silent'),
    );
}

/** An option that says where to work: given twice, one of the two would be ignored without a word. */
function once(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: string | undefined) => {
    if (before !== undefined) throw new InvalidArgumentError('It was given twice.');
    if (value === '') throw new InvalidArgumentError('It is empty.');
    return value;
  });
}

const mutating = (command: Command): Command =>
  command
    .option('-y, --yes', 'answer every question with yes')
    .option('--lock-timeout <duration>', 'how long to wait for another mosaic to end', '10s');

function fleetCommands(fleet: Command, does: Does): void {
  lookCommands(fleet, does);
  changeCommands(fleet, does);
  does(
    fleet
      .command('init')
      .description('write a first manifest')
      .option('--fleet <name>', 'name of the fleet', 'canary')
      .option('--socket <name>', 'name of its tmux socket (default: mosaic-factory when free)')
      .option(
        '--agent <name=command>',
        'an agent; can be given again',
        (value: string, before: readonly string[] | undefined) => [...(before ?? []), value],
      )
      .addHelpText(
        'after',
        "\nExample:\n  mosaic fleet init --agent coder=codex --agent reviewer='codex --profile review'",
      ),
    async (options) => (await commands()).init(options),
  );
}

function lookCommands(fleet: Command, does: Does): void {
  does(
    fleet
      .command('validate')
      .description('check manifests as text; needs nothing but Node')
      .argument('[file...]')
      .option('--strict', 'warnings count as errors'),
    async (options, files) => (await commands()).validate(files, options),
    REVIEW_FORMATS,
  );
  does(
    fleet
      .command('plan')
      .description('show what an apply would do; changes nothing')
      .option('--detailed-exitcode', '2 when there is something to do')
      .option('-v, --verbose', 'every resource and field')
      .option('--diff', 'the text of scripts and units that would change')
      .addHelpText('after', '\nExample:\n  mosaic fleet plan --detailed-exitcode || echo "not in sync"'),
    async (options) => (await commands()).plan(options),
    REVIEW_FORMATS,
  );
  does(fleet.command('status').description('a line per agent, and what you should know'), async (options) =>
    (await commands()).status(options),
  );
  does(
    fleet
      .command('verify')
      .description('prove that the plan is empty and your own tmux untouched')
      .option('--report <file>', 'write the evidence as FILE.json and FILE.md'),
    async (options) => (await commands()).verify(options),
  );
  does(
    fleet
      .command('log')
      .description('what started, ended or changed, and who asked')
      .argument('[agent...]')
      .option('-n, --lines <number>', 'the last so many', '50'),
    async (options, agents) => (await commands()).log(agents, options),
  );
  does(fleet.command('doctor').description('look at tmux, systemd and this host'), async (options) =>
    (await commands()).doctor(options),
  );
}

function changeCommands(fleet: Command, does: Does): void {
  does(
    mutating(fleet.command('apply').description('make the fleet as the manifest says').argument('[agent...]'))
      .option('--now', 'restart agents at work as well')
      .option('--allow-delete <number>', 'how many agents may be deleted at once')
      .option('--dry-run', 'the same as plan')
      .option('-v, --verbose', 'every resource and field'),
    async (options, agents) => (await commands()).apply(agents, options),
  );
  does(mutating(fleet.command('install').description('write scripts and units; start nothing')), async (options) =>
    (await commands()).install(options),
  );
  const verbs = {
    start: 'start agents, and lift their hold',
    stop: 'stop agents and hold them, over reboots too',
    restart: 'a new process for exactly these agents',
  } as const;
  for (const verb of ['start', 'stop', 'restart'] as const) {
    does(mutating(fleet.command(verb).description(verbs[verb]).argument('[agent...]')), async (options, agents) =>
      (await commands()).runState(verb, agents, options),
    );
  }
  does(
    mutating(fleet.command('destroy').description('remove everything of the fleet that carries our marks'))
      .option('--fleet <name>', 'which fleet of this home')
      .option('--include-protected', 'protected agents as well')
      .option('--with-foreign', 'even if sessions that are not ours end with the server'),
    async (options) => (await commands()).destroy(options),
  );
}
