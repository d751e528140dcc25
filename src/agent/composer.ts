import type { Adapter, Composer, ScreenRule, ScreenState } from './adapters.ts';
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
  const [typed = '', next] = present.below;
  // A text that begins with an empty line goes on where the end of an empty place would be.
  return isEnd(adapter.composer, next) && anyMatches(adapter.composer.empty, typed) ? 'empty' : 'text';
}

const isEnd = ({ end }: Composer, line = ''): boolean => (end === undefined ? line === '' : lineMatches(end, line));

/** So much of a text's end is no accident; of a shorter text nothing else may stand there. */
const TAIL = 24;

/**
 * Is it this text that stands there unsent? True only where its end, or what the program shows for a long one, is the
 * last of what is typed: a person may have gone on, or begun anew.
 */
export function showsText(adapter: Adapter, screen: Screen, text: string): boolean {
  const { composer } = adapter;
  const { below, isComposer } = presentLines(adapter, screen);
  if (composer === undefined || !isComposer) return false;
  const ends = below.flatMap((_line, at) => (isEnd(composer, below[at + 1]) ? [at + 1] : []));
  if (ends[0] === 1 && anyMatches(composer.pasted, below[0] ?? '')) return true;
  // Where a blank line may be part of the text, the cursor tells how far that goes at least.
  const cursorAt = screen.cursor.y - (screen.lines.length - below.length);
  const possible = composer.end === undefined ? ends.filter((end) => end > cursorAt) : ends.slice(0, 1);
  return possible.some((end) => endsWith(composer, squeezed(below.slice(0, end).join('')), squeezed(text)));
}

/** Programs break lines and widen tabs as they like. */
const squeezed = (text: string): string => text.replaceAll(/\s+/gu, '');

function endsWith({ line }: Composer, typed: string, text: string): boolean {
  if (text.length > TAIL) return typed.endsWith(text.slice(-TAIL));
  const mark = typed.slice(0, typed.length - text.length);
  return typed.endsWith(text) && line.some((pattern) => lineMatches(`${pattern}$`, mark));
}
