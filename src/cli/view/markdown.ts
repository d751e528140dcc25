import { printable } from './printable.ts';

/** GitHub takes comments of 65,536 characters; room is left for what a script writes around them. */
const MAX_BYTES = 60_000;
/** For the line that tells what was left out. */
const RESERVE = 200;

/** Text of anybody as nothing but text: it opens no tag, no link, no table cell and mentions nobody. */
export const plain = (text: string): string =>
  printable(text)
    .replaceAll(/[\\`*_[\]<>&|#~]/g, String.raw`\$&`)
    .replaceAll('@', '@&#8203;');

/** The same as code, in a cell too: there a bar must be escaped even in code. */
export function codeSpan(text: string): string {
  const shown = printable(text).replaceAll('|', String.raw`\|`);
  const longest = Math.max(0, ...[...shown.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  const pad = /^`|`$|^ .* $/.test(shown) ? ' ' : '';
  return shown === '' ? '' : `${fence}${pad}${shown}${pad}${fence}`;
}

/** A part of a page: `head` and `foot` stand only where at least one of the lines does. */
export interface Section {
  readonly head: readonly string[];
  readonly lines: readonly string[];
  readonly foot?: readonly string[];
}

/** Folded away until somebody asks. */
export const folded = (title: string, lines: readonly string[], head: readonly string[] = []): Section => ({
  head: ['', '<details>', `<summary>${title}</summary>`, '', ...head],
  lines,
  foot: ['', '</details>'],
});

/** A page of at most 60 kB: what comes first stays, and a last line says how much of the rest was left out. */
export function cappedPage(title: readonly string[], sections: readonly Section[], where: string): string {
  let left = MAX_BYTES - RESERVE - bytesOf(title);
  let leftOut = 0;
  const body = sections.flatMap(({ head, lines, foot = [] }) => {
    const around = bytesOf([...head, ...foot]);
    let room = left - around;
    const fitting = lines.filter((line) => {
      const size = bytesOf([line]);
      // Nothing stands on a page without what came before it.
      room = size > room ? 0 : room - size;
      return room > 0;
    });
    leftOut += lines.length - fitting.length;
    if (fitting.length === 0) return [];
    left = room;
    return [...head, ...fitting, ...foot];
  });
  const note = leftOut === 0 ? [] : ['', `${leftOut} more lines were left out: this page has at most 60 kB. ${where}`];
  return [...title, ...body, ...note, ''].join('\n');
}

const bytesOf = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
