import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeFileSync } from 'node:fs';
import { live } from './lives.ts';
import { anyWorld } from './worlds.ts';

const WORLDS = Number(process.env['MOSAIC_WORLDS'] ?? 10_000);
/** `SEED`, or `SEED:PATH` to see one world again: what a failure prints. */
const [SEED = '', PATH] = (process.env['MOSAIC_SEED'] ?? '20260101').split(/:(.*)/s);

const tally = new Map<string, number>();

afterAll(() => {
  const report = process.env['MOSAIC_PROOF_REPORT'];
  if (report === undefined) return;
  const counts = Object.fromEntries([...tally].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(report, JSON.stringify({ worlds: WORLDS, seed: Number(SEED), counts }));
});

describe('any world', () => {
  it('converges, stays, and keeps what is not ours', async () => {
    await fc.assert(
      fc.asyncProperty(anyWorld, async (world) => {
        const { broken, tally: words } = await live(world);
        for (const word of words) tally.set(word, (tally.get(word) ?? 0) + 1);
        expect(broken).toEqual([]);
      }),
      { numRuns: WORLDS, seed: Number(SEED), ...(PATH === undefined ? {} : { path: PATH }) },
    );
  }, 3_600_000);
});
