// Strings through the real readers of systemd, tmux, bash and the agents' own processes (test/system/strings.test.ts).
import { runTests, sectionText, sizeOf } from './tests.mjs';

export const title = 'Strings';
export { SIZE as options } from './tests.mjs';

export async function run(size) {
  const { seed, count, isPart } = sizeOf(size, 5000);
  const { held, seconds, seen } = await runTests({ file: 'test/system/strings.test.ts', count, seed, real: true });
  if (!held) return { text: `Strings: it did not hold with seed ${seed}.`, held };
  const text = sectionText({
    part: 'strings',
    what: `${count} strings through every reader in ${seconds} s (seed ${seed}): what YAML, units, tmux, bash and shells take for their own, and any other text.`,
    claims: 'Each came back byte for byte, in a home with a hostile name, and none of those that are commands was run.',
    seen,
    found: [],
  });
  return { text, held, isPart };
}
