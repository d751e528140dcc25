import type { Command } from 'commander';
import { FleetError } from '../model/error.ts';

/**
 * Refuses an option that stands behind several words of a message, where it may well be one of them. Behind a text that
 * is one word of the shell it is an option. `argv` is the command line with this command's name in it.
 */
export function refuseOptionInText(command: Command, argv: readonly string[]): void {
  const { all, selector } = command.opts<{ readonly all?: boolean; readonly selector?: string }>();
  let left = all === true || selector !== undefined ? 1 : 2;
  const words = behind(command.name(), argv);
  for (let at = 0; at < words.length && words[at] !== '--'; at += 1) {
    const word = words[at] ?? '';
    if (!isOption(word)) left -= 1;
    else if (left < 0) throw new FleetError('E_USAGE', `is ${word} part of the text, or an option?`, { hint: HINT });
    else if (command.options.some(({ short, long, required }) => required && [short, long].includes(word))) at += 1;
  }
}

const behind = (name: string, argv: readonly string[]): readonly string[] =>
  argv.includes(name) ? argv.slice(argv.indexOf(name) + 1) : [];

const isOption = (word: string): boolean => word !== '-' && word.startsWith('-');

const HINT = 'Options come before the text, or after a text in quotes; behind `--` all is text.';
