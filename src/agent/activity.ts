import type { ActivityReport } from '../model/observed.ts';
import type { Adapter, ScreenState } from './adapters.ts';
import { anyMatches, lineOf, presentLines, ruleFor, type PresentLines } from './composer.ts';
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

const DETAILS = { setup: 'set-up dialog', dialog: 'permission dialog' } as const;

type Shown = ActivityReport & { readonly state: ScreenState };

/** A question hides what goes on behind it, and the place for typing is there in all states. */
function onScreen(adapter: Adapter, screen: Screen): Shown | undefined {
  const present = presentLines(adapter, screen);
  const title = (state: 'dialog' | 'busy'): boolean => anyMatches(adapter.title?.[state], screen.title ?? '');
  const question = questionOn(adapter, present);
  if (question !== undefined) return question;
  if (title('dialog')) return { state: 'dialog', source: 'screen', detail: DETAILS.dialog };
  const status = statusAbove(adapter, present);
  if (title('busy') || status === 'busy' || ruleFor(adapter, 'busy', present) !== undefined) {
    return { state: 'busy', source: 'screen' };
  }
  const isIdle = status === 'idle' || ruleFor(adapter, 'idle', present) !== undefined;
  return isIdle ? { state: 'idle', source: 'screen' } : undefined;
}

function questionOn(adapter: Adapter, present: PresentLines): Shown | undefined {
  for (const state of ['setup', 'dialog'] as const) {
    const rule = ruleFor(adapter, state, present);
    if (rule === undefined) continue;
    return { state, source: 'screen', detail: typeof rule === 'string' ? DETAILS[state] : rule.means };
  }
  return undefined;
}

/**
 * What the newest turn says of itself. Anybody can write the words of a status line, so the lowest line decides that is
 * one, or that ends a turn; where there is neither, the turn goes on or was never begun: nobody knows.
 */
function statusAbove({ composer, screen }: Adapter, { above }: PresentLines): 'busy' | 'idle' | undefined {
  const isBusy = (line: string): boolean => screen.busy?.some((rule) => lineMatches(lineOf(rule), line)) === true;
  const last = above.findLast((line) => isBusy(line) || anyMatches(composer?.settled, line));
  if (last === undefined) return undefined;
  return isBusy(last) ? 'busy' : 'idle';
}
