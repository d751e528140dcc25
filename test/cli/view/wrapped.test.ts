import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { wrapped } from '../../../src/cli/view/wrapped.ts';

const lines = (text: string, columns = 40): readonly string[] => wrapped(text, columns).split('\n');

describe('a text on a terminal', () => {
  it('is left as it is where it fits', () => {
    const text = `${'x'.repeat(40)}\n\n  two  spaces  \n`;
    expect(wrapped(text, 40)).toBe(text);
  });

  it('ends its lines between words, and goes on below the column it belongs to', () => {
    expect(lines('! coder  blocked (foreign): a session stands where coder belongs')).toEqual([
      '! coder  blocked (foreign): a session',
      '         stands where coder belongs',
    ]);
    expect(lines('      It is left alone; rename or end it yourself, then apply.')).toEqual([
      '      It is left alone; rename or end it',
      '        yourself, then apply.',
    ]);
    expect(lines('OtherFleet: this home still holds fleet old (3 agents)')).toEqual([
      'OtherFleet: this home still holds fleet',
      '  old (3 agents)',
    ]);
  });

  it('keeps a word whole that is longer than a line', () => {
    const path = `/${'directory/'.repeat(6)}`;
    expect(lines(`wrote ${path} for you`)).toEqual(['wrote', `  ${path}`, '  for you']);
  });

  it('goes never further in than half of it, and loses no word', () => {
    const text = `${' '.repeat(60)}some words  ${'and more '.repeat(20)}`.trimEnd();
    for (const columns of [2, 10, 40, 79]) {
      const broken = lines(text, columns);
      expect(broken.join(' ').split(/\s+/)).toEqual(text.split(/\s+/));
      for (const line of broken.slice(1)) expect(line.search(/\S/)).toBeLessThanOrEqual(columns / 2);
    }
  });

  it('leaves alone what it quotes: a screen, a line of the manifest and its mark', () => {
    const quoted = [`    | ${'word '.repeat(20)}`, `   12 | ${'word '.repeat(20)}`, `      | ${' '.repeat(80)}^^^`];
    expect(lines(quoted.join('\n'))).toEqual(quoted);
  });
});

const root = new URL('../../../', import.meta.url);

const read = (path: string): readonly string[] => readFileSync(new URL(path, root), 'utf8').split('\n');

const filesBelow = (path: string, end: string): readonly string[] =>
  readdirSync(new URL(path, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(end))
    .map((name) => `${path}/${name}`);

/** The texts of the sources, each with a name where a value belongs. */
const sourceTexts = (): readonly string[] =>
  filesBelow('src', '.ts')
    .flatMap(read)
    .flatMap((line) => [...line.matchAll(/'((?:[^'\\]|\\.)+)'|`([^`]+)`/g)].map(([, plain, filled]) => plain ?? filled))
    .map((text = '') => text.replaceAll(/\$\{[^}]*\}/g, 'reviewer-of-everything').replaceAll('\\n', ' '));

const planTexts = (): readonly string[] => filesBelow('test/golden', '.plan').flatMap(read);

const errorHints = (): readonly string[] =>
  read('docs/reference/errors.md').flatMap((row) => row.split(' | ').slice(-1));

const COMMANDS =
  /\b(?:mosaic (?:fleet|agent) |systemctl --user|journalctl --user|loginctl )[^(;,)`]*?(?=$|[;,)`]| \(|\. | {2})/g;

describe('a command that somebody is to copy', () => {
  it('is broken in no message, at no width, and all words of the message are there', () => {
    const messages = [...planTexts(), ...errorHints(), ...sourceTexts()].map((text) => `coder  ${text}`.trimEnd());
    const commandsOf = (text: string): readonly string[] => text.match(COMMANDS)?.map((one) => one.trim()) ?? [];
    const wrong: unknown[] = [];
    for (const message of messages) {
      for (let columns = 40; columns <= 100; columns++) {
        const broken = wrapped(message, columns);
        const isWhole = commandsOf(message).every((command) => broken.includes(command));
        if (!isWhole || broken.split(/\s+/).join(' ') !== message.split(/\s+/).join(' ')) wrong.push([columns, broken]);
      }
    }
    expect(wrong).toEqual([]);
    expect(messages.flatMap(commandsOf).length).toBeGreaterThan(100);
  });

  it('stands on a line of its own where it does not fit beside what is before it', () => {
    expect(lines('this home still holds fleet old: mosaic fleet destroy --fleet old')).toEqual([
      'this home still holds fleet old:',
      '  mosaic fleet destroy --fleet old',
    ]);
    expect(lines('coder is held by stop; see the log (mosaic fleet start coder) or ask.')).toEqual([
      'coder is held by stop; see the log',
      '  (mosaic fleet start coder) or ask.',
    ]);
  });

  it('is left to the terminal where it is longer, up to the end of its clause', () => {
    const unit = `systemctl --user status mosaic-${'long-'.repeat(8)}name@reviewer.service`;
    expect(lines(`How it is: ${unit}. What it does: see the journal`)).toEqual([
      'How it is:',
      `  ${unit}.`,
      '  What it does: see the journal',
    ]);
  });

  it.each([
    "cd '/home/ada/my, (own) place; here' && node scripts/build.mjs",
    String.raw`cd '/home/ada/it'\''s; here' && node scripts/build.mjs`,
    "mosaic fleet init --agent reviewer='codex; review, (all)' -f ./a.yaml",
    'mosaic agent send coder "one. two, three (four); five"',
    '`git diff, all; of it | mosaic agent send coder -`.',
    'mosaic agent send --selector team=a,role=b -- git log',
    'chmod 0700 /home/ada/some/long/directory/name',
  ])('keeps its quoted words: %s', (command) => {
    expect(lines(`some words to stand before it: ${command}`)).toEqual([
      'some words to stand before it:',
      `  ${command}`,
    ]);
  });

  it('is no sentence about mosaic, tmux or systemctl', () => {
    const text = 'mosaic never writes through a link and tmux was replaced while systemctl says yes to all of it';
    for (const line of lines(text)) expect(line.length).toBeLessThanOrEqual(40);
  });
});
