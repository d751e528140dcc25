import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { joinWords, splitWords } from '../../src/cli/words.ts';

const words = (line: string): readonly string[] => {
  const split = splitWords(line);
  if ('problem' in split) throw new Error(split.problem);
  return split.words;
};

describe('splitWords', () => {
  it.each<[string, readonly string[]]>([
    ['codex', ['codex']],
    ['  codex   --profile  review ', ['codex', '--profile', 'review']],
    ["codex 'two words'", ['codex', 'two words']],
    ['a "b c" d', ['a', 'b c', 'd']],
    ['a\\ b', ['a b']],
    ['"a \\"b\\" \\\\ \\x"', ['a "b" \\ \\x']],
    ["''", ['']],
    ['a"b"\'c\'d', ['abcd']],
    ['', []],
    ["'$HOME' '#x' ';'", ['$HOME', '#x', ';']],
    ['"$HOME"', ['$HOME']],
  ])('splits %j as a shell would, and expands nothing', (line, expected) => {
    expect(words(line)).toEqual(expected);
  });

  it.each(['a $HOME', 'a; b', 'a | b', 'a & b', 'a > b', 'a < b', 'a `b`', 'a $(b)'])(
    'refuses %j and points to shell:',
    (line) => {
      const split = splitWords(line);
      expect(split).toMatchObject({ hint: expect.stringContaining('shell:') });
    },
  );

  it.each(["a 'b", 'a "b', 'a \\'])('refuses %j, whose quote nothing ends', (line) => {
    expect(splitWords(line)).toMatchObject({ problem: expect.stringContaining('nothing ends') });
  });

  it('gives back any words that were joined', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (list) => {
        expect(words(joinWords(list))).toEqual(list);
      }),
      { seed: 1 },
    );
  });
});

describe('joinWords', () => {
  it('quotes what a shell would take apart, and nothing else', () => {
    expect(joinWords(['sh', '-c', "echo it's; exit 3", ''])).toBe(`sh -c 'echo it'\\''s; exit 3' ''`);
    expect(joinWords(['codex', '--model=a/b', 'x@y'])).toBe('codex --model=a/b x@y');
  });
});
