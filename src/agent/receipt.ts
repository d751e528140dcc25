import type { Queue, ProcessNow } from './witness.ts';

/** Why a message was not typed at all. */
export type Refusal =
  | 'stopped'
  | 'missing'
  | 'starting'
  | 'foreign'
  | 'impostor'
  | 'dead'
  | 'gone'
  | 'input-off'
  | 'synchronized'
  | 'process-stopped'
  | 'setup'
  | 'dialog'
  | 'half-typed'
  | 'line-too-long'
  | 'activity-unknown'
  | 'timeout'
  | 'interrupted'
  | 'not-reached';

/** Why nobody can say that the message arrived. */
export type Doubt =
  'no-answer' | 'enter-withheld' | 'enter-failed' | 'agent-ended' | 'agent-stopped' | 'not-read' | 'not-submitted';

export type Source = 'input-read' | 'composer';

/** What became of one message to one agent. `delivered` rests on evidence alone, never on tmux's exit code. */
export type Verdict =
  | { readonly receipt: 'delivered'; readonly source: Source }
  | { readonly receipt: 'unverified'; readonly reason: Doubt }
  | { readonly receipt: 'refused'; readonly reason: Refusal };

/** Doubts that more patience cannot lift. */
const LASTING: ReadonlySet<Doubt> = new Set(['enter-withheld', 'enter-failed', 'agent-ended']);

/** True for a verdict that no later look would change for the better. */
export const isFinal = (verdict: Verdict, { paste, enter }: Evidence): boolean =>
  verdict.receipt !== 'unverified' || LASTING.has(verdict.reason) || paste === 'unknown' || enter === 'unknown';

/** Everything that was seen of one delivery. */
export interface Evidence {
  /** `unknown`: tmux gave no answer, so it may have been pasted. */
  readonly paste:
    'done' | 'unknown' | Extract<Refusal, 'dead' | 'gone' | 'input-off' | 'synchronized' | 'dialog' | 'setup'>;
  /** `withheld`: a question came up between the text and its Enter. `none`: no Enter was asked for. */
  readonly enter: 'done' | 'unknown' | 'failed' | 'withheld' | 'none';
  /** The pane and the agent's process after it; `unknown`: tmux gave no answer. */
  readonly pane: 'same' | 'changed' | 'unknown';
  readonly process: ProcessNow;
  /** The terminal's input queue: drained only when it was so on both sides of a round trip to tmux. */
  readonly queue: Queue;
  /** Whether the agent and what it started have read at least as many bytes as were typed. */
  readonly read: 'enough' | 'short' | 'unknown';
  /** What a program that is known shows where text is typed; `none` where nothing is known. */
  readonly composer: 'empty' | 'text' | 'unknown' | 'none';
}

/** The verdict that the evidence allows; the first row that speaks decides. Pure. */
export function verdictOf(evidence: Evidence): Verdict {
  const { paste, enter, composer } = evidence;
  if (paste !== 'done' && paste !== 'unknown') return { receipt: 'refused', reason: paste };
  const doubt = doubtOf(evidence);
  if (doubt !== undefined) return { receipt: 'unverified', reason: doubt };
  const isShown = enter === 'done' && composer === 'empty';
  return { receipt: 'delivered', source: isShown ? 'composer' : 'input-read' };
}

function doubtOf(evidence: Evidence): Doubt | undefined {
  if (evidence.paste === 'unknown') return 'no-answer';
  return enterDoubt(evidence.enter) ?? agentDoubt(evidence) ?? readingDoubt(evidence);
}

function enterDoubt(enter: Evidence['enter']): Doubt | undefined {
  if (enter === 'unknown') return 'no-answer';
  if (enter === 'withheld') return 'enter-withheld';
  return enter === 'failed' ? 'enter-failed' : undefined;
}

function agentDoubt({ pane, process }: Evidence): Doubt | undefined {
  if (pane === 'changed' || process === 'gone') return 'agent-ended';
  if (pane === 'unknown') return 'no-answer';
  return process === 'stopped' ? 'agent-stopped' : undefined;
}

/** A queue that is empty tells that somebody took the bytes; the count, that it was not a flush. */
function readingDoubt({ queue, read, enter, composer }: Evidence): Doubt | undefined {
  if (queue === 'unknown' && read !== 'short') return 'no-answer';
  if (queue !== 'drained' || read === 'short') return 'not-read';
  return enter === 'done' && composer === 'text' ? 'not-submitted' : undefined;
}
