import { applySgr, PLAIN, sameStyle, sgrOf, type Style } from './style.ts';

/** One line of a terminal that any terminal may be given. */
export interface CleanLine {
  /** The text alone: printable characters and tabs. */
  readonly plain: string;
  /** The same text with its colours; begins and ends in the terminal's own style. */
  readonly styled: string;
}

/**
 * Cleans the lines of one terminal in their order: colours and the line-drawing set go on from one line to the next, as
 * `capture-pane -e` writes them. Every other control sequence is left out; stray controls, bidi and invisible
 * characters show as escapes. `\n` ends a line and is none of it.
 */
export function createCleaner(): (line: string) => CleanLine {
  let style: Style = PLAIN;
  let drawing = false;
  return (line) => {
    const ink = inkwell();
    for (const { 0: piece, groups } of line.replace(/\r$/, '').matchAll(PIECES)) {
      if (groups?.['final'] === 'm') style = applySgr(style, groups['params'] ?? '');
      else if (piece === SHIFT_OUT || piece === SHIFT_IN) drawing = piece === SHIFT_OUT;
      else if (groups?.['text'] !== undefined) ink.write(style, shown(drawing ? drawn(piece) : piece));
    }
    return ink.line();
  };
}

/** Text of any size and any origin, line by line, for a terminal without colours. */
export function sanitise(text: string): string {
  const clean = createCleaner();
  return text
    .split('\n')
    .map((line) => clean(line).plain)
    .join('\n');
}

const SHIFT_OUT = '\u000e';
const SHIFT_IN = '\u000f';

/** CSI sequences, strings up to their end (OSC, DCS, SOS, PM, APC), other escapes, shifts, and text (ECMA-48 5). */
const PIECES = new RegExp(
  [
    /(?:\u001b\[|\u009b)(?<params>[0-?]*)[ -/]*(?<final>[@-~])/,
    /(?:\u001b[\]PX^_]|[\u0090\u0098\u009d-\u009f])[^\u0007\u001b\u009c]*(?:\u0007|\u001b\\|\u009c)?/,
    /\u001b[ -/]*[0-~]?|\u009b|[\u000e\u000f]/,
    /(?<text>[^\u001b\u009b\u0090\u0098\u009d-\u009f\u000e\u000f]+)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gu',
);

interface Inkwell {
  write(style: Style, text: string): void;
  line(): CleanLine;
}

function inkwell(): Inkwell {
  let plain = '';
  let styled = '';
  let inked: Style = PLAIN;
  const ink = (style: Style): void => {
    if (!sameStyle(inked, style)) styled += sgrOf(style);
    inked = style;
  };
  return {
    write: (style, text) => {
      ink(style);
      plain += text;
      styled += text;
    },
    line: () => {
      ink(PLAIN);
      return { plain, styled };
    },
  };
}

/** Zero-width joiners stay: they hold emoji together. Everything else here steers a terminal, or the reader. */
const UNSEEN =
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

const shown = (text: string): string =>
  text.replaceAll(UNSEEN, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);

/** The DEC special graphics set, from `_` on (vt100 user guide, table 3-9). */
const GRAPHICS = Array.from(' ◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·');

const drawn = (text: string): string =>
  text.replaceAll(/[_-~]/g, (character) => GRAPHICS[character.charCodeAt(0) - 0x5f] ?? character);
