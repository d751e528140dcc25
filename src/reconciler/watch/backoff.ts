const FIRST_MS = 1000;
const LONGEST_MS = 300_000;
/** How much longer than its step a delay may be: what failed together is not tried together. */
const JITTER = 0.25;

/** How long after the n-th failure in a row the next try comes: 1 s doubled each time, at most 5 minutes. `random` is in [0, 1). */
export const delayAfter = (failures: number, random: number): number =>
  Math.min(FIRST_MS * 2 ** (failures - 1), LONGEST_MS / (1 + JITTER)) * (1 + JITTER * random);
