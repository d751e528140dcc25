/** Lines that quote something: a screen, a source line with its mark. Broken, they would say something else. */
const QUOTED = /^\s*\d*\s*\|/;

/** Breaks lines that are longer than a terminal between their words; what follows stands below what it belongs to. */
export const wrapped = (text: string, columns: number): string =>
  text
    .split('\n')
    .flatMap((line) => (widthOf(line) <= columns || QUOTED.test(line) ? [line] : wrapLine(line, columns)))
    .join('\n');

const widthOf = (text: string): number => Array.from(text).length;

function wrapLine(line: string, columns: number): readonly string[] {
  const indent = ' '.repeat(hangOf(line, columns));
  const lines: string[] = [];
  let open = '';
  // A word goes with the space before it: where a line begins, that is the indent of the first, and else none.
  for (const [word] of line.matchAll(/\s*\S+/g)) {
    if (open === '' || widthOf(open) + widthOf(word) <= columns) {
      open += word;
      continue;
    }
    lines.push(open);
    open = `${indent}${word.trimStart()}`;
  }
  return [...lines, open];
}

/** Below the last column of a table that begins in the first half; else a little further in than the line itself. */
function hangOf(line: string, columns: number): number {
  const gaps = [...line.matchAll(/\S( {2,})(?=\S)/g)].map(({ 0: gap, index }) => index + gap.length);
  const column = gaps.findLast((at) => at <= columns / 2);
  return column ?? Math.min(line.search(/\S|$/) + 2, Math.floor(columns / 2));
}
