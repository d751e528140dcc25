import { describe, expect, it } from '@jest/globals';
import type { Command } from 'commander';
import { withCommandMeant } from '../../src/cli/command-meant.ts';
import { createProgram } from '../../src/cli/program.ts';
import { FleetError } from '../../src/model/error.ts';

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
    if (!(error instanceof FleetError)) return error instanceof Error ? error.message : String(error);
    const { message, hint } = withCommandMeant(error);
    return `${message}\n${hint}`;
  }
};

describe('the command tree', () => {
  it('is no more than the command that a command line names, and whole where it names none', () => {
    const namesFor = (...argv: readonly string[]): readonly (readonly string[])[] =>
      createProgram('0', argv).command.commands.map(({ commands }) => commands.map((one) => one.name()));
    expect(namesFor('fleet', 'plan', '-v')).toEqual([[], ['plan'], []]);
    expect(namesFor('agent', 'send', 'coder', 'hi')).toEqual([[], [], ['send']]);
    for (const argv of [[], ['--help'], ['complete', '--', 'fleet', ''], ['flet', 'plan']])
      expect(namesFor(...argv)).toEqual(namesFor());
    for (const word of ['plam', '--help', 'help']) expect(namesFor('fleet', word)).toEqual([[], namesFor()[1], []]);
    expect(namesFor()[1]).toContain('apply');
  });

  it('gives every command a description, and every option too', () => {
    for (const command of leaves(createProgram('0').command)) {
      expect(command.description()).not.toBe('');
      for (const option of command.options) expect(option.description).not.toBe('');
    }
  });

  it('B81: refuses a manifest or home that is given twice, since one would be ignored', () => {
    expect(parse('fleet', 'plan', '-f', 'a', '-f', 'b')).toContain('given twice');
    expect(parse('fleet', 'plan', '--home', '/a', '--home', '/b')).toContain('given twice');
  });

  it('B81: refuses an empty manifest name', () => {
    expect(parse('fleet', 'plan', '-f', '')).toContain('empty');
  });

  it('B75: suggests the command that was meant', () => {
    expect(parse('fleet', 'aply')).toContain('apply');
    expect(parse('flet')).toContain('fleet');
  });

  it('tells who means to follow a log by -f what -f is there', () => {
    expect(parse('fleet', 'log', '-f')).toContain('To go on with what comes: mosaic fleet log --follow');
    expect(parse('fleet', 'plan', '-f')).toContain('See `mosaic fleet plan --help`.');
  });

  it('knows a command that was typed without its family, or with the other one', () => {
    expect(parse('plan', '-v')).toContain('Did you mean `mosaic fleet plan`?');
    expect(parse('aply')).toContain('Did you mean `mosaic fleet apply`?');
    expect(parse('send', 'coder', 'hi')).toContain('Did you mean `mosaic agent send`?');
    expect(parse('fleet', 'send', 'coder')).toBe("unknown command 'send'\nDid you mean `mosaic agent send`?");
    expect(parse('up')).toBe("unknown command 'up'\nDid you mean `mosaic fleet apply`?");
    expect(parse('fleet', 'ps')).toContain('Did you mean `mosaic fleet status`?');
    expect(parse('constructor')).not.toContain('Did you mean');
    expect(parse('agent', 'stat')).toMatch(/Did you mean status.*\nSee `mosaic agent --help`/);
    expect(parse('xyzzy')).toContain('See `mosaic --help`');
  });

  it('offers the review formats only where a review reads them', () => {
    expect(parse('fleet', 'status', '-o', 'markdown')).toContain('Allowed choices are text, json');
  });
});
