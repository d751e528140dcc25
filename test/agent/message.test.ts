import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MAX_MESSAGE_BYTES, messageOf, overlongLine } from '../../src/agent/message.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('a message', () => {
  it.each([
    ['a\nb', 'stdin', 'a\nb', []],
    ['a\nb\n', 'stdin', 'a\nb', ['final-newline-dropped']],
    ['a\nb\n', 'arguments', 'a\nb\n', []],
    ['a\r\nb\r\n', 'stdin', 'a\nb', ['crlf-to-lf', 'final-newline-dropped']],
    ['a\n\n', 'stdin', 'a\n', ['final-newline-dropped']],
    ['\ufeffa\tb \u202e', 'arguments', '\ufeffa\tb \u202e', []],
  ] as const)('%j from %s is %j, and says %j', (given, source, text, normalized) => {
    expect(messageOf(bytes(given), source)).toEqual({ text, normalized });
  });

  it.each<[Uint8Array, string]>([
    [bytes('a\u0000'), 'a control character (U+0000) at 1:2 (byte 2)'],
    [bytes('é\n\u001b'), 'an escape character (U+001B) at 2:1 (byte 4)'],
    [bytes('a\rb'), 'a lone carriage return (U+000D) at 1:2 (byte 2)'],
    [bytes('👍\u007f'), 'a control character (U+007F) at 1:2 (byte 5)'],
    [bytes('a\u009b'), 'a control character (U+009B) at 1:2 (byte 2)'],
    [Uint8Array.of(0x61, 0x0a, 0xc3), 'no UTF-8 (byte 0xC3) at 2:1 (byte 3)'],
    [Uint8Array.of(0xef, 0xbf, 0xbd, 0xff), 'no UTF-8 (byte 0xFF) at 1:2 (byte 4)'],
    [Uint8Array.of(0xed, 0xa0, 0x80), 'no UTF-8 (byte 0xED) at 1:1 (byte 1)'],
  ])('%j is refused with the place', (given, words) => {
    expect(() => messageOf(given, 'arguments')).toThrow(
      expect.objectContaining({ code: 'E_MESSAGE', message: `the message holds ${words}` }),
    );
  });

  it('is refused when it is empty, or too large', () => {
    for (const nothing of ['', '\n', '\r\n']) {
      expect(() => messageOf(bytes(nothing), 'stdin')).toThrow(expect.objectContaining({ code: 'E_USAGE' }));
    }
    const most = 'x'.repeat(MAX_MESSAGE_BYTES);
    expect(messageOf(bytes(most), 'stdin').text).toHaveLength(MAX_MESSAGE_BYTES);
    expect(() => messageOf(bytes(`${most}x`), 'stdin')).toThrow(expect.objectContaining({ code: 'E_MESSAGE' }));
  });

  it('is the text that was given, or is refused: nothing is silently changed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (given) => {
        try {
          const { text, normalized } = messageOf(given, 'arguments');
          const isSame = Buffer.from(text).equals(Buffer.from(given));
          expect(isSame).toBe(normalized.length === 0);
          expect(text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
        } catch (error) {
          expect(error).toMatchObject({ name: 'FleetError' });
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the line a terminal would cut', () => {
  it.each([
    ['x'.repeat(4095), undefined],
    ['x'.repeat(4096), 1],
    [`a\n${'é'.repeat(2048)}`, 2],
  ])('of a text is told by its bytes', (text, line) => {
    expect(overlongLine(text)).toBe(line);
  });
});
