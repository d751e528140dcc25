import { isUtf8 } from 'node:buffer';
import { FleetError } from '../model/error.ts';

/** What was changed of a text before it was sent; everything else of it arrives as it was given. */
export type Normalization = 'crlf-to-lf' | 'final-newline-dropped';

/** A text that may be typed into a terminal: UTF-8, no control character but newline and tab, not empty. */
export interface Message {
  readonly text: string;
  readonly normalized: readonly Normalization[];
}

export const MAX_MESSAGE_BYTES = 1024 * 1024;

/** Where a text came from; a final newline is the pipe's, not the message's, and only there. */
type Source = 'arguments' | 'stdin';

/**
 * The message of these bytes. E_USAGE for an empty one; E_MESSAGE, with the place, for one that holds a control
 * character, is not UTF-8 or is too large: a text is never silently changed.
 */
export function messageOf(bytes: Uint8Array, source: Source): Message {
  if (bytes.length > MAX_MESSAGE_BYTES) {
    throw new FleetError('E_MESSAGE', `the message has more than ${MAX_MESSAGE_BYTES} bytes`, {
      hint: 'Write it to a file and send its path.',
    });
  }
  if (!isUtf8(bytes)) throw notUtf8(bytes);
  const given = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const unix = given.replaceAll('\r\n', '\n');
  const text = source === 'stdin' ? unix.replace(/\n$/, '') : unix;
  if (text === '') throw new FleetError('E_USAGE', 'the message is empty');
  refuseControls(text);
  const normalized: Normalization[] = [];
  if (unix !== given) normalized.push('crlf-to-lf');
  if (text !== unix) normalized.push('final-newline-dropped');
  return { text, normalized };
}

/** Everything a terminal or a line editor could take for a key: C0 but newline and tab, DEL, C1. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

function refuseControls(text: string): void {
  const at = text.search(CONTROL);
  if (at < 0) return;
  const code = text.charCodeAt(at);
  const name = code === 0x1b ? 'an escape character' : code === 0x0d ? 'a lone carriage return' : 'a control character';
  const hex = code.toString(16).padStart(2, '0').toUpperCase();
  throw refused(`${name} (U+00${hex})`, text.slice(0, at));
}

function notUtf8(bytes: Uint8Array): FleetError {
  const at = badByte(bytes);
  const hex = (bytes[at] ?? 0).toString(16).padStart(2, '0').toUpperCase();
  return refused(`no UTF-8 (byte 0x${hex})`, new TextDecoder().decode(bytes.subarray(0, at)));
}

const REPLACEMENT = '\ufffd';

/** Offset of the first byte that a decoder would replace; a replacement character that was sent is one of its own. */
function badByte(bytes: Uint8Array): number {
  const isSent = (at: number): boolean => bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd;
  const pieces = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes).split(REPLACEMENT);
  let at = 0;
  for (const piece of pieces) {
    at += Buffer.byteLength(piece);
    if (!isSent(at)) break;
    at += 3;
  }
  return at;
}

function refused(what: string, before: string): FleetError {
  const line = before.split('\n');
  const column = Array.from(line.at(-1) ?? '').length + 1;
  const byte = Buffer.byteLength(before) + 1;
  return new FleetError('E_MESSAGE', `the message holds ${what} at ${line.length}:${column} (byte ${byte})`);
}

/** The line, 1-based, that a terminal's line editing would cut: n_tty keeps 4095 bytes and the newline (termios(3)). */
export function overlongLine(text: string): number | undefined {
  const at = text.split('\n').findIndex((line) => Buffer.byteLength(line) > 4095);
  return at < 0 ? undefined : at + 1;
}
