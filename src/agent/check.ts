import type { Adapter } from './adapters.ts';
import { ageSecOf } from '../host/process.ts';
import { composerState } from './composer.ts';
import { overlongLine } from './message.ts';
import { asksQuestions, isRefused, sightsOf, type Reached, type Room, type Sight, type Target } from './reach.ts';
import type { Refusal } from './receipt.ts';
import type { Order } from './send.ts';
import { editLines, processNow } from './witness.ts';

/** Whether something may be typed into an agent's terminal now. */
export type Checked =
  | { readonly kind: 'ready'; readonly target: Target }
  | { readonly kind: 'busy'; readonly name: string }
  | { readonly kind: 'refused'; readonly name: string; readonly refusal: Refusal; readonly line?: number };

/** What the check depends on; `text` is what will be typed. */
export interface Question extends Pick<Order, 'activity' | 'force'> {
  readonly text: string;
}

/** Judges them all by what is on their screens and terminals. At most one call of tmux and one of bash. */
export async function checkAll(room: Room, found: readonly Reached[], question: Question): Promise<readonly Checked[]> {
  const targets = found.flatMap((one) => (isRefused(one) ? [] : [one]));
  const isAsked = ({ adapter }: Target): boolean => question.activity !== 'any' || tellsOfText(adapter);
  const sights = await sightsOf(room, targets.filter(isAsked));
  const cut = await whoCuts(room, targets, question.text);
  return found.map((one): Checked => {
    if (isRefused(one)) return { kind: 'refused', ...one };
    const { name } = one;
    const refusal = refusalOf(one, sights.get(name), question);
    // What is being started will be idle, and is waited for like one at work.
    const isAtWork = refusal === 'starting' || sights.get(name)?.activity.state === 'busy';
    if (question.activity === 'idle' && isAtWork) return { kind: 'busy', name };
    if (refusal !== undefined) return { kind: 'refused', name, refusal };
    const line = cut.get(one);
    return line === undefined
      ? { kind: 'ready', target: one }
      : { kind: 'refused', name, refusal: 'line-too-long', line };
  });
}

/** True where the screen can show a question, or what a person has typed. */
const tellsOfText = (adapter: Adapter): boolean => asksQuestions(adapter) || adapter.composer !== undefined;

function refusalOf(target: Target, sight: Sight | undefined, question: Question): Refusal | undefined {
  const { adapter, process } = target;
  const now = processNow(process);
  if (now !== 'same') return now === 'stopped' ? 'process-stopped' : 'gone';
  const state = sight?.activity.state ?? 'unknown';
  if (state === 'dialog' || state === 'setup') return state;
  const unknown = state === 'unknown' ? unknownRefusal(target, sight, question) : undefined;
  if (unknown !== undefined) return unknown;
  return tellsOfText(adapter) ? textRefusal(adapter, sight, question) : undefined;
}

/** A program that was started just now may throw away what is typed before it is ready. */
const START_SEC = 10;

function unknownRefusal(
  { adapter, process }: Target,
  sight: Sight | undefined,
  question: Question,
): Refusal | undefined {
  const isAsked = question.activity !== 'any';
  const isHidden = sight?.screen === undefined || composerState(adapter, sight.screen) === 'unknown';
  const willTell = (adapter.composer !== undefined && isHidden) || (isAsked && adapter.screen.idle !== undefined);
  if (willTell && ageSecOf(process) < START_SEC) return 'starting';
  return isAsked ? 'activity-unknown' : undefined;
}

/** A pane that is gone by now has no screen; nothing else keeps one from being read. */
function textRefusal(adapter: Adapter, sight: Sight | undefined, { force }: Question): Refusal | undefined {
  if (sight?.screen === undefined) return 'gone';
  return composerState(adapter, sight.screen) === 'text' && !force ? 'half-typed' : undefined;
}

/** Terminals that edit lines themselves would cut this line of the text. */
async function whoCuts(room: Room, targets: readonly Target[], text: string): Promise<ReadonlyMap<Target, number>> {
  const line = overlongLine(text);
  const known = targets.filter(({ tty }) => tty !== undefined);
  if (line === undefined || known.length === 0) return new Map();
  const ttys = known.flatMap(({ tty }) => tty ?? []);
  const edits = await editLines(room.read.exec, room.host.programs.bash, ttys);
  return new Map(known.filter((_target, at) => edits[at] === true).map((target) => [target, line] as const));
}
