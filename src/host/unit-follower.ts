import type { Clock } from '../model/host.ts';
import { watchUnits, type UnitWatch } from './unit-signals.ts';

/** Which units are followed, and who is called; `wake` also when signals come again, for what went by in between. */
export interface UnitFollow extends Omit<UnitWatch, 'lost'> {
  readonly clock: Pick<Clock, 'sleep'>;
  /** No signal comes for now. */
  readonly lost: (why: string) => void;
  /** They come again. */
  readonly found: () => void;
}

const FIRST_MS = 100;
const LONGEST_MS = 30_000;

/** Until it is closed, it goes on trying. */
export interface Following {
  /** False when there was nothing to listen to at first. */
  readonly hears: boolean;
  close(): void;
}

/**
 * Like `watchUnits`, past the end of a connection: a user manager that executes itself anew ends all of them, and one that
 * has just been started is on the bus some moments later.
 */
export async function followUnits(follow: UnitFollow): Promise<Following> {
  const { clock, found, wake } = follow;
  const ending = new AbortController();
  const lost = (why: string): void => {
    follow.lost(why);
    void again();
  };
  const listen = (): ReturnType<typeof watchUnits> => watchUnits({ ...follow, lost });
  const again = async (): Promise<void> => {
    for (let waitMs = FIRST_MS; !ending.signal.aborted; waitMs = Math.min(2 * waitMs, LONGEST_MS)) {
      await clock.sleep(waitMs, ending.signal).catch(() => undefined);
      const next = ending.signal.aborted ? undefined : await listen();
      if (next === undefined) continue;
      current = next;
      if (ending.signal.aborted) return next.close();
      found();
      return wake();
    }
  };
  let current = await listen();
  const hears = current !== undefined;
  if (!hears) void again();
  return {
    hears,
    close: () => {
      ending.abort();
      current?.close();
    },
  };
}
