import { FleetError } from '../model/error.ts';
import { actInPanes, dropBuffers, loadBuffer, type PaneAct, type PaneAnswer } from '../providers/tmux/paste.ts';
import { asksQuestions, sightsOf, trySights, type Room, type Sight, type Target } from './reach.ts';
import type { Evidence } from './receipt.ts';
import { readsOf, type Reads } from './witness.ts';

/** What was typed into one agent's terminal, and what was read there before. */
export interface Typed {
  readonly target: Target;
  readonly paste: Evidence['paste'];
  readonly enter: Evidence['enter'];
  readonly before: Reads | undefined;
  /** When the last of it was typed, on the monotonic clock. */
  readonly atMs: number;
}

/**
 * Types a text, and Enter after each adapter's delay, into all these terminals: one tmux call for the text, one for
 * the Enters of each delay. What may have been pasted is never pasted again. Rejects only when nothing was typed.
 */
export async function type(
  room: Room,
  text: string,
  targets: readonly Target[],
  enter: boolean,
): Promise<readonly Typed[]> {
  const before = targets.map(({ process }) => readsOf(process.pid));
  const { buffer, stale } = await loadBuffer(room.call, text, room.clock.nowMs() / 1000);
  const kept = await keptFromText(room, targets, buffer);
  const free = targets.filter((target) => !kept.has(target));
  const acts = free.map((target): PaneAct => ({
    target: target.pane,
    buffer,
    ...(enter && isAtOnce(target) ? { key: target.adapter.submitKey } : {}),
  }));
  const answers = await tryToAct(room, acts, [buffer, ...stale]);
  const pastedAtMs = performance.now();
  const typed = targets.map((target, at): Typed => {
    const answer = answers.get(target.pane.paneId);
    const isPressed = enter && isAtOnce(target) && !kept.has(target);
    const pressed = isPressed ? enterOf(answer) : 'none';
    const paste = kept.get(target) ?? pasteOf(answer);
    return { target, paste, enter: pressed, before: before[at], atMs: performance.now() };
  });
  return enter ? submitLater(room, typed, pastedAtMs) : typed;
}

/** Enter may go with the text where no question can come up that is seen in between. */
const isAtOnce = ({ adapter }: Target): boolean => adapter.submitDelayMs === 0 && !asksQuestions(adapter);

/** Those that get no text, and why: a question came up since they were checked. Rejects when tmux cannot be asked. */
async function keptFromText(
  room: Room,
  targets: readonly Target[],
  buffer: string,
): Promise<ReadonlyMap<Target, Typed['paste']>> {
  const asking = targets.filter(({ adapter }) => asksQuestions(adapter));
  try {
    const sights = await sightsOf(room, asking);
    return new Map(
      asking.flatMap((target) => {
        const why = textKeptBy(sights.get(target.name));
        return why === undefined ? [] : [[target, why] as const];
      }),
    );
  } catch (error) {
    if (error instanceof FleetError) await dropBuffers(room.call, [buffer]).catch(() => undefined);
    throw error;
  }
}

/** A pane without a screen is gone. */
function textKeptBy(sight: Sight | undefined): Typed['paste'] | undefined {
  if (sight?.screen === undefined) return 'gone';
  const { state } = sight.activity;
  return state === 'dialog' || state === 'setup' ? state : undefined;
}

/** Panes without an answer are those of which nobody knows. */
async function tryToAct(
  room: Room,
  acts: readonly PaneAct[],
  drop: readonly string[] = [],
): Promise<ReadonlyMap<string, PaneAnswer>> {
  try {
    return await actInPanes(room.call, acts, drop);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    await dropBuffers(room.call, drop).catch(() => undefined);
    return new Map();
  }
}

const pasteOf = (answer: PaneAnswer | undefined): Typed['paste'] =>
  answer === undefined ? 'unknown' : answer.pasted ? 'done' : (answer.refusal ?? 'unknown');

const enterOf = (answer: PaneAnswer | undefined): Typed['enter'] =>
  answer === undefined ? 'unknown' : answer.pressed ? 'done' : 'failed';

/** The Enters that wait, the shortest delay first. */
async function submitLater(room: Room, typed: readonly Typed[], pastedAtMs: number): Promise<readonly Typed[]> {
  const later = typed.filter(({ target, paste }) => paste === 'done' && !isAtOnce(target));
  const delays = [...new Set(later.map(({ target }) => target.adapter.submitDelayMs))].toSorted((a, b) => a - b);
  const done = new Map<Typed, Typed>();
  for (const delayMs of delays) {
    await room.clock.sleep(Math.max(0, pastedAtMs + delayMs - performance.now()));
    const due = later.filter(({ target }) => target.adapter.submitDelayMs === delayMs);
    for (const [one, after] of await submit(room, due)) done.set(one, after);
  }
  return typed.map((one) => done.get(one) ?? one);
}

/** Presses the submit key, but never where a question has come up since: Enter would answer it. */
export async function submit(room: Room, typed: readonly Typed[]): Promise<ReadonlyMap<Typed, Typed>> {
  const kept = await keptBack(room, typed);
  const free = typed.filter((one) => !kept.has(one));
  const acts = free.map(({ target }) => ({ target: target.pane, key: target.adapter.submitKey }));
  const answers = acts.length === 0 ? new Map<string, PaneAnswer>() : await tryToAct(room, acts);
  const atMs = performance.now();
  return new Map(
    typed.map((one) => [one, { ...one, enter: kept.get(one) ?? enterOf(answers.get(one.target.pane.paneId)), atMs }]),
  );
}

/** Those that get no Enter, and why: a question, or nobody knows whether there is one. */
async function keptBack(room: Room, typed: readonly Typed[]): Promise<ReadonlyMap<Typed, Typed['enter']>> {
  const asking = typed.filter(({ target }) => asksQuestions(target.adapter));
  if (asking.length === 0) return new Map();
  const sights = await trySights(
    room,
    asking.map(({ target }) => target),
  );
  return new Map(
    asking.flatMap((one) => {
      const why = sights === undefined ? 'unknown' : keptBy(sights.get(one.target.name));
      return why === undefined ? [] : [[one, why] as const];
    }),
  );
}

function keptBy(sight: Sight | undefined): Typed['enter'] | undefined {
  const why = textKeptBy(sight);
  if (why === undefined) return undefined;
  return why === 'gone' ? 'failed' : 'withheld';
}
