import { composerState, showsText } from './composer.ts';
import { submit } from './deliver.ts';
import { trySights, type Room, type Sight } from './reach.ts';
import { verdictOf, type Evidence } from './receipt.ts';
import type { Settled } from './settle.ts';

const PATIENCE_MS = 2_000;
const POLL_MS = 60;
/** A text that still stands there by now was pasted too slowly for its Enter: that alone is pressed once more. */
const STUCK_MS = 700;
/** One look can fall between the read and the picture of it. */
const EMPTY_LOOKS = 2;

/** One message that was read by a program whose place for typing is known. */
interface Watched {
  readonly settled: Settled;
  readonly enter: Evidence['enter'];
  readonly composer: Evidence['composer'];
  readonly emptyLooks: number;
  /** Whatever stands there after that may be a person's. */
  readonly wasEmpty: boolean;
  /** What stands there is the message, and nothing behind it. */
  readonly isOurs: boolean;
  /** A question covers the composer: the text was taken, and nothing more is pressed. */
  readonly isAsked: boolean;
  readonly isRetried: boolean;
}

const START = {
  enter: 'done',
  composer: 'unknown',
  emptyLooks: 0,
  wasEmpty: false,
  isOurs: false,
  isAsked: false,
  isRetried: false,
} as const;

/** Of programs that show what was typed, asks the screen whether Enter sent it; all others stay as they are. */
export async function confirm(room: Room, settled: readonly Settled[], text: string): Promise<readonly Settled[]> {
  const isShown = ({ typed, evidence, verdict }: Settled): boolean =>
    typed.target.adapter.composer !== undefined && evidence.enter === 'done' && verdict.receipt === 'delivered';
  const started = performance.now();
  let watched: readonly Watched[] = settled.filter(isShown).map((one) => ({ settled: one, ...START }));
  while (watched.some((one) => !isDecided(one)) && performance.now() - started < PATIENCE_MS) {
    const isLate = performance.now() - started > STUCK_MS;
    watched = await retry(room, await look(room, watched, text), isLate);
    await room.clock.sleep(POLL_MS);
  }
  const judged = new Map(watched.map((one) => [one.settled, judge(one)]));
  return settled.map((one) => judged.get(one) ?? one);
}

const isDecided = ({ emptyLooks, isAsked, enter }: Watched): boolean =>
  isAsked || emptyLooks >= EMPTY_LOOKS || enter !== 'done';

async function look(room: Room, watched: readonly Watched[], text: string): Promise<readonly Watched[]> {
  const open = watched.filter((one) => !isDecided(one));
  const sights = await trySights(
    room,
    open.map(({ settled }) => settled.typed.target),
  );
  return watched.map((one) =>
    isDecided(one) ? one : seenAgain(one, sights?.get(one.settled.typed.target.name), text),
  );
}

function seenAgain(one: Watched, sight: Sight | undefined, text: string): Watched {
  const { screen, activity } = sight ?? {};
  const { adapter } = one.settled.typed.target;
  const isAsked = activity?.state === 'dialog' || activity?.state === 'setup';
  const composer = screen === undefined ? 'unknown' : composerState(adapter, screen);
  const isEmpty = composer === 'empty';
  const isOurs = screen !== undefined && showsText(adapter, screen, text);
  const emptyLooks = isEmpty ? one.emptyLooks + 1 : 0;
  return { ...one, composer, isAsked, isOurs, emptyLooks, wasEmpty: one.wasEmpty || isEmpty };
}

/** The submit key once more, for the message alone; never the text: a paste that may have happened is not repeated. */
async function retry(room: Room, watched: readonly Watched[], isLate: boolean): Promise<Watched[]> {
  const isStuck = ({ composer, isOurs, wasEmpty, isRetried }: Watched): boolean =>
    composer === 'text' && isOurs && !wasEmpty && !isRetried;
  const stuck = isLate ? watched.filter(isStuck) : [];
  if (stuck.length === 0) return [...watched];
  const after = await submit(
    room,
    stuck.map(({ settled }) => settled.typed),
  );
  return watched.map((one) =>
    stuck.includes(one) ? { ...one, isRetried: true, enter: after.get(one.settled.typed)?.enter ?? one.enter } : one,
  );
}

function judge({ settled, composer, enter }: Watched): Settled {
  const evidence: Evidence = { ...settled.evidence, composer, enter };
  return { ...settled, evidence, verdict: verdictOf(evidence), afterMs: performance.now() - settled.typed.atMs };
}
