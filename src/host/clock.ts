import type { Clock } from '../model/host.ts';

/** The machine's clock. `sleep` rejects with the signal's reason as soon as that is aborted. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  sleep: async (ms, signal) => {
    signal?.throwIfAborted();
    const { setTimeout: delay } = await import('node:timers/promises');
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};
