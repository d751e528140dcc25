import fc from 'fast-check';

const ESC = '\u001b';
const codes = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, at) => String.fromCharCode(from + at));
const every = (heads: readonly string[], bodies: readonly string[], ends: readonly string[]): readonly string[] =>
  heads.flatMap((head) => bodies.flatMap((body) => ends.map((end) => `${head}${body}${end}`)));

const STRING_HEADS = [']', 'P', 'X', '^', '_'].map((letter) => `${ESC}${letter}`).concat(codes(0x9d, 0x9f), '\u0090');
/** The clipboard, the title, a link, a colour, a file, a notification, and tmux's way through to the terminal around it. */
const STRING_BODIES = [
  '52;c;aGk=',
  '0;title',
  '8;;http://x',
  '4;1;?',
  '1337;File=:',
  '777;notify;a;b',
  `tmux;${ESC}${ESC}[2J`,
];
const STRING_ENDS = ['\u0007', `${ESC}\\`, '\u009c', '', '\u0018', `${ESC}c`];
/** Clear, move, another screen, questions that the terminal answers as if typed, hidden text, half colours, keys. */
const CONTROLS =
  '2J 3J 1;1H 99A ?1049h ?1049l 6n 5n c >c =c ?1000h ?2004h 20t 21t 8m 31 31m 38;5;1m 38;2;1m ?1m 4:9m s u 4l !p 1;2r >4;1m ?25l 5i 4i'.split(
    ' ',
  );

/** What attacks a terminal, or its reader, each alone. */
export const ESCAPES: readonly string[] = [
  ...every(STRING_HEADS, STRING_BODIES, STRING_ENDS),
  ...every([`${ESC}[`, '\u009b'], CONTROLS, ['']),
  ...codes(0x30, 0x7e).map((final) => `${ESC}${final}`),
  ...['(0', ')B', '#8', ' F', '%G', '%@'].map((rest) => `${ESC}${rest}`),
  ...codes(0x00, 0x1f),
  ...codes(0x7f, 0x9f),
  '\u061c',
  '\u200e',
  '\u200f',
  '\u2028',
  '\u2029',
  '\ufeff',
  '\u200b',
  '\ud800',
  '\udfff',
  ...codes(0x202a, 0x202e),
  ...codes(0x2066, 0x2069),
  'a\rb',
  'a\bb',
  '%0A::error::x',
  '::set-output name=x::y',
  '`code`|</details>',
  '\n\n# title',
  '\u000e0qx\u000f',
];

const bytes = fc.uint8Array({ maxLength: 300 });
const decoded = (encoding: BufferEncoding) => bytes.map((some) => Buffer.from(some).toString(encoding));
const units = fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 100 });
const words = fc.constantFrom('plain', ' ', '\n', '\t', 'é', '日本', '👩‍💻', '#{pid}', ':: ', '| `x`');
const mixed = fc.array(fc.oneof(fc.constantFrom(...ESCAPES), words), { maxLength: 20 });

/** Any stream of bytes as a program that reads UTF-8 gets it, and streams of attacks between words. */
export const anyStream: fc.Arbitrary<string> = fc.oneof(
  decoded('utf8'),
  decoded('latin1'),
  units.map((some) => String.fromCharCode(...some)),
  mixed.map((parts) => parts.join('')),
  mixed.map((parts) => Buffer.from(parts.join('')).subarray(1, -1).toString('utf8')),
);
