import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';

const ROOT = resolve(import.meta.dirname, '../..');
const LISTS = join(ROOT, 'test/proof/defects');

type Defect = Readonly<Record<'name' | 'file' | 'old' | 'new' | 'test' | 'title', string>>;

const defects = readdirSync(LISTS).flatMap((file): readonly Defect[] => parse(readFileSync(join(LISTS, file), 'utf8')));
const read = (path: string): string => (existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), 'utf8') : '');
const namesOf = (bad: (defect: Defect) => boolean): readonly string[] => defects.filter(bad).map(({ name }) => name);

describe('the seeded defects', () => {
  it('are at least forty, each with a name of its own', () => {
    expect(new Set(defects.map(({ name }) => name)).size).toBe(defects.length);
    expect(defects.length).toBeGreaterThanOrEqual(40);
  });

  it('can be put in: each old text is in its file, once', () => {
    expect(namesOf((defect) => defect.new === defect.old || read(defect.file).split(defect.old).length !== 2)).toEqual(
      [],
    );
  });

  it('name tests that are there', () => {
    // A contract that several files share has its tests beside it.
    const textsOf = ({ test }: Defect): readonly string[] => [test, test.replace('.test.ts', '.ts')].map(read);
    expect(namesOf((defect) => !textsOf(defect).some((text) => text.includes(defect.title)))).toEqual([]);
  });
});
