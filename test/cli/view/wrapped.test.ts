import { describe, expect, it } from '@jest/globals';
import { wrapped } from '../../../src/cli/view/wrapped.ts';

const lines = (text: string, columns = 40): readonly string[] => wrapped(text, columns).split('\n');

describe('a text on a terminal', () => {
  it('is left as it is where it fits', () => {
    const text = `${'x'.repeat(40)}\n\n  two  spaces  \n`;
    expect(wrapped(text, 40)).toBe(text);
  });

  it('ends its lines between words, and goes on below the column it belongs to', () => {
    expect(lines('! coder  blocked (foreign): a session stands where coder belongs')).toEqual([
      '! coder  blocked (foreign): a session',
      '         stands where coder belongs',
    ]);
    expect(lines('      It is left alone; rename or end it yourself, then apply.')).toEqual([
      '      It is left alone; rename or end it',
      '        yourself, then apply.',
    ]);
    expect(lines('OtherFleet: this home still holds fleet old (3 agents)')).toEqual([
      'OtherFleet: this home still holds fleet',
      '  old (3 agents)',
    ]);
  });

  it('keeps a word whole that is longer than a line', () => {
    const path = `/${'directory/'.repeat(6)}`;
    expect(lines(`wrote ${path} for you`)).toEqual(['wrote', `  ${path}`, '  for you']);
  });

  it('goes never further in than half of it, and loses no word', () => {
    const text = `${' '.repeat(60)}some words  ${'and more '.repeat(20)}`.trimEnd();
    for (const columns of [2, 10, 40, 79]) {
      const broken = lines(text, columns);
      expect(broken.join(' ').split(/\s+/)).toEqual(text.split(/\s+/));
      for (const line of broken.slice(1)) expect(line.search(/\S/)).toBeLessThanOrEqual(columns / 2);
    }
  });

  it('leaves alone what it quotes: a screen, a line of the manifest and its mark', () => {
    const quoted = [`    | ${'word '.repeat(20)}`, `   12 | ${'word '.repeat(20)}`, `      | ${' '.repeat(80)}^^^`];
    expect(lines(quoted.join('\n'))).toEqual(quoted);
  });
});
