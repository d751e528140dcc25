import type { Adapter, ScreenRule, ScreenState } from './adapters.ts';
import { lineMatches } from './pattern.ts';
import type { Screen } from './screen.ts';

/** The lines of a screen that speak of now: trimmed, top first. */
export interface PresentLines {
  /** What was shown since the newest message, without blank lines; empty where no place for typing is seen. */
  readonly above: readonly string[];
  /** From the place for typing down, blank lines kept; without such a place the bottom of the screen. */
  readonly below: readonly string[];
  /** The place for typing is seen, and the cursor stands in it or below. */
  readonly isComposer: boolean;
}

/** Where nothing tells where the conversation ends, so many lines from the bottom count. */
const BOTTOM_LINES = 15;

/** What of this screen counts. Sent messages look like the place for typing, which is the last of them. */
export function presentLines({ composer }: Adapter, screen: Screen): PresentLines {
  const lines = screen.lines.map((line) => line.replaceAll('\u00a0', ' ').trim());
  const shown = lines.filter((line) => line !== '');
  const isPlace = (line: string): boolean => anyMatches(composer?.line, line);
  const typing = lines.slice(0, screen.cursor.y + 1).findLastIndex(isPlace);
  if (typing < 0) return { above: [], below: shown.slice(-BOTTOM_LINES), isComposer: false };
  const earlier = lines.slice(0, typing);
  const above = earlier.slice(earlier.findLastIndex(isPlace) + 1).filter((line) => line !== '');
  return { above, below: lines.slice(typing), isComposer: true };
}

/** Does one of these patterns say something of the line? */
export const anyMatches = (patterns: readonly string[] | undefined, line: string): boolean =>
  patterns?.some((pattern) => lineMatches(pattern, line)) === true;

/** The pattern of a rule. */
export const lineOf = (rule: ScreenRule): string => (typeof rule === 'string' ? rule : rule.line);

/** The first rule for this state that the lines fulfil. */
export function ruleFor(adapter: Adapter, state: ScreenState, { above, below }: PresentLines): ScreenRule | undefined {
  return adapter.screen[state]?.find((rule) => {
    const at = below.findLastIndex((shown) => lineMatches(lineOf(rule), shown));
    const after = typeof rule === 'string' ? undefined : rule.after;
    if (at < 0 || after === undefined) return at >= 0;
    return [...above, ...below.slice(0, at)].some((shown) => lineMatches(after, shown));
  });
}

/**
 * Is something typed that was not sent yet? `unknown` for a program whose place for typing is not described, is not on
 * the screen, or is covered by a question.
 */
export function composerState(adapter: Adapter, screen: Screen): 'empty' | 'text' | 'unknown' {
  const present = presentLines(adapter, screen);
  const isQuestion = ruleFor(adapter, 'setup', present) ?? ruleFor(adapter, 'dialog', present);
  if (adapter.composer === undefined || !present.isComposer || isQuestion !== undefined) return 'unknown';
  const [typed = '', next = ''] = present.below;
  // A text that begins with an empty line goes on where the end of an empty place would be.
  const isEnd = adapter.composer.end === undefined ? next === '' : lineMatches(adapter.composer.end, next);
  return isEnd && anyMatches(adapter.composer.empty, typed) ? 'empty' : 'text';
}
