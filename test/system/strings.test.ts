import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, eventually, tempHome } from '../support/harness.ts';
import { PATIENCE_MS, report, sizeOr } from '../support/proof.ts';
import { latin, makeFleet, type HelperFleet } from './helper-fleet.ts';
import { liveFleet } from './live-fleet.ts';
import { CANARY, canaryRan, throughEnvFiles, throughSystemd, throughTmux } from './readers.ts';

const REPORT = resolve(import.meta.dirname, '../fixtures/bin/report.mjs');
const { count: COUNT, seed } = sizeOr(500);
const AGENTS = 10;

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
  [
    '$(touch C)',
    '`touch C`',
    '#(touch C)',
    '; touch C',
    "'; touch C; '",
    '"; touch C; "',
    '\\\n touch C',
    '| touch C',
  ].map((text) => text.replace('C', CANARY)),
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
const STRINGS = fc.sample(text, { numRuns: COUNT, seed });
/** What a line of a unit, of tmux or of an env file can hold. */
const LINES = STRINGS.map((string) => string.replaceAll('\n', ' '));

interface Report {
  readonly argv: readonly string[];
  readonly env: readonly string[];
}

let helpers: HelperFleet;
beforeAll(() => {
  helpers = makeFleet();
});
afterAll(async () => {
  helpers.destroy();
  await cleanUp();
});

const told = (reader: string, strings: readonly string[]): void => report({ [reader]: strings.length });

describe(`S15: ${COUNT} strings`, () => {
  it(
    'reach the arguments and the environment of agents byte for byte, whatever the home is called',
    async () => {
      const home = tempHome('my home %h %i 100% "$HOME" it\'s; #(x)');
      const each = Math.ceil(STRINGS.length / AGENTS);
      const wanted = Array.from({ length: AGENTS }, (_, at) => STRINGS.slice(at * each, (at + 1) * each));
      const fileOf = (at: number): string => join(home.root, `report-${at}`);
      const agents = wanted.map((strings, at) => [
        `agent-${at}`,
        {
          command: [process.execPath, REPORT, fileOf(at), ...strings],
          env: Object.fromEntries(strings.map((value, index) => [`VALUE_${index}`, value])),
        },
      ]);
      const live = liveFleet(Object.fromEntries(agents), {}, home);
      await live.must('apply');
      await eventually(() => wanted.every((_, at) => existsSync(fileOf(at))), { timeoutMs: 60_000 });
      const seen = wanted.map((_, at): Report => JSON.parse(readFileSync(fileOf(at), 'utf8')));
      expect(seen.map(({ argv }) => argv.slice(3))).toEqual(wanted.map((strings) => strings.map(latin)));
      const valuesOf = ({ env }: Report): readonly string[] => env.filter((item) => item.startsWith('VALUE_'));
      expect(seen.map(valuesOf)).toEqual(
        wanted.map((strings) => strings.map((value, index) => `VALUE_${index}=${latin(value)}`).toSorted()),
      );
      expect(new Set(seen.map(({ env }) => env.find((item) => item.startsWith('MOSAIC_HOME='))))).toEqual(
        new Set([`MOSAIC_HOME=${latin(home.home)}`]),
      );
      await live.must('verify');
      told(
        'as an argument of an agent',
        seen.flatMap(({ argv }) => argv.slice(3)),
      );
      told('in the environment of an agent', seen.flatMap(valuesOf));
    },
    PATIENCE_MS,
  );

  it(
    'are words of a unit as the manager reads it',
    async () => {
      expect(await throughSystemd(tempHome(), LINES)).toEqual(LINES);
      told('as a word of a unit', LINES);
    },
    PATIENCE_MS,
  );

  it(
    'are words of tmux, in a file and as arguments',
    async () => {
      const { file, argument } = await throughTmux(tempHome(), LINES);
      expect(file).toEqual(LINES);
      expect(argument).toEqual(LINES);
      told('as a word of a tmux file', file);
      told('as an argument of tmux', argument);
    },
    PATIENCE_MS,
  );

  it(
    'are values of an env file, in quotes and without',
    async () => {
      const { quoted, bare } = await throughEnvFiles(helpers, LINES);
      expect(quoted).toEqual(LINES.map(latin));
      expect(bare).toEqual(LINES.map((line) => latin(/^(["']).*\1$/s.test(line) ? line.slice(1, -1) : line)));
      told('as a value of an env file', quoted);
      told('as a value without quotes', bare);
    },
    PATIENCE_MS,
  );

  it('are never run', () => {
    expect(canaryRan()).toBe(false);
  });
});
