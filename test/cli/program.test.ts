import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { createProgram } from '../../src/cli/program.ts';

const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);

const parse = (...argv: string[]): string | undefined => {
  const { command } = createProgram('0');
  for (const one of [command, ...command.commands, ...leaves(command)]) {
    one.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  }
  try {
    command.parse(argv, { from: 'user' });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
};

describe('the command tree', () => {
  it('gives every command a description, and every option too', () => {
    for (const command of leaves(createProgram('0').command)) {
      expect(command.description()).not.toBe('');
      for (const option of command.options) expect(option.description).not.toBe('');
    }
  });

  it('refuses a manifest or home that is given twice, since one would be ignored', () => {
    expect(parse('fleet', 'plan', '-f', 'a', '-f', 'b')).toContain('given twice');
    expect(parse('fleet', 'plan', '--home', '/a', '--home', '/b')).toContain('given twice');
  });

  it('refuses an empty manifest name', () => {
    expect(parse('fleet', 'plan', '-f', '')).toContain('empty');
  });

  it('suggests the command that was meant', () => {
    expect(parse('fleet', 'aply')).toContain('apply');
    expect(parse('flet')).toContain('fleet');
  });

  it('offers the review formats only where a review reads them', () => {
    expect(parse('fleet', 'status', '-o', 'markdown')).toContain('Allowed choices are text, json');
  });
});
