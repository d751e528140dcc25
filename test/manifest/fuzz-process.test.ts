import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { cleanUp, runMosaic, tempHome } from '../support/harness.ts';
import { PATIENCE_MS, report, sizeOr } from '../support/proof.ts';
import { anyManifest } from './any-manifest.ts';
import { brokenBy } from './promises.ts';
import { parse } from './support.ts';

const { count, seed } = sizeOr(2000);
const PARSER = new URL('../fixtures/bin/parse-manifests.mjs', import.meta.url).pathname;
const MAX_MS = 2000;
const MAX_MIB = 300;

interface Told {
  readonly manifests: number;
  readonly valid: number;
  readonly thrown: readonly string[];
  readonly longestMs: number;
  readonly peakMiB: number;
}

/** A process that does nothing but read manifests: what it needs is what they need. */
function startParser(): { readonly feed: (bytes: Buffer) => Promise<void>; readonly end: () => Promise<Told> } {
  const child = spawn(process.execPath, ['--expose-gc', PARSER], { stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close');
  return {
    feed: async (bytes) => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      child.stdin.write(length);
      if (!child.stdin.write(bytes)) await once(child.stdin, 'drain');
    },
    end: async () => {
      child.stdin.end();
      await ended;
      return JSON.parse(output);
    },
  };
}

afterAll(cleanUp);

describe(`S17: ${count} manifests of the schema, with mistakes of every kind`, () => {
  it(
    `are each answered as promised, within ${MAX_MS} ms and ${MAX_MIB} MiB`,
    async () => {
      const parser = startParser();
      let valid = 0;
      await fc.assert(
        fc.asyncProperty(anyManifest, async (bytes) => {
          await parser.feed(bytes);
          const answer = parse(bytes);
          expect(brokenBy(answer)).toEqual([]);
          if (answer.fleet !== undefined) valid += 1;
        }),
        { numRuns: count, seed, endOnFailure: true },
      );
      const told = await parser.end();
      expect(told).toMatchObject({ manifests: count, valid, thrown: [] });
      // Both kinds have to be there, or nothing was tried.
      expect(valid).toBeGreaterThan(count / 20);
      expect(valid).toBeLessThan(count / 2);
      expect(told.longestMs).toBeLessThan(MAX_MS);
      expect(told.peakMiB).toBeLessThan(MAX_MIB);
      const { longestMs, peakMiB } = told;
      report({
        manifests: count,
        valid,
        refused: count - valid,
        'ms of CPU at most': Math.ceil(longestMs),
        'MiB at most': peakMiB,
      });
    },
    PATIENCE_MS,
  );

  it(
    'are each answered by the command line with 0 or 65 and valid JSON',
    async () => {
      const home = tempHome();
      const some = fc.sample(anyManifest, { numRuns: Math.ceil(count / 500), seed: seed + 1 });
      for (const input of some) {
        const ended = await runMosaic(['fleet', 'validate', '-', '-o', 'json'], { home, input });
        const isValid = parse(input).fleet !== undefined;
        expect({ exit: ended.exitCode, manifest: input.toString('base64').slice(0, 2000) }).toMatchObject({
          exit: isValid ? 0 : 65,
        });
        expect(ended.json()).toMatchObject({ formatVersion: '1.0', valid: isValid });
      }
      report({ 'by the command line': some.length });
    },
    PATIENCE_MS,
  );
});
