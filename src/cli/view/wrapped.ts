/** Lines that quote something: a screen, a source line with its mark. Broken, they would say something else. */
const QUOTED = /^\s*\d*\s*\|/;

/** How a command begins that somebody is to copy: after `mosaic` alone a sentence may go on just as well. */
const COMMAND =
  /(?:mosaic (?:fleet|agent|-)|(?:systemctl|journalctl|tmux|kill|install) -|kill \d|(?:loginctl|chmod|apt-get) |cd ')/;

/** Where its clause ends; quoted words of it may hold all of that. */
const CLAUSE_END = /\s*$| {2}| \(|[;,)\]](?:\s|$)|(?<=[^\s.])\.(?:\s|$)/;
const SHELL_QUOTED = /(?<=[\s=])(?:'[^']*'(?:\\''[^']*')*|"[^"]*")/;

/** What no line ends within, with the space before it: a word, or a command, of which a shell would run half. */
const PIECE = new RegExp(
  `\\s*(?:${[
    '[^\\s\\w`]*`[^`]+`',
    `[^\\s\\w]*(?=${COMMAND.source})\\w+ (?:${SHELL_QUOTED.source}|(?!${CLAUSE_END.source}).)*`,
    '(?=\\S)',
  ].join('|')})\\S*`,
  'g',
);

/** Breaks lines longer than a terminal between words, never in a command; what follows stands below what it belongs to. */
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
  // A piece goes with the space before it: where a line begins, that is the indent of the first, and else none.
  for (const [piece] of line.matchAll(PIECE)) {
    if (open === '' || widthOf(open) + widthOf(piece) <= columns) {
      open += piece;
      continue;
    }
    lines.push(open);
    open = `${indent}${piece.trimStart()}`;
  }
  return [...lines, open];
}

/** Below the last column of a table that begins in the first half; else a little further in than the line itself. */
function hangOf(line: string, columns: number): number {
  const gaps = [...line.matchAll(/\S( {2,})(?=\S)/g)].map(({ 0: gap, index }) => index + gap.length);
  const column = gaps.findLast((at) => at <= columns / 2);
  return column ?? Math.min(line.search(/\S|$/) + 2, Math.floor(columns / 2));
}
