import { afterAll, describe, expect, it } from '@jest/globals';
import { cleanUp } from '../support/harness.ts';
import { PATIENCE_MS, sizeOr } from '../support/proof.ts';
import { answer, liveFleet, sleeper, type LiveFleet, type StatusAnswer } from './live-fleet.ts';

/** `npm run proof -- scale` brings up hundreds; what grows with the agents shows with a few dozen. */
const { count: AGENTS } = sizeOr(30);
const patient = { timeoutMs: PATIENCE_MS };

afterAll(cleanUp);

/** Programs that a look of this kind starts, and questions it asks the bus, by its own log. */
async function callsOf(live: LiveFleet, look: string): Promise<readonly string[]> {
  const { stderr, exitCode } = await live.mosaic([look, '--log-level', 'debug'], patient);
  expect(exitCode).toBe(0);
  // They are asked side by side, in no order.
  return [...stderr.matchAll(/"argv":\["([^"]+)"/g)].map(([, program = '']) => program).toSorted();
}

describe('many real agents', () => {
  it(
    'all come up at once, and a look at them starts no more programs than a look at one (F94)',
    async () => {
      const live = liveFleet({ a0: sleeper });
      await live.must('apply');
      const one = [await callsOf(live, 'plan'), await callsOf(live, 'verify')];
      expect(one.flat().length).toBeGreaterThan(1);
      live.declare(Object.fromEntries(Array.from({ length: AGENTS }, (_, at) => [`a${at}`, sleeper])));
      expect(await live.mosaic(['apply'], patient)).toMatchObject({ exitCode: 0 });
      const { agents } = answer<StatusAnswer>(await live.mosaic(['status', '-o', 'json'], patient));
      expect(agents.map(({ state }) => state)).toEqual(Array.from({ length: AGENTS }, () => 'running'));
      expect(new Set(agents.map(({ pid }) => pid)).size).toBe(AGENTS);
      expect([await callsOf(live, 'plan'), await callsOf(live, 'verify')]).toEqual(one);
      expect(await live.mosaic(['destroy', '--yes'], patient)).toMatchObject({ exitCode: 0 });
    },
    PATIENCE_MS,
  );
});
