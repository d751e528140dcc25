// Manifests of the schema with mistakes of every kind, and bytes (test/manifest/fuzz-process.test.ts).
import { runTests, sectionText, sizeOf } from './tests.mjs';

export const title = 'Fuzz';

const FOUND = ['A `spec.notify` that is no list of texts ended every command as a bug, instead of with its place.'];

export async function run(options) {
  const { seed, count, isPart } = sizeOf(options, 50_000);
  const { held, seconds, seen } = await runTests({ file: 'test/manifest/fuzz-process.test.ts', count, seed });
  if (!held) return { text: `Fuzz: it did not hold with seed ${seed}.`, held };
  const text = sectionText({
    part: 'fuzz',
    what: `${count} manifests in ${seconds} s (seed ${seed}): made from the schema, then changed in up to three places of their tree (types, keys, depth, size) and up to two of their bytes, and bytes alone.`,
    claims:
      'Each gives a fleet or complaints that have their place inside the text and show no control character; none throws, none takes more than 2 s of CPU, and the process that reads them all stays below 300 MiB.',
    seen,
    found: FOUND,
  });
  return { text, held, isPart };
}
