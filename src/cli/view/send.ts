import type { Wait } from '../../agent/await-idle.ts';
import type { Message } from '../../agent/message.ts';
import type { Doubt, Refusal } from '../../agent/receipt.ts';
import type { Receipt } from '../../agent/send.ts';
import type { AgentStatus } from '../../reconciler/status.ts';
import type { JsonObject } from '../../model/resource.ts';
import { counted } from '../../model/counted.ts';
import { printable } from './printable.ts';

/** A receipt with what is known beside it. */
export interface SendResult extends Receipt {
  readonly message: Message;
  /** How the wait for it ended, where one was asked for and it was delivered. */
  readonly wait: Wait | undefined;
  /** What the manifest says of it. */
  readonly desired: AgentStatus['desired'];
  /** How the fleet's status has an agent that was not there to be typed to; undefined where nobody asked. */
  readonly status: Pick<AgentStatus, 'state' | 'lastExit'> | undefined;
}

/** What each reason means, and what to do; `A` stands for the agent. */
const REASONS: Readonly<Record<Refusal | Doubt, string>> = {
  stopped: 'it is stopped; mosaic fleet start A',
  missing: 'it does not run; mosaic fleet status',
  starting: 'it is still being started; try again in a moment',
  foreign: 'a session of this name is not ours; mosaic fleet plan',
  impostor: 'a session carries its mark but does not run in its place; mosaic fleet plan',
  dead: 'its pane is dead; mosaic fleet status',
  gone: 'its pane went away; mosaic fleet status',
  'input-off': 'input to its pane is switched off; in tmux: select-pane -e',
  synchronized: 'what is typed into its pane goes to other panes as well; in tmux: set-option -w synchronize-panes off',
  'process-stopped': 'its process is stopped (state T) and reads nothing; kill -CONT it',
  setup: 'a set-up dialog is on its screen; mosaic agent attach A',
  dialog: 'a permission dialog is on its screen; mosaic agent attach A',
  'half-typed': 'somebody has typed there and not sent it; --force appends to that',
  'line-too-long': 'its terminal edits lines itself and would cut what is longer than 4095 bytes',
  'activity-unknown': 'what it is doing cannot be told, so it cannot be waited for; send without --when and --wait',
  timeout: 'it was busy until --timeout; nothing was typed',
  interrupted: 'the wait was interrupted; nothing was typed',
  'not-reached': 'the fleet could not be looked at any more; nothing was typed; mosaic fleet doctor',
  'no-answer': 'tmux or its terminal did not answer, so it may have arrived or not; mosaic agent tail A',
  'enter-withheld': 'a question came up after the text was typed, so Enter was not pressed; mosaic agent attach A',
  'enter-failed':
    'the text was typed, but Enter could not be: its pane was gone, switched off or synchronized; mosaic agent tail A',
  'agent-ended': 'it ended, or its pane was closed or switched off, before it was seen to read; mosaic agent tail A',
  'agent-stopped': 'its process was stopped (state T) before it read the message; mosaic agent status A',
  'not-read': 'the text waits in its terminal: it has not read it; mosaic agent tail A',
  'not-submitted': 'a text stands where it was typed, so Enter may not have sent it; mosaic agent attach A',
};

const WAITS: Readonly<Record<Wait, string>> = {
  idle: 'idle again',
  question: 'needs you: a dialog is on its screen; mosaic agent attach A',
  ended: 'it ended before it was idle again; mosaic fleet status',
  timeout: 'still busy at --timeout',
  interrupted: 'the wait for it was interrupted',
  unknown: 'whether it is idle is unknown: tmux did not answer at --timeout; mosaic fleet doctor',
};

/** So many lines of success are read one by one; of more, their number says enough. */
const SHOWN = 10;

