import type { ActivityReport } from '../model/observed.ts';
import type { Adapter, ScreenRule, ScreenState } from './adapters.ts';
import { lineMatches } from './pattern.ts';
import type { Screen } from './screen.ts';

/** What was seen of one agent that runs. */
export interface SeenAgent {
  /** Undefined where it could not be read. */
  readonly screen: Screen | undefined;
  /** Who its terminal listens to: the agent itself, or a program it started in the foreground. */
  readonly foreground: 'self' | 'other' | 'unknown';
  /** Its process was stopped by a signal. */
  readonly isStopped?: boolean;
  readonly nowSec: number;
}

/** What the agent is doing by the adapter's own evidence; `unknown` wherever that says nothing. Pure. */
export function activityOf(adapter: Adapter, seen: SeenAgent): ActivityReport {
  const screen = seen.screen?.dead === true ? undefined : seen.screen;
  const found = findingOf(adapter, seen, screen);
  if (screen === undefined) return found;
  const { state, source, ...why } = found;
  return { state, source, sinceSec: Math.max(0, Math.floor(seen.nowSec) - screen.lastOutputAtSec), ...why };
}

/** Process truth first, the screen last; but a question on it is one whatever the process does. */
function findingOf(adapter: Adapter, seen: SeenAgent, screen: Screen | undefined): ActivityReport {
  if (seen.isStopped === true) return { state: 'unknown', source: 'process', detail: 'stopped' };
  const shown = screen === undefined ? undefined : onScreen(adapter, screen);
  if (adapter.isShell === true && seen.foreground !== 'unknown' && !isQuestion(shown?.state)) {
    return { state: seen.foreground === 'self' ? 'idle' : 'busy', source: 'process' };
  }
  return shown ?? { state: 'unknown', source: 'none' };
}

const isQuestion = (state: ScreenState | undefined): boolean => state === 'setup' || state === 'dialog';

/** A question hides what goes on behind it, and the place for typing is there in all states. */
const ORDER: readonly ScreenState[] = ['setup', 'dialog', 'busy', 'idle'];

const DETAILS: Readonly<Partial<Record<ScreenState, string>>> = { setup: 'set-up dialog', dialog: 'permission dialog' };

function onScreen(adapter: Adapter, screen: Screen): (ActivityReport & { readonly state: ScreenState }) | undefined {
  const lines = presentLines(adapter, screen);
  for (const state of ORDER) {
    const rule = adapter.screen[state]?.find((candidate) => lines.some((line) => lineMatches(lineOf(candidate), line)));
    if (rule === undefined) continue;
    const detail = typeof rule === 'string' ? DETAILS[state] : rule.means;
    return { state, source: 'screen', ...(detail === undefined ? {} : { detail }) };
  }
  return undefined;
}

const lineOf = (rule: ScreenRule): string => (typeof rule === 'string' ? rule : rule.line);

/** Where nothing tells where the conversation ends, so many lines from the bottom count. */
const BOTTOM_LINES = 15;
/** What a program says of itself right above the place for typing. */
const STATUS_LINES = 3;

/** The lines that speak of now, trimmed, without blank ones. Everything above is what was said before. */
function presentLines({ composer }: Adapter, screen: Screen): readonly string[] {
  const lines = screen.lines.map((line) => line.replaceAll('\u00a0', ' ').trim()).filter((line) => line !== '');
  const typing = lines.findLastIndex((line) => composer?.line.some((pattern) => lineMatches(pattern, line)) === true);
  return lines.slice(typing < 0 ? -BOTTOM_LINES : Math.max(0, typing - STATUS_LINES));
}
