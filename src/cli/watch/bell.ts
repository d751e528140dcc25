import type { Bell, Woken } from '../../reconciler/watch/loop.ts';

/** A bell that anybody may ring. What rings while nobody rests is kept for the next rest, the weightiest alone. */
export interface WatchBell extends Bell {
  ring(why: 'event' | 'now' | 'stop'): void;
}

const WEIGHT: Readonly<Record<Woken, number>> = { due: 0, event: 1, now: 2, stop: 3 };

/** The bell of a real watcher, on real time. After `stop` every rest ends at once. */
export function createBell(): WatchBell {
  let kept: Woken = 'due';
  let wake: (() => void) | undefined;
  const take = (): Woken => {
    const woken = kept;
    if (woken !== 'stop') kept = 'due';
    return woken;
  };
  return {
    ring: (why) => {
      if (WEIGHT[why] > WEIGHT[kept]) kept = why;
      wake?.();
    },
    rest: (ms) => {
      if (kept !== 'due') return Promise.resolve(take());
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          wake = undefined;
          resolve(take());
        };
        const timer = setTimeout(end, ms);
        wake = end;
      });
    },
  };
}
