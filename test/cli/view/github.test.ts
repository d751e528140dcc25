import { describe, expect, it } from '@jest/globals';
import { annotation, remark } from '../../../src/cli/view/github.ts';

describe('an annotation', () => {
  it('escapes what would end its message, and no more', () => {
    expect(remark('error', '100%\r\na: b, c')).toBe('::error::100%25%0D%0Aa: b, c');
  });

  it('escapes what would end a property as well', () => {
    const place = { file: 'a,b:c%\n.yaml', line: 3, col: 4, title: 'E_X' };
    expect(annotation('warning', place, 'x')).toBe('::warning file=a%2Cb%3Ac%25%0A.yaml,line=3,col=4,title=E_X::x');
  });

  it('steers no terminal, and begins no second command', () => {
    const text = annotation('notice', { file: '\u001b[2Jf', line: 1 }, 'a\n::error::b\u001b]0;x\u0007');
    expect(text).not.toMatch(/[\u0000-\u001f]/);
    expect(text).toContain('a%0A::error::b\\u{1b}');
  });
});
