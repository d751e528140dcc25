import { describe, expect, it } from '@jest/globals';
import { pageText } from '../../src/cli/screen.ts';

const page = (...lines: readonly (readonly [string, number])[]) => lines.map(([text, rank]) => ({ text, rank }));
const shown = (lines: ReturnType<typeof page>, columns: number, rows: number): readonly string[] =>
  pageText(lines, { columns, rows }, (line) => line)
    .replaceAll('\u001b[K', '')
    .split('\r\n')
    .slice(0, -1);

describe('a page on a terminal', () => {
  it('shows where a line was cut', () => {
    expect(shown(page(['12345', 0], ['1234', 0], ['ä→ö…ü', 0]), 4, 9)).toEqual(['123…', '1234', 'ä→ö…']);
  });

  it('keeps on a low terminal what needs a person, in its place, and counts the rest', () => {
    const lines = page(['head', 3], ['', 4], ['a', 3], ['b', 3], ['needs you', 0], ['note', 2], ['', 4], ['Ready', 1]);
    expect(shown(lines, 80, 9)).toHaveLength(8);
    expect(shown(lines, 80, 8)).toEqual(['head', '', 'a', 'b', 'needs you', 'note', 'Ready']);
    expect(shown(lines, 80, 7)).toEqual(['head', 'a', 'b', 'needs you', 'note', 'Ready']);
    expect(shown(lines, 80, 6)).toEqual(['head', 'needs you', 'note', 'Ready', '… 2 more lines']);
    expect(shown(lines, 80, 3)).toEqual(['needs you', '… 5 more lines']);
    expect(shown(lines, 80, 1)).toEqual(['… 6 more lines']);
    expect(shown(page(['a', 0], ['b', 0], ['c', 0], ['d', 0]), 80, 4)).toEqual(['a', 'b', '… 2 more lines']);
  });

  it('goes on in the next line, between words, where all of the page has room', () => {
    const lines = page(['a running', 3], ['  coder waits for a person', 2]);
    expect(shown(lines, 16, 9)).toEqual(['a running', '  coder waits', '    for a person']);
    expect(shown(lines, 16, 3)).toEqual(['a running', '  coder waits f…']);
  });
});
