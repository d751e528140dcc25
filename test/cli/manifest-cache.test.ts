import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { recall, recallApplied, remember } from '../../src/cli/manifest-cache.ts';
import { createFileReader } from '../../src/host/files.ts';
import { createFileWriter } from '../../src/host/writer.ts';
import { BUILD } from '../support/build.ts';
import { fleetWith } from '../support/fleet.ts';

const fleet = fleetWith({ coder: '{ command: [codex] }' }, 'adapters: { ask: { dialog: Allow } }');
const files = createFileReader();
let home: string;
const path = (): string => join(home, 'state', fleet.name, 'manifest.json');

/** The entry with another fleet, under the sum that it had. */
function withFleet(text: string, other: object): string {
  const [sum = '', entry = ''] = text.split('\n');
  return `${sum}\n${JSON.stringify({ ...JSON.parse(entry), fleet: other })}`;
}

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), 'mosaic-cache-'));
  mkdirSync(join(home, 'state', fleet.name), { recursive: true });
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the manifest cache', () => {
  it('gives back what was remembered under the same key, and nothing under another', () => {
    remember(createFileWriter(), home, { fleet, warnings: [], key: 'k' });
    expect(recall(files, home, 'k')?.fleet.agents).toEqual(fleet.agents);
    expect(recall(files, home, 'other')).toBeUndefined();
  });

  it.each([
    ['a command that is not in the manifest', (text: string) => text.replace('codex', 'other')],
    ['half of it', (text: string) => text.slice(0, text.length / 2)],
    ['an empty fleet', (text: string) => withFleet(text, {})],
  ])('does not go by an entry that somebody changed: %s (F83)', (_what, change) => {
    remember(createFileWriter(), home, { fleet, warnings: [], key: 'k' });
    const text = readFileSync(path(), 'utf8');
    writeFileSync(path(), change(text));
    expect(recall(files, home, 'k')).toBeUndefined();
  });

  it('gives the last applied manifest without its text, unless another build or another hand wrote it', () => {
    remember(createFileWriter(), home, { fleet, warnings: [], key: 'k' });
    expect(recallApplied(files, home, fleet.name)?.agents).toEqual(fleet.agents);
    const text = readFileSync(path(), 'utf8');
    writeFileSync(path(), withFleet(text, { ...fleet, adapters: {} }));
    expect(recallApplied(files, home, fleet.name)).toBeUndefined();
    Object.assign(globalThis, { __MOSAIC_BUILD__: 'another' });
    remember(createFileWriter(), home, { fleet, warnings: [], key: 'k' });
    Object.assign(globalThis, { __MOSAIC_BUILD__: BUILD.build });
    expect(recallApplied(files, home, fleet.name)).toBeUndefined();
  });

  it('is no reason to fail when it cannot be written', () => {
    const elsewhere = join(home, 'none');
    expect(() => remember(createFileWriter(), elsewhere, { fleet, warnings: [], key: 'k' })).not.toThrow();
  });
});
