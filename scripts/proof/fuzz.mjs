// Manifests of the schema with mistakes of every kind, and bytes (test/manifest/fuzz-process.test.ts).
import { runTests, sectionText, sizeOf, together } from './tests.mjs';

export const title = 'Fuzz';
export { SIZE as options } from './tests.mjs';

/** Two at a time; each its own seed. */
const SHARDS = 2;

const FOUND = ['A `spec.notify` that is no list of texts ended every command as a bug, instead of with its place.'];

export async function run(size) {
  const { seed, count, isPart } = sizeOf(size, 50_000);
  const file = 'test/manifest/fuzz-process.test.ts';
  const shards = Array.from({ length: SHARDS }, (_, at) => ({
    file,
    count: Math.ceil(count / SHARDS),
    seed: seed + at,
  }));
  const runs = await Promise.all(shards.map(runTests));
  const held = runs.every((one) => one.held);
  const seconds = Math.max(...runs.map((one) => one.seconds));
  const seen = together(runs.map((one) => one.seen));
  if (!held) return { text: `Fuzz: it did not hold with seed ${seed}.`, held };
  const text = sectionText({
    part: 'fuzz',
    what: `${count} manifests in ${seconds} s (${SHARDS} processes, seeds from ${seed} on): made from the schema, then changed in up to three places of their tree (types, keys, depth, size) and up to two of their bytes, and bytes alone.`,
    claims:
      'Each gives a fleet or complaints that have their place inside the text and show no control character; none throws, none takes more than 2 s of CPU, and the process that reads them all stays below 300 MiB.',
    seen,
    found: FOUND,
  });
  return { text, held, isPart };
}
