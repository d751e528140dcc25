import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, eventually, tempHome } from '../support/harness.ts';
import { liveFleet } from './live-fleet.ts';

const REPORT = resolve(import.meta.dirname, '../fixtures/bin/report.mjs');
const AGENTS = 25;
const WORDS = 11;

/** Text that some syntax on the way (YAML, units, tmux, bash, a shell) would take for its own. */
const AWKWARD = [
  ['', ' ', '  two  spaces ', '-', '--', '--help', '-n', '-e', "it's", '"', "'", '\\', '\\\\n', '`id`', '$(id)'],
  ['$HOME', '${HOME}', '$$', '%', '%%', '%i', '%h/%n', ';', 'a;', '\\;', '; kill-server', '#(id)', '#{pid}', '#[bold]'],
  [
    '#S',
    '##',
    '~',
    '~root',
    '*',
    '?',
    '[a]',
    '{a,b}',
    '!',
    '!!',
    '&',
    '&&',
    '|',
    '>',
    '<',
    '<<E',
    '(',
    ')',
    '=',
    'a=b',
  ],
  ['\n', 'a\nb', '\n\n', 'end\n', '\t', '\tx\t', '^C', ',', ':', '@', 'é', '日本語', '👩‍💻', '\u00a0', 'ÿ'],
  ["'\"'\"'", "$'\\n'", 'null', 'true', '0x10', '1e3', '- a', 'a: b', '# c', '>-', '*a', '&a', '!!str', 'mosaic=x'],
].flat();

const piece = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.constantFrom(...'\'"\\`$%;#(){}[]*?!&|<>=~^,:@ \t\n-aZ0'.split('')),
  fc.string({ unit: 'grapheme', maxLength: 6 }).filter((text) => !/[\p{Cc}\p{Cs}\u2028\u2029\ufeff]/u.test(text)),
);
const text = fc.oneof(
  fc.constantFrom(...AWKWARD),
  fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join('')),
);
const agent = fc.record({
  argv: fc.array(text, { minLength: WORDS, maxLength: WORDS }),
  env: fc.array(text, { minLength: WORDS, maxLength: WORDS }),
});

interface Report {
  readonly argv: readonly string[];
  readonly env: readonly string[];
}

const bytes = (value: string): string => Buffer.from(value, 'utf8').toString('latin1');

afterAll(cleanUp);

describe('argv and environment of an agent', () => {
  it('arrive byte for byte, whatever is in them and in the name of the home', async () => {
    const home = tempHome('my home %h %i 100% "$HOME" it\'s; #(x)');
    const wanted = fc.sample(agent, { numRuns: AGENTS, seed: 20_260_101 });
    const fileOf = (at: number): string => join(home.root, `report-${at}`);
    const agents = wanted.map(({ argv, env }, at) => [
      `agent-${at}`,
      {
        command: [process.execPath, REPORT, fileOf(at), ...argv],
        env: Object.fromEntries(env.map((value, index) => [`VALUE_${index}`, value])),
      },
    ]);
    const live = liveFleet(Object.fromEntries(agents), {}, home);
    await live.must('apply');
    await eventually(() => wanted.every((_, at) => existsSync(fileOf(at))), { timeoutMs: 30_000 });
    const seen = wanted.map((_, at): Report => JSON.parse(readFileSync(fileOf(at), 'utf8')));
    expect(seen.map(({ argv }) => argv.slice(3))).toEqual(wanted.map(({ argv }) => argv.map(bytes)));
    const valuesOf = ({ env }: Report): readonly string[] => env.filter((item) => item.startsWith('VALUE_'));
    expect(seen.map(valuesOf)).toEqual(
      wanted.map(({ env }) => env.map((value, index) => `VALUE_${index}=${bytes(value)}`).toSorted()),
    );
    expect(new Set(seen.map(({ env }) => env.find((item) => item.startsWith('MOSAIC_HOME='))))).toEqual(
      new Set([`MOSAIC_HOME=${bytes(home.home)}`]),
    );
    await live.must('verify');
  });
});
