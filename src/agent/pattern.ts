import { parseLinePattern } from '../model/line-pattern.ts';

/**
 * Does the line show what the pattern says? Each part is taken where it first fits and never moved again, so no
 * pattern can make this slow.
 */
export function lineMatches(pattern: string, line: string): boolean {
  const { parts, atStart, atEnd } = parseLinePattern(pattern);
  const last = parts.length - 1;
  let from = 0;
  for (const [index, part] of parts.entries()) {
    const at = index === last && atEnd ? line.length - part.length : line.indexOf(part, from);
    const isMoved = index === 0 && atStart && at !== 0;
    if (at < from || isMoved || !line.startsWith(part, at)) return false;
    from = at + part.length;
  }
  return true;
}
