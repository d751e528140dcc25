import { hideSecrets } from '../model/secret.ts';

/** What a terminal may act on or hide: controls, bidi and zero-width marks, line separators, lone surrogates. */
const UNSAFE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]/gu;
const MAX_SHOWN = 48;

/** Text that is safe on a terminal: what could move the cursor or hide is written as `\u{…}`. */
export const escapeUnsafe = (text: string): string => text.replace(UNSAFE, escapeOne);

/** A value of the manifest inside a message: short, on one line, safe, and without secrets. */
export function show(text: string): string {
  const cut = text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN).replace(/[\ud800-\udfff]$/u, '')}…` : text;
  return `\`${escapeUnsafe(hideSecrets(cut))}\``;
}

/** `U+001B`, the way Unicode charts name a character. */
export const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;

const escapeOne = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
