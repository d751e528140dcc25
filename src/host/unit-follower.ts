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

/**
 * Like `watchUnits`, past the end of a connection: a user manager that executes itself anew ends all of them. Undefined
 * when nothing is there to listen to now: then nobody tries again.
 */
export async function followUnits(follow: UnitFollow): Promise<{ close(): void } | undefined> {
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
  if (current === undefined) return undefined;
  return {
    close: () => {
      ending.abort();
      current?.close();
    },
  };
}
