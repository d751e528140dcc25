import type { Diagnostic } from '../model/diagnostic.ts';
import { hideSecrets } from '../model/secret.ts';
import { escapeUnsafe } from './show.ts';

/** More than a screenful helps nobody. */
const MAX_SHOWN = 20;
/** Columns shown before and after the mark of a long line. */
const BEFORE = 60;
const AFTER = 100;
/** How far around a mark secrets are looked for; far enough that a cut cannot hide one from the search. */
const REACH = 4000;

/** `file:line:col: message`, the line with a caret under the mark, and the hint. Safe to print on a terminal. */
export function formatDiagnostic(diagnostic: Diagnostic, text: string): string {
  const { file, line, col, severity, message, hint } = diagnostic;
  const label = severity === 'warning' ? 'warning: ' : '';
  const head = `${escapeUnsafe(file)}:${line}:${col}: ${label}${escapeUnsafe(message)}`;
  const tail = hint === undefined ? [] : [`  hint: ${escapeUnsafe(hint)}`];
  return [head, ...frame(diagnostic, text), ...tail].join('\n');
}

/** All of them, a blank line between two; from the 21st on only counted. */
export function formatDiagnostics(diagnostics: readonly Diagnostic[], text: string): string {
  const shown = diagnostics.slice(0, MAX_SHOWN).map((diagnostic) => formatDiagnostic(diagnostic, text));
  const more = diagnostics.length - shown.length;
  return [...shown, ...(more > 0 ? [`... and ${more} more`] : [])].join('\n\n');
}

function frame({ line, col, length }: Diagnostic, text: string): readonly string[] {
  const source = lineAt(text, line);
  if (source.trim() === '') return [];
  const from = Math.max(0, col - 1 - REACH);
  const window = hideSecrets(source.slice(from, col - 1 + REACH));
  const mark = col - 1 - from;
  const start = Math.max(0, mark - BEFORE);
  const before = (start > 0 || from > 0 ? '…' : '') + printable(window.slice(start, mark));
  const marked = printable(window.slice(mark, mark + Math.min(length, AFTER)));
  const after = printable(window.slice(mark + Math.min(length, AFTER), mark + AFTER));
  const end = mark + AFTER < window.length ? '…' : '';
  const number = String(line).padStart(5);
  const carets = '^'.repeat(Math.max(1, width(marked)));
  return [`${number} | ${before}${marked}${after}${end}`, `${' '.repeat(5)} | ${' '.repeat(width(before))}${carets}`];
}

function lineAt(text: string, line: number): string {
  let start = 0;
  for (let current = 1; current < line; current += 1) start = text.indexOf('\n', start) + 1;
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? text.length : end).trimEnd();
}

/** A tab becomes one space, so that the caret stands where the eye looks. */
const printable = (text: string): string => escapeUnsafe(text.replaceAll('\t', ' '));

const ZERO_WIDTH = /\p{M}/u;
const DOUBLE_WIDTH =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;

/** Columns on a terminal, near enough for a caret. */
function width(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (DOUBLE_WIDTH.test(character)) columns += 2;
    else if (!ZERO_WIDTH.test(character)) columns += 1;
  }
  return columns;
}
