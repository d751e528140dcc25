/** A command line split into words, or why it cannot be. */
export type Words = { readonly words: readonly string[] } | Problem;

interface Problem {
  readonly problem: string;
  readonly hint: string;
}

const SHELL_HINT =
  'Only words are split here, as a POSIX shell would; for a shell line write `shell: "…"` in the manifest.';

/** Splits like a POSIX shell: quotes and backslashes are honoured, nothing is expanded, operators are refused. */
export function splitWords(line: string): Words {
  const words: string[] = [];
  let rest = line.trimStart();
  while (rest !== '') {
    const word = takeWord(rest);
    if ('problem' in word) return word;
    words.push(word.text);
    rest = word.rest.trimStart();
  }
  return { words };
}

interface Taken {
  readonly text: string;
  readonly rest: string;
}

function takeWord(line: string): Taken | Problem {
  let text = '';
  let rest = line;
  while (rest !== '' && !/^\s/.test(rest)) {
    const piece = takePiece(rest);
    if ('problem' in piece) return piece;
    text += piece.text;
    rest = piece.rest;
  }
  return { text, rest };
}

const PIECES: readonly (readonly [RegExp, (inside: string) => string])[] = [
  [/^'([^']*)'/, (inside) => inside],
  [/^"((?:[^"\\]|\\[\s\S])*)"/, (inside) => inside.replaceAll(/\\([$`"\\])/g, '$1')],
  [/^\\([\s\S])/, (inside) => inside],
  [/^([^\s'"\\$;|&<>`()])/, (inside) => inside],
];

/** One quoted part, one escaped character or one plain character. */
function takePiece(line: string): Taken | Problem {
  for (const [pattern, meaning] of PIECES) {
    const [whole, inside] = pattern.exec(line) ?? [];
    if (whole !== undefined) return { text: meaning(inside ?? ''), rest: line.slice(whole.length) };
  }
  if (/^['"\\]/.test(line)) {
    return { problem: 'has a quote or backslash that nothing ends', hint: 'Close it, or escape it with a backslash.' };
  }
  return { problem: `holds an unquoted ${line.slice(0, 1)}`, hint: SHELL_HINT };
}

const PLAIN_WORD = /^[A-Za-z0-9_@%+=:,./-]+$/;

/** Words as a person would type them in a shell: those that need it in single quotes. The way back from `splitWords`. */
export const joinWords = (words: readonly string[]): string =>
  words.map((word) => (PLAIN_WORD.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)).join(' ');
