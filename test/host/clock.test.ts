import { expect, it } from '@jest/globals';
import { systemClock } from '../../src/host/clock.ts';

it('sleeps at least as long as asked', async () => {
  const begun = performance.now();
  await systemClock.sleep(30);
  expect(performance.now() - begun).toBeGreaterThanOrEqual(29);
});

it('wakes with the reason of the signal, before the sleep and in it', async () => {
  const controller = new AbortController();
  const sleep = systemClock.sleep(60_000, controller.signal);
  controller.abort(new Error('told to stop'));
  await expect(sleep).rejects.toThrow('told to stop');
  await expect(systemClock.sleep(60_000, controller.signal)).rejects.toThrow('told to stop');
});

it('tells the time of day in milliseconds', () => {
  expect(Math.abs(systemClock.nowMs() - Date.now())).toBeLessThan(1000);
});
