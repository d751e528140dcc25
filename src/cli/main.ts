import { CommanderError, type Command } from 'commander';
import { ERRORS, FleetError } from '../model/error.ts';
import { ExecFailure } from '../model/host.ts';
import { plainJson } from '../model/plain-json.ts';
import { thisBuild } from './build.ts';
import { createProgram } from './program.ts';
import { endByHangup, interruptedExit, keepHangupIgnored } from './signals.ts';

/** `help fleet apply` is `fleet apply --help`: commander's own help looks at one word alone. */
const helpMeant = (argv: readonly string[]): readonly string[] =>
  argv[0] === 'help' && argv.length > 2 ? [...argv.slice(1), '--help'] : argv;

/** Runs one command line and sets the exit code. Nothing below this module ends the process. */
async function main(typed: readonly string[]): Promise<number> {
  const argv = helpMeant(typed);
  const { command, exit } = createProgram(thisBuild().version, argv);
  quietly(command);
  if (argv.length === 0) {
    command.outputHelp();
    return 0;
  }
  try {
    if (argv[0] === 'completion' || argv[0] === 'complete') (await import('./completion.ts')).addCompletion(command);
    await command.parseAsync([...argv], { from: 'user' });
    return interruptedExit() ?? exit();
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) return 0;
    return tell(asFleetError(error, familyOf(command, argv)), argv);
  }
}

/** Says why a command failed, in the format it was asked for, and gives the exit code. */
async function tell(error: FleetError, argv: readonly string[]): Promise<number> {
  const { failureJson, failureText, onTerminal, withCommandMeant } = await import('./commands.ts');
  const failure = withCommandMeant(error);
  const exit = interruptedExit() ?? failure.exit;
  if (wantsJson(argv)) process.stdout.write(`${plainJson(failureJson(failure, exit), 2)}\n`);
  process.stderr.write(
    `${onTerminal(failureText(failure), process.stderr, { color: !argv.includes('--no-color') })}\n`,
  );
  return exit;
}

/** A command line that cannot be parsed is answered in the format it asks for, too. */
const wantsJson = (argv: readonly string[]): boolean =>
  argv.some(
    (arg, at) =>
      arg === '--output=json' ||
      arg === '-ojson' ||
      (arg === 'json' && ['-o', '--output'].includes(argv[at - 1] ?? '')),
  );

/** Usage errors are thrown, not printed by commander; help goes to stdout. */
function quietly(command: ReturnType<typeof createProgram>['command']): void {
  for (const one of [command, ...command.commands, ...command.commands.flatMap((child) => child.commands)]) {
    one.exitOverride().configureOutput({ writeErr: () => undefined });
  }
}

/** `mosaic fleet` or `mosaic agent`, whichever a command line is about; else the whole program. */
const familyOf = (root: Command, [word]: readonly string[]): Command =>
  root.commands.find((one) => one.name() === word) ?? root;

function asFleetError(error: unknown, family: Command): FleetError {
  if (error instanceof FleetError) return error;
  if (error instanceof CommanderError && error.code === 'commander.help') {
    const name = family.parent === null ? 'mosaic' : `mosaic ${family.name()}`;
    const known = family.commands.map((one) => one.name()).join(', ');
    const hint = `Commands: ${known}. See \`${name} --help\`.`;
    return new FleetError('E_USAGE', `${name}: a command is missing`, { hint });
  }
  if (error instanceof CommanderError) return new FleetError('E_USAGE', error.message.replace(/^error: /, ''));
  if (isAborted(error)) return new FleetError('E_INTERRUPTED', 'stopped by a signal', { cause: error });
  return internal(error);
}

function internal(error: unknown): FleetError {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return new FleetError('E_INTERNAL', message, { cause: error });
}

/** What was under way when a signal came, and was not begun or finished because of it. */
const isAborted = (error: unknown): boolean =>
  interruptedExit() !== undefined &&
  (error instanceof ExecFailure ? error.reason === 'aborted' : error instanceof Error && error.name === 'AbortError');

// The YAML parser would print its tokens on stdout if these were set.
delete process.env['LOG_TOKENS'];
delete process.env['LOG_STREAM'];
let isUnwritten = false;
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // The reader of a pipe went away: there is nobody left to tell.
  if (error.code === 'EPIPE') process.exit(141);
  if (!isUnwritten) void tellUnwritten(error);
  isUnwritten = true;
});
// A terminal that was closed must not end an apply in the middle of a step.
process.stderr.on('error', () => undefined);
// What nobody waited for fails like everything else; the lock goes with the process.
process.once('uncaughtException', (error) => void endWith(internal(error)));
async function endWith(failure: FleetError): Promise<void> {
  process.exit(await tell(failure, process.argv.slice(2)));
}

/** An answer that did not arrive: its exit code is that of no answer. */
async function tellUnwritten(cause: Error): Promise<void> {
  process.exitCode = ERRORS.E_IO.exit;
  const { unwrittenText } = await import('./commands.ts');
  process.stderr.write(`${unwrittenText(cause)}\n`);
}

async function start(): Promise<void> {
  const exit = await main(process.argv.slice(2));
  if (!isUnwritten) process.exitCode = exit;
}

keepHangupIgnored(process.env);
process.once('beforeExit', endByHangup);
void start();
