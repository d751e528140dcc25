import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decode } from '../../src/manifest/decode.ts';

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const complaints = (source: string | Uint8Array): readonly string[] =>
  decode(source).problems.map(({ code, span, message }) => `${code} ${span.start}-${span.end} ${message}`);

/** Characters of one, two, three and four bytes, and the mark that a file may begin with. */
const CHARACTERS = ['a', '\n', 'é', '€', '\u{1f600}', '\ufffd'];
const text = fc.array(fc.constantFrom(...CHARACTERS)).map((characters) => `x${characters.join('')}`);

describe('the text of a manifest', () => {
  it('is the one its bytes stand for, whether it comes as text or as bytes, with a mark before it or not', () => {
    fc.assert(
      fc.property(text, fc.constantFrom('', '\ufeff'), (body, mark) => {
        expect(decode(bytesOf(mark + body))).toEqual({ text: body, problems: [] });
        expect(decode(mark + body)).toEqual({ text: body, problems: [] });
      }),
    );
  });

  it('is refused at the first character that is not UTF-8, counted in bytes and in what can be read', () => {
    // A byte that begins nothing, one that goes on with nothing, and characters that are cut short.
    const broken = fc.constantFrom([0xff], [0x80], [0xe2, 0x82], [0xc3]);
    fc.assert(
      fc.property(text, fc.constantFrom('', '\ufeff'), broken, text, (before, mark, bytes, after) => {
        const sound = bytesOf(mark + before);
        const source = Uint8Array.from([...sound, ...bytes, ...bytesOf(after)]);
        const place = `${before.length}-${before.length + 1} byte ${sound.length}`;
        expect(complaints(source)).toEqual([`E_ENCODING ${place} is not UTF-8 (0x${bytes[0]?.toString(16)})`]);
        expect(decode(source).text.startsWith(before)).toBe(true);
      }),
    );
  });

  it('is called UTF-16 where its first two bytes say so, in either order', () => {
    const whole = (message: string): readonly string[] => [`E_ENCODING 0-1 the manifest is ${message}, not UTF-8`];
    const littleEndian = [
      [0xff, 0xfe],
      [0x61, 0x00],
    ];
    for (const start of littleEndian) {
      expect(complaints(Uint8Array.from(start))).toEqual(whole('UTF-16 (little endian)'));
      expect(complaints(Uint8Array.from(start.toReversed()))).toEqual(whole('UTF-16 (big endian)'));
    }
    for (const bytes of [[0xff], [0xfe], [0xff, 0x61], [0x61, 0xfe], [0xfe, 0x61], [0x61, 0xff], [0], [0, 0]]) {
      expect(complaints(Uint8Array.from(bytes)).join('')).not.toContain('UTF-16');
    }
  });

  it('has one complaint for each line with a character that no text holds', () => {
    const found = complaints('a\u0001b\u0002\n\u0003\nc\rd\n');
    expect(found).toEqual([
      'E_CONTROL_CHARACTER 1-2 the character U+0001 is not allowed here',
      'E_CONTROL_CHARACTER 5-6 the character U+0003 is not allowed here',
      'E_ENCODING 8-9 a carriage return without a newline',
    ]);
  });
});
