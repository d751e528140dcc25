import { InvalidArgumentError, Option, type Command } from 'commander';

/** A command's action resolves to its exit code; modules are loaded only for the command that runs. */
export type Action = (options: never, args: readonly string[]) => Promise<number> | number;

/** Defines a command of a family: what it takes is added by `build`; its action, and what every command has, follow. */
export type Define = (
  name: string,
  build: (command: Command) => Command,
  action: Action,
  formats?: readonly string[],
) => void;

/** Formats of what is read in a review. */
export const REVIEW_FORMATS = ['text', 'json', 'markdown', 'github'];

/** The options of every command. */
export function common(command: Command, formats: readonly string[]): Command {
  // A command that follows has `-f` for that, as tail(1) does.
  const manifest = command.options.some(({ short }) => short === '-f') ? '--manifest <file>' : '-f, --manifest <file>';
  return command
    .addOption(new Option('-o, --output <format>', 'how the answer is printed').choices(formats).default('text'))
    .addOption(once('--home <directory>', 'the Mosaic home (default: $MOSAIC_HOME, ~/.config/mosaic)'))
    .addOption(once(manifest, 'the manifest (default: $MOSAIC_MANIFEST, fleet.yaml in the home)'))
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

/** The options of every command that changes something. */
export const mutating = (command: Command): Command =>
  command
    .option('-y, --yes', 'answer every question with yes')
    .option('--lock-timeout <duration>', 'how long to wait for another mosaic to end', '10s');
