import { writeSync } from 'node:fs';

/** How much of a proof a test run is to do: `npm run proof` asks for more than the suite, and says which seed. */
export interface Size {
  readonly count: number;
  readonly seed: number;
}

const SEED = 20_260_101;

export const sizeOr = (count: number): Size => ({
  count: Number(process.env['MOSAIC_TEST_COUNT'] ?? count),
  seed: Number(process.env['MOSAIC_TEST_SEED'] ?? SEED),
});

/** Milliseconds a test may take that does what `sizeOr` says. */
export const PATIENCE_MS = process.env['MOSAIC_TEST_COUNT'] === undefined ? 120_000 : 7_200_000;

/** Tells `npm run proof` what was seen; nothing in an ordinary run. */
export function report(seen: Readonly<Record<string, number | string>>): void {
  if (process.env['MOSAIC_TEST_REPORT'] === '1') writeSync(1, `\nmosaic-proof ${JSON.stringify(seen)}\n`);
}
