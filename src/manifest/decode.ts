import type { Problem, Span } from './report.ts';
import { byteLength } from './words.ts';
import { codePoint } from './show.ts';

const MAX_BYTES = 1024 * 1024;
const MAX_LINES = 20_000;

/** Text of a manifest without its byte order mark, and what is wrong with it as text. */
export interface Decoded {
  readonly text: string;
  readonly problems: readonly (Problem & { readonly span: Span })[];
}

/** Everything but tab and newline that has no place in a text file; lone CRs and marks inside the text included. */
const FORBIDDEN = /\r(?!\n)|[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\ufeff\ufffe\uffff\ud800-\udfff]/gu;

/** Reads a manifest as strict UTF-8. Never throws; too much input is refused before it is decoded. */
export function decode(source: string | Uint8Array): Decoded {
  if (isTooLong(source))
    return refused('the manifest is larger than 1 MiB', 'A manifest of 1000 agents is far smaller.');
  if (typeof source === 'string') return checked(source);
  const utf16 = utf16Name(source);
  if (utf16 !== undefined) return refused(`the manifest is ${utf16}, not UTF-8`, 'Save the file as UTF-8.');
  try {
    return checked(decoder(true).decode(source));
  } catch {
    return notUtf8(source);
  }
}

const decoder = (fatal: boolean) => new TextDecoder('utf-8', { fatal, ignoreBOM: true });

const isTooLong = (source: string | Uint8Array): boolean =>
  source.length > MAX_BYTES || (typeof source === 'string' && byteLength(source) > MAX_BYTES);

function refused(message: string, hint: string): Decoded {
  return { text: '', problems: [{ span: { start: 0, end: 1 }, code: 'E_ENCODING', message, hint }] };
}

function utf16Name(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first !== 0 && second === 0)) return 'UTF-16 (little endian)';
  if ((first === 0xfe && second === 0xff) || (first === 0 && second !== 0 && second !== undefined)) {
    return 'UTF-16 (big endian)';
  }
  return undefined;
}

function checked(raw: string): Decoded {
  const text = raw.startsWith('\ufeff') ? raw.slice(1) : raw;
  const problems = [];
  let nextLine = 0;
  for (const match of text.matchAll(FORBIDDEN)) {
    // One complaint per line: a binary file must not give a million of them.
    if (match.index < nextLine) continue;
    const newline = text.indexOf('\n', match.index);
    nextLine = newline < 0 ? text.length : newline;
    problems.push({ span: { start: match.index, end: match.index + 1 }, ...forbidden(match[0]) });
  }
  return { text, problems: [...problems, ...lineLimit(text)] };
}

function forbidden(character: string): Problem {
  if (character === '\r') {
    return { code: 'E_ENCODING', message: 'a carriage return without a newline', hint: 'End lines with LF or CRLF.' };
  }
  const message = `the character ${codePoint(character)} is not allowed here`;
  return { code: 'E_CONTROL_CHARACTER', message, hint: 'Remove it; it cannot be seen in an editor.' };
}

function lineLimit(text: string): Decoded['problems'] {
  let at = -1;
  for (let line = 0; line < MAX_LINES; line += 1) {
    at = text.indexOf('\n', at + 1);
    if (at < 0 || at === text.length - 1) return [];
  }
  const message = `the manifest has more than ${MAX_LINES} lines`;
  return [{ span: { start: at + 1, end: at + 2 }, code: 'E_TOO_LARGE', message }];
}

function notUtf8(bytes: Uint8Array): Decoded {
  const sound = decoder(false).decode(bytes.subarray(0, longestSound(bytes)), { stream: true });
  const offset = byteLength(sound);
  const text = decoder(false)
    .decode(bytes)
    .replace(/^\ufeff/, '');
  const start = sound.replace(/^\ufeff/, '').length;
  const message = `byte ${offset} is not UTF-8 (0x${(bytes[offset] ?? 0).toString(16)})`;
  return {
    text,
    problems: [{ span: { start, end: start + 1 }, code: 'E_ENCODING', message, hint: 'Save the file as UTF-8.' }],
  };
}

/** Bytes of the longest prefix that may still become UTF-8, by bisection: being sound is monotone in the length. */
function longestSound(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (isSoundPrefix(bytes.subarray(0, middle))) low = middle;
    else high = middle - 1;
  }
  return low;
}

function isSoundPrefix(bytes: Uint8Array): boolean {
  try {
    decoder(true).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
