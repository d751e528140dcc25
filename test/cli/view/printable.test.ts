import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { beginning, printable } from '../../../src/cli/view/printable.ts';

describe('printable', () => {
  it.each([
    ['plain ASCII ~', 'plain ASCII ~'],
    ['grün 漢字 👩‍💻', 'grün 漢字 👩\\u{200d}💻'],
    ['two\nlines\tand a tab', 'two\\nlines\\tand a tab'],
    ['\u001b]52;c;aGk=\u0007', '\\u{1b}]52;c;aGk=\\u{7}'],
    ['\u009b31m', '\\u{9b}31m'],
    ['abc\u202edef', 'abc\\u{202e}def'],
    ['lone \ud800 surrogate', 'lone \\u{d800} surrogate'],
  ])('shows %j as %j', (text, shown) => {
    expect(printable(text)).toBe(shown);
  });

  it('lets nothing through that could steer a terminal', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(printable(text)).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/);
      }),
      { seed: 1 },
    );
  });
});

describe('beginning', () => {
  it('cuts a text, and no character in two', () => {
    expect([beginning('abc', 2), beginning('a😀b', 2), beginning('a😀b', 3)]).toEqual(['ab', 'a', 'a😀']);
  });
});
