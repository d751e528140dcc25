import { describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { sh } from '../support/process.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** The machine need not have git, so its words are given here. */
const NAMES = `
import { sourceNow } from './scripts/proof/source.mjs';
const said = ['', ' M docs/proof.md', ' M docs/proof.md\\n M src/a.ts', '?? src/b.ts', undefined];
const names = said.map((status) => sourceNow((command) => (command === 'status' ? status : 'abc1234')));
console.log(JSON.stringify({ now: sourceNow(), names }));`;

describe('the report of the proof', () => {
  it('names the commit that a part ran on, and whether anything but the report differed from it', async () => {
    const ended = await sh([process.execPath, '--input-type=module', '-e', NAMES], { cwd: ROOT });
    const [commit, other] = [/^commit abc1234 \(2\d{3}-\d\d-\d\d\)$/, /^commit abc1234\+ \(2\d{3}-\d\d-\d\d\)$/];
    expect(ended.json()).toEqual({
      now: expect.stringMatching(/^(commit [\da-f]{7,40}\+?|build [\da-f]{16}) \(2\d{3}-\d\d-\d\d\)$/),
      names: [commit, commit, other, other, /^build [\da-f]{16} /].map((name) => expect.stringMatching(name)),
    });
  });
});
