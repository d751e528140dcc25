import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lineMatches } from '../../src/agent/pattern.ts';
import { linePatternProblem } from '../../src/model/line-pattern.ts';

/** The same language by the engine of regular expressions: right, but not safe for any pattern. */
function byRegExp(pattern: string, line: string): boolean {
  const tokens = pattern.match(/\\[\\*^$]|[^]/gu) ?? [];
  const meaning = tokens.map((token, at) => {
    if (token === '*') return '[^]*';
    if (token === '^' && at === 0) return '^';
    if (token === '$' && at === tokens.length - 1 && (at > 0 || tokens[0] !== '^')) return '$';
    const text = token.length > 1 && token.startsWith('\\') ? token.slice(1) : token;
    return text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
  });
  return new RegExp(meaning.join('')).test(line);
}

const pieces = fc.constantFrom('a', 'b', 'ab', 'é', '😀', '*', '^', '$', '\\', '\\*', '\\$', '.', '[', '(', ' ');
const text = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(''));

describe('a line pattern', () => {
  it.each([
    ['esc to interrupt', '(3s • esc to interrupt)', true],
    ['esc to interrupt', '(3s • ESC to interrupt)', false],
    ['Working*esc to interrupt', 'Working (3s • esc to interrupt)', true],
    ['^> *', '> text', true],
    ['^>', 'a > b', false],
    ['left$', '100% context left', true],
    ['left$', 'left over', false],
    ['^>$', '>', true],
    ['^>$', '>>', false],
    ['^ab*ba$', 'aba', false],
    ['^ab*ba$', 'abba', true],
    ['a*a', 'a', false],
    ['3 \\* 4', '3 * 4', true],
    ['3 \\* 4', '3 x 4', false],
    ['\\^up', '^up', true],
    ['costs \\$', 'it costs $ 5', true],
    ['a^b', 'a^b', true],
    ['a$b', 'a$b', true],
    ['.*', 'anything', false],
    ['(y/n)', 'Go on? (y/n)', true],
  ])('%j on %j: %j', (pattern, line, matches) => {
    expect(lineMatches(pattern, line)).toBe(matches);
  });

  it('means the same as the regular expression it stands for', () => {
    const both = fc.property(text, text, (pattern, line) => {
      expect([pattern, line, lineMatches(pattern, line)]).toEqual([pattern, line, byRegExp(pattern, line)]);
    });
    fc.assert(both, { numRuns: 5000 });
  });

  it('never looks at more characters than the line and the pattern together ask for', () => {
    const pattern = `${'a*'.repeat(99)}b`;
    const line = 'a'.repeat(20_000);
    const started = performance.now();
    for (let turn = 0; turn < 100; turn += 1) expect(lineMatches(pattern, line)).toBe(false);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it.each([
    ['*', 'no text'],
    ['^$', 'no text'],
    ['^ *$', 'no text'],
    ['^ >', 'blank'],
    ['left $', 'blank'],
    ['\\d+ left', 'backslash'],
    ['tail\\', 'backslash'],
  ])('%j is refused: %s', (pattern, why) => {
    expect(linePatternProblem(pattern)).toContain(why);
  });

  it.each(['a', '^>$', 'a*b', '\\\\', '\\*', ' (y/n) '])('%j is sound', (pattern) => {
    expect(linePatternProblem(pattern)).toBeUndefined();
  });
});
