import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { namedTest, testNames, withoutRows } from './test-names.ts';

const PAGE = join(resolve(import.meta.dirname, '../..'), 'docs/faults.md');
const ROW = /^\| (F\d+) \| ([^|]+) \| ([^|]+) \| (?:(.*) )?\|$/gm;
const MAY_LACK_TESTS = 15;

interface Row {
  readonly id: string;
  readonly head: string;
  readonly tests: string;
}

const rowsOf = (page: string): readonly Row[] =>
  [...page.matchAll(ROW)].map(([, id = '', fault = '', then = '', tests = '']) => ({
    id,
    head: `| ${id} | ${fault} | ${then} |`,
    tests,
  }));

/** The tests of each row, as its last column names them. */
function testsByRow(): ReadonlyMap<string, string> {
  const found = new Map<string, string[]>();
  for (const test of testNames())
    for (const id of test.rows) found.set(id, [...(found.get(id) ?? []), namedTest(test)]);
  return new Map([...found].map(([id, names]) => [id, names.join('; ')]));
}

describe('the page of faults', () => {
  const tests = testsByRow();
  const filled = (page: string): string =>
    rowsOf(page).reduce((text, { id, head, tests: old }) => {
      const now = tests.get(id) ?? (old.startsWith('Not automated: ') ? old : '');
      return text.replace(`${head} ${old}${old === '' ? '' : ' '}|`, () => `${head} ${now}${now === '' ? '' : ' '}|`);
    }, page);
  const page = readFileSync(PAGE, 'utf8');
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PAGE, filled(page));
  const rows = rowsOf(readFileSync(PAGE, 'utf8'));

  it('has a row for each fault, in order', () => {
    expect(rows.map(({ id }) => id)).toEqual(
      Array.from({ length: 100 }, (_, at) => `F${at + 1}`.replace(/^F(\d)$/, 'F0$1')),
    );
  });

  it('names exactly the tests that bring the fault about', () => {
    expect(rows.map(({ id, tests: said }) => `${id} ${said}`)).toEqual(
      rows.map(({ id, tests: said }) => `${id} ${tests.get(id) ?? said}`),
    );
    expect([...tests.keys()].filter((id) => rows.every((row) => row.id !== id))).toEqual([]);
  });

  it('says of every fault without a test why it has none, and of few', () => {
    const without = rows.filter(({ id }) => !tests.has(id));
    expect(without.filter(({ tests: said }) => !/^Not automated: .{20,}\.$/.test(said))).toEqual([]);
    expect(without.length).toBeLessThanOrEqual(MAY_LACK_TESTS);
  });
});

it('the number of a fault is no part of what a test says', () => {
  expect(withoutRows('is put right (F20, F68)')).toBe('is put right');
});
