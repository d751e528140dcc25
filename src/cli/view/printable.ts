/** Text from outside, safe for a terminal and for one line: controls, C1 and bidi characters show as escapes. */
export const printable = (text: string): string =>
  text.replaceAll(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Surrogate}/gu,
    (character) => {
      const code = character.codePointAt(0) ?? 0;
      return code === 0x0a ? '\\n' : code === 0x09 ? '\\t' : `\\u{${code.toString(16)}}`;
    },
  );
