/** A pattern for one line of text, taken apart: `parts` stand in this order, any run of characters between them. */
export interface LinePattern {
  readonly parts: readonly string[];
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

/**
 * Reads a pattern. Text stands for itself, `*` for any run of characters, `^` in front and `$` at the end for the
 * line's ends; a backslash before one of these, or before another backslash, makes it text.
 */
export function parseLinePattern(text: string): LinePattern {
  const tokens = tokensOf(text);
  const atStart = tokens[0] === '^';
  const atEnd = tokens.at(-1) === '$';
  const parts = [''];
  for (const token of tokens.slice(Number(atStart), tokens.length - Number(atEnd))) {
    if (token === '*') parts.push('');
    else parts[parts.length - 1] += token.replace(ESCAPE, '$1');
  }
  return { parts, atStart, atEnd };
}

const ESCAPE = /^\\([\\*^$])$/;

const tokensOf = (text: string): readonly string[] => text.match(/\\[\\*^$]|[^]/gu) ?? [];

/** Why a pattern can never say anything about a trimmed line, in words; undefined for a sound one. */
export function linePatternProblem(text: string): string | undefined {
  const { parts, atStart, atEnd } = parseLinePattern(text);
  if (parts.every((part) => part.trim() === '')) return 'holds no text to look for';
  if (tokensOf(text).includes('\\')) return 'has a backslash before a character that needs none';
  const isPadded = (atStart && /^\s/.test(parts[0] ?? '')) || (atEnd && /\s$/.test(parts.at(-1) ?? ''));
  return isPadded ? 'asks for a blank at an end of the line, where lines have none' : undefined;
}
