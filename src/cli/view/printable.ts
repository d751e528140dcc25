const STEERING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

/** Text from outside, safe for a terminal and for one line: controls, C1 and bidi characters show as escapes. */
export const printable = (text: string): string => text.replaceAll(STEERING, escaped);

/** The same for text of several lines, whose newlines and tabs are meant: the last door before a terminal. */
export const printableText = (text: string): string =>
  text.replaceAll(STEERING, (character) => (character === '\n' || character === '\t' ? character : escaped(character)));

function escaped(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code === 0x0a ? '\\n' : code === 0x09 ? '\\t' : `\\u{${code.toString(16)}}`;
}

/** At most so many UTF-16 units of a text from its beginning, and no half of a character. */
export const beginning = (text: string, units: number): string => text.slice(0, units).replace(/[\ud800-\udbff]$/, '');

/** A text from so many UTF-16 units on, and no half of a character. */
export const ending = (text: string, units: number): string => text.slice(units).replace(/^[\udc00-\udfff]/, '');
