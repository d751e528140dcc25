import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, it } from '@jest/globals';

const TESTS = resolve(import.meta.dirname, '..');
/** Dependencies, templates, includes and roles: a manifest has none of them. */
const NOT_THERE: ReadonlySet<string> = new Set(['B69', 'B71', 'B73', 'B74']);
const LAST = 85;

const sources = readdirSync(TESTS, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'));
const titles = sources.flatMap(
  (name) => readFileSync(join(TESTS, name), 'utf8').match(/['`(]B\d\d(?:, B\d\d)*[:)]/g) ?? [],
);
const manifests = ['ok', 'bad'].flatMap((kind) => readdirSync(join(TESTS, 'corpus', kind)));

it('every row of bad input has a test named by it', () => {
  const named = new Set([
    ...titles.flatMap((title) => title.match(/B\d\d/g) ?? []),
    ...manifests.filter((name) => /^\d\d-.*\.yaml$/.test(name)).map((name) => `B${name.slice(0, 2)}`),
  ]);
  const rows = Array.from({ length: LAST }, (_, at) => `B${String(at + 1).padStart(2, '0')}`);
  expect(rows.filter((row) => !NOT_THERE.has(row) && !named.has(row))).toEqual([]);
  expect([...named].filter((row) => !rows.includes(row) || NOT_THERE.has(row))).toEqual([]);
});
