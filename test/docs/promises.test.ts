import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { namedTest, testNames } from './test-names.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const safety = read('docs/safety.md');
const readme = read('README.md');

interface Promised {
  readonly promise: string;
  readonly tests: readonly string[];
}

/** The rows of every table of a page: what is promised, and each test that is said to prove it. */
const promisesOf = (page: string): readonly Promised[] =>
  [...page.matchAll(/^\| (?!promise|the README says)(.+?) \| (.*)\|$/gm)].map(([, promise = '', proof = '']) => ({
    promise,
    tests: proof.split('; [').map((text, at) => `${at === 0 ? '' : '['}${text}`.trim()),
  }));

/** Without line breaks and the targets of links, which differ from page to page. */
const inOneLine = (text: string): string =>
  text
    .replaceAll(/\[([^\]]+)\]\([^)]*\)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim();

/** The sentences of a part of the README that say something of mosaic, not of its reader. */
const sentencesOf = (part: string): readonly string[] =>
  part
    .replaceAll(/^```.*?^```$/gms, '')
    .replaceAll(/^#.*$/gm, '')
    .split(/\n\n|^- /m)
    .map(inOneLine)
    .flatMap((paragraph) => paragraph.split(/(?<=\.) (?=[A-Z`])/))
    .filter((sentence) => sentence !== '' && !sentence.startsWith('You '));

const section = (title: string): string => readme.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? '';

describe('the test that proves a promise', () => {
  const known = new Set(testNames().map(namedTest));

  it('exists, for every promise, by the name that is given', () => {
    const rows = promisesOf(safety);
    expect(rows.length).toBeGreaterThan(60);
    const wrong = rows.flatMap(({ promise, tests }) =>
      tests.filter((test) => !known.has(test)).map((test) => `${promise}: there is no ${test || 'test'}`),
    );
    expect(wrong).toEqual([]);
  });

  it('is missed where it was renamed', () => {
    expect(
      promisesOf('| A promise. | [x](../test/x.test.ts) *a thing is so*; [y](../test/y.test.ts) *it is* |'),
    ).toEqual([
      { promise: 'A promise.', tests: ['[x](../test/x.test.ts) *a thing is so*', '[y](../test/y.test.ts) *it is*'] },
    ]);
    expect(known.has('[x](../test/x.test.ts) *a thing is so*')).toBe(false);
  });
});

describe('the promises of the README', () => {
  const [, table = ''] = safety.split('## The README, sentence by sentence');
  const listed = promisesOf(table).map(({ promise }) => promise);

  it('stand in the table of safety, every one', () => {
    const [intro = ''] = readme.split(/^## /m);
    const said = [...sentencesOf(intro), ...sentencesOf(section('What it promises').replace('What it promises', ''))];
    expect(said.length).toBeGreaterThan(7);
    expect(said.filter((sentence) => !listed.includes(sentence))).toEqual([]);
  });

  it('are what the README says, word for word', () => {
    expect(listed.length).toBeGreaterThan(10);
    expect(listed.filter((sentence) => !inOneLine(readme).includes(sentence))).toEqual([]);
  });
});
