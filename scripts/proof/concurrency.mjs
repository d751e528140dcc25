// Real commands at the same time, some of them killed (test/system/concurrency.test.ts).
import { runTests, sectionText, sizeOf } from './tests.mjs';

export const title = 'Concurrency';
export { SIZE as options } from './tests.mjs';

const FOUND = [
  'The `systemctl` of an apply that was killed went on while the next command already held the lock and changed things.',
];

export async function run(size) {
  const { seed, count, isPart } = sizeOf(size, 100);
  const { held, seconds, seen } = await runTests({ file: 'test/system/concurrency.test.ts', count, seed, real: true });
  if (!held) return { text: `Concurrency: it did not hold with seed ${seed}.`, held };
  const text = sectionText({
    part: 'concurrency',
    what: `${count} rounds of 8 commands at once in ${seconds} s (seed ${seed}): \`apply\` of ten manifests, \`stop\`, \`start\` and \`restart\`, half of them with a SIGKILL at any moment, under the user manager and under tmux alone.`,
    claims:
      'In each: by what the kernel saw, no two commands, and nothing they had started, changed anything at the same time; nobody holds the lock afterwards; one apply ends with 0, and so does verify.',
    seen,
    found: FOUND,
  });
  return { text, held, isPart };
}
