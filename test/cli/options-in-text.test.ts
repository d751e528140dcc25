import { describe, expect, it } from '@jest/globals';
import { Command } from 'commander';
import { refuseOptionInText } from '../../src/cli/options-in-text.ts';

/** What is said of `send` with these words. */
function said(line: string): string {
  const words = line.split(' ');
  const command = new Command('send')
    .argument('[agent]')
    .argument('[text...]')
    .option('--all')
    .option('--force')
    .option('--selector <labels>')
    .option('-f, --manifest <path>');
  command.parse(words, { from: 'user' });
  try {
    refuseOptionInText(command, ['node', 'mosaic', 'agent', 'send', ...words]);
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
}

describe('an option of send', () => {
  it.each([
    'coder --force fix the test',
    '--force coder fix the test',
    'coder fix --force',
    'coder -f file fix the test',
    '--selector role=coder stop and summarise',
    'stop --all',
    'coder - --force',
    'coder fix it -- --force',
  ])('is one before the text, and behind one word: %s', (line) => {
    expect(said(line)).toBe('taken');
  });

  it.each([
    ['coder echo push --force', '--force'],
    ['coder echo --all', '--all'],
    ['stop and summarise --all', '--all'],
    ['coder please use -f here', '-f'],
  ])('may be part of a text of several words: %s', (line, option) => {
    expect(said(line)).toBe(`is ${option} part of the text, or an option?`);
  });
});