/** A line per agent, and what was changed of the text. */
export function sendText(results: readonly SendResult[]): string {
  const arrived = results.filter(({ verdict, wait }) => verdict.receipt === 'delivered' && (wait ?? 'idle') === 'idle');
  const shown = arrived.length > SHOWN ? results.filter((one) => !arrived.includes(one)) : results;
  const rest = arrived.length > SHOWN ? [`delivered to ${counted(arrived.length, 'agent')}`] : [];
  return [...rest, ...shown.map(lineOf), ...changesOf(results[0])].join('\n');
}

function lineOf({ agent, verdict, afterMs, wait, line, status, desired }: SendResult): string {
  const filled = (text: string): string => text.replace(/\bA$/, agent);
  if (verdict.receipt === 'delivered') {
    const told = wait === undefined ? '' : `; ${filled(WAITS[wait])}`;
    return `${agent}: delivered (${verdict.source}, ${Math.round(afterMs)} ms)${told}`;
  }
  const where = line === undefined ? '' : ` (line ${line})`;
  const why =
    verdict.reason === 'stopped' && desired === 'stopped'
      ? NOT_WANTED
      : status === undefined
        ? REASONS[verdict.reason]
        : absence(status);
  return `${agent}: ${verdict.receipt}: ${verdict.reason}${where}: ${filled(why)}`;
}

/** `start` would be refused. */
const NOT_WANTED = 'the manifest says that it is stopped; set `state: running` for it, then mosaic fleet apply A';

/** Nothing to type to is there: what the agent is instead. */
function absence({ state, lastExit }: NonNullable<SendResult['status']>): string {
  if (state === 'missing') return 'it was never started; mosaic fleet apply A';
  const last = lastExit === undefined ? '' : ` (last ended ${endText(lastExit)})`;
  return `it is ${state}${last}; mosaic agent status A`;
}

const endText = ({ code, signal, sessionLost }: NonNullable<AgentStatus['lastExit']>): string =>
  sessionLost === true
    ? 'as its session was ended from outside'
    : signal === undefined
      ? `with exit code ${code ?? 'unknown'}`
      : `by ${printable(signal)}`;

const CHANGES: Readonly<Record<Message['normalized'][number], string>> = {
  'crlf-to-lf': 'line ends CRLF were sent as LF',
  'final-newline-dropped': 'the final newline was not sent',
};

const changesOf = (first: SendResult | undefined): readonly string[] =>
  (first?.message.normalized ?? []).map((change) => `(${CHANGES[change]})`);

/** The receipts as scripts read them. */
export const sendJson = (results: readonly SendResult[]): JsonObject => ({
  formatVersion: '1.0',
  results: results.map(({ agent, verdict, afterMs, bytes, from, message, line, wait, status }) => ({
    agent,
    receipt: verdict.receipt,
    ...(verdict.receipt === 'delivered'
      ? { evidence: { source: verdict.source, afterMs: Math.round(afterMs) } }
      : { reason: verdict.reason }),
    ...(line === undefined ? {} : { line }),
    ...(status === undefined ? {} : { state: status.state }),
    bytes,
    normalized: [...message.normalized],
    from,
    ...(wait === undefined ? {} : { wait }),
  })),
});

/** 0 all delivered, 4 all refused, 6 all unverified, 7 out of time, 3 everything else. */
export function exitOf(results: readonly SendResult[]): number {
  const receipts = new Set(results.map(({ verdict }) => verdict.receipt));
  if (receipts.size !== 1) return receipts.size === 0 ? 0 : 3;
  if (receipts.has('unverified')) return 6;
  if (receipts.has('refused')) return results.every(({ verdict }) => isLate(verdict)) ? 7 : 4;
  const waits = new Set(results.map(({ wait }) => wait));
  if (waits.has('question') || waits.has('ended')) return 3;
  return waits.has('timeout') || waits.has('unknown') ? 7 : 0;
}

const isLate = (verdict: SendResult['verdict']): boolean =>
  verdict.receipt === 'refused' && verdict.reason === 'timeout';
