import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { thisHostId } from '../../src/host/host-id.ts';
import { programsIn } from '../../src/host/path-fact.ts';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mosaic-programs-'));
  for (const name of ['b', 'a', 'data']) writeFileSync(join(directory, name), '');
  for (const name of ['a', 'b']) chmodSync(join(directory, name), 0o755);
  mkdirSync(join(directory, 'folder'));
  symlinkSync('a', join(directory, 'link'));
  symlinkSync('nowhere', join(directory, 'broken'));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the programs in a directory', () => {
  it('are its files that can be run, by name and through links, and nothing else', () => {
    expect(programsIn(directory)).toEqual(['a', 'b', 'link']);
  });

  it('are none where there is no such directory', () => {
    expect(programsIn(join(directory, 'none'))).toEqual([]);
    expect(programsIn(join(directory, 'a', 'below'))).toEqual([]);
  });

  it('are unknown, not none, where nobody can look', () => {
    expect(programsIn(join(directory, 'x'.repeat(300)))).toBeUndefined();
  });
});

describe('the name of a host', () => {
  it('is the same each time, and not the confidential machine id', () => {
    expect(thisHostId()).toMatch(/^[0-9a-f]{32}$/);
    expect(thisHostId()).toBe(thisHostId());
  });
});
