import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCleaner, sanitise } from '../../src/agent/sanitise.ts';

const ESC = '\u001b';
const clean = (line: string) => createCleaner()(line);
/** Text, tabs, and colours that begin from nothing; no other control, no bidi, no half of a character. */
const SAFE =
  /^(?:\u001b\[0(?:;[0-9]+(?::[0-9]*)*)*m|[^\u0000-\u0008\u000a-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\p{Surrogate}])*$/u;

describe('a line of a terminal', () => {
  it.each([
    ['sets the clipboard', `a${ESC}]52;c;aGk=\u0007b`, 'ab'],
    ['sets the clipboard, ended the other way', `a${ESC}]52;c;aGk=${ESC}\\b`, 'ab'],
    ['sets the clipboard in eight bits', 'a\u009d52;c;aGk=\u009cb', 'ab'],
    ['never ends its title', `a${ESC}]0;title`, 'a'],
    ['holds a device string', `a${ESC}Pq#0;2;0;0;0${ESC}\\b`, 'ab'],
    ['holds a private message', `a${ESC}^secret${ESC}\\b${ESC}_apc${ESC}\\c${ESC}Xsos${ESC}\\d`, 'abcd'],
    ['moves the cursor', `a${ESC}[2J${ESC}[1;1Hb${ESC}[3A`, 'ab'],
    ['moves it in eight bits', 'a\u009b2Jb', 'ab'],
    ['asks the terminal', `a${ESC}[5n${ESC}[cb${ESC}[?1049h`, 'ab'],
    ['names a link', `a${ESC}]8;;http://evil${ESC}\\link${ESC}]8;;${ESC}\\b`, 'alinkb'],
    ['resets the terminal', `a${ESC}cb${ESC}7${ESC}(0c`, 'abc'],
    ['is cut in a sequence', `a${ESC}[31`, 'a31'],
    ['is cut after the escape', `a${ESC}`, 'a'],
    ['writes over itself', 'good\rbad', 'good\\u{d}bad'],
    ['goes back', 'ab\u0008c\u007f', 'ab\\u{8}c\\u{7f}'],
    ['ends as on another system', 'text\r', 'text'],
    ['turns the reading direction', 'a\u202eb\u2066c\u200fd', 'a\\u{202e}b\\u{2066}c\\u{200f}d'],
    ['hides characters', 'a\u200bb\ufeffc', 'a\\u{200b}b\\u{feff}c'],
    ['holds half of a character', 'a\ud83db', 'a\\u{d83d}b'],
    ['joins emoji', '👨\u200d👩 e\u0301', '👨\u200d👩 e\u0301'],
    ['has tabs', 'a\tb', 'a\tb'],
    ['draws boxes', '\u000elqk\u000f lqk', '┌─┐ lqk'],
  ])('that %s leaves its text (F71)', (_what, line, text) => {
    expect(clean(line).plain).toBe(text);
    expect(clean(line).styled).toBe(text);
  });

  it.each([
    [`${ESC}[31mred`, `${ESC}[0;31mred${ESC}[0m`],
    [`${ESC}[1;38;5;200mx${ESC}[22my`, `${ESC}[0;1;38;5;200mx${ESC}[0;38;5;200my${ESC}[0m`],
    [`${ESC}[38:2::1:2:3mx${ESC}[39my`, `${ESC}[0;38:2::1:2:3mx${ESC}[0my`],
    [`${ESC}[48;2;1;2;3;4:3mx`, `${ESC}[0;48;2;1;2;3;4:3mx${ESC}[0m`],
    [`${ESC}[91;104mx${ESC}[mx`, `${ESC}[0;91;104mx${ESC}[0mx`],
    [`${ESC}[8mhidden`, 'hidden'],
    [`${ESC}[38;5;300mx${ESC}[38;2;1mx${ESC}[4:9mx${ESC}[1000mx${ESC}[?1mx`, 'xxxxx'],
    [`${ESC}[31m`, ''],
  ])('%j keeps sound colours alone', (line, styled) => {
    expect(clean(line).styled).toBe(styled);
  });
});

describe('the lines of one terminal', () => {
  it('carry colours and line drawing on, and each begins and ends plain', () => {
    const cleaner = createCleaner();
    expect(cleaner(`${ESC}[31mone\u000e`).styled).toBe(`${ESC}[0;31mone${ESC}[0m`);
    expect(cleaner('q two').styled).toBe(`${ESC}[0;31m─ ├┬⎺${ESC}[0m`);
    expect(cleaner(`\u000f${ESC}[0mthree`).styled).toBe('three');
  });
});

describe('any bytes', () => {
  const ugly = fc.constantFrom(
    '\u001b',
    '[',
    ']',
    'm',
    ';',
    ':',
    '3',
    '8',
    '2',
    '\u009b',
    '\u0007',
    '\u009c',
    '\n',
    '\r',
    '\u000e',
    'P',
    '\\',
    '\u202e',
    'x',
    '\u0000',
  );
  const streams = fc.oneof(
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('utf8')),
    fc.uint8Array({ maxLength: 400 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
    fc.array(ugly, { maxLength: 200 }).map((parts) => parts.join('')),
    fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 }).map((units) => String.fromCharCode(...units)),
  );

  it('give lines that are safe, plain and styled alike (F70)', () => {
    fc.assert(
      fc.property(streams, (text) => {
        const cleaner = createCleaner();
        for (const line of text.split('\n')) {
          const { plain, styled } = cleaner(line);
          expect(plain).toMatch(SAFE);
          expect(plain).not.toContain(ESC);
          expect(styled).toMatch(SAFE);
          expect(styled.replaceAll(/\u001b\[[0-9;:]*m/g, '')).toBe(plain);
          expect(styled.lastIndexOf(ESC)).toBe(styled.includes(ESC) ? styled.lastIndexOf(`${ESC}[0m`) : -1);
        }
        expect(sanitise(sanitise(text))).toBe(sanitise(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('take no more time than their length asks for (F70)', () => {
    const started = performance.now();
    for (const unit of [`${ESC}]`, `${ESC}[`, `${ESC}[1;`, '\u009b', `${ESC}P${ESC}`, '\r', `${ESC}[38;2;`]) {
      sanitise(unit.repeat(100_000));
    }
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
