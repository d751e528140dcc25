// What steers a terminal, through every place that shows what others wrote (test/cli/view/terminal.test.ts).
import { runTests, sectionText, sizeOf } from './tests.mjs';

export const title = 'Terminal';
export { SIZE as options } from './tests.mjs';

const FOUND = [
  'JSON output held DEL, C1 and bidi characters as they were: `-o json` on a terminal obeyed them.',
  'Warnings of a command that changes something, the trouble of `status --watch` and the story of a bug showed paths and words of tmux unescaped.',
  'The report of verify showed the path of the default socket and the names of your sessions as markdown.',
  'A long command or description of the roster was cut in the middle of a character.',
  'On a terminal that has no size, `status --watch` showed empty lines.',
];

export async function run(size) {
  const { seed, count, isPart } = sizeOf(size, 10_000);
  const { held, seconds, seen } = await runTests({ file: 'test/cli/view/terminal.test.ts', count, seed });
  if (!held) return { text: `Terminal: it did not hold with seed ${seed}.`, held };
  const text = sectionText({
    part: 'terminal',
    what: `${count} streams of bytes and a corpus of attacks through every view in ${seconds} s (seed ${seed}).`,
    claims:
      'An oracle of its own, with the states of a VT500, says what a terminal would do with what is shown: nothing but characters, new lines and tabs; colours in `agent tail` alone.',
    seen,
    found: FOUND,
  });
  return { text, held, isPart };
}
