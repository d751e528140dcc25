import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { writeFileSync } from 'node:fs';
import { cleanUp } from '../support/harness.ts';
import { crash, rehearse, type Result } from './crashes/heal.ts';
import { SCENARIOS } from './crashes/scenarios.ts';
import { trialsOf, type Trial } from './crashes/trials.ts';
import { endForeign, seedForeign } from './crashes/world.ts';
import { liveFleet } from './live-fleet.ts';

const given = (name: string): string | undefined => process.env[`MOSAIC_TEST_CRASH_${name}`];

const SEED = Number(given('SEED') ?? 1);
/** What one scenario is put through here; `npm run proof -- crashes` asks for more. */
const COUNTS = {
  crashes: Number(given('CRASHES') ?? 4),
  errors: Number(given('ERRORS') ?? 1),
  interrupts: Number(given('INTERRUPTS') ?? 0),
  twice: Number(given('TWICE') ?? 0),
};
/** For each scenario; what is not begun by then is left out. */
const MINUTES = Number(given('MINUTES') ?? Infinity);
/** Names of scenarios, and a part of the name of a trial. */
const [CHOSEN, ONLY = ''] = [given('SCENARIOS')?.split(','), given('ONLY')];

/** What came of one scenario, as the proof's report has it. */
interface Row {
  readonly scenario: string;
  readonly points: number;
  readonly seconds: number;
  readonly trials: readonly (Pick<Trial, 'kind' | 'name'> & Pick<Result, 'broken' | 'isThere' | 'rounds' | 'exits'>)[];
}

const rows: Row[] = [];
const tell = (text: string): unknown => given('REPORT') !== undefined && process.stderr.write(`${text}\n`);

afterAll(() => {
  const report = given('REPORT');
  if (report !== undefined) writeFileSync(report, JSON.stringify({ seed: SEED, rows }));
});

describe('a command that is killed or told an error is healed, and leaves all else alone:', () => {
  afterEach(cleanUp);

  it.each(SCENARIOS.filter(({ name }) => CHOSEN?.includes(name) ?? true))(
    '$name (F01)',
    async (scenario) => {
      const startedAt = performance.now();
      const live = liveFleet({});
      await seedForeign(live);
      const stage = await rehearse(live, scenario);
      const trials = trialsOf(stage, COUNTS, SEED).filter(({ name }) => name.includes(ONLY));
      expect(trials.length).toBeGreaterThan(0);
      const done: Row['trials'][number][] = [];
      for (const { kind, name, troubles } of trials) {
        if (performance.now() - startedAt > MINUTES * 60_000) break;
        const result = await crash(stage, troubles);
        done.push({ kind, name, ...result });
        if (result.broken.length > 0) tell(`BROKEN ${scenario.name}: ${name}\n  ${result.broken.join('\n  ')}`);
      }
      const points = stage.points.filter(({ changes }) => changes).length;
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      rows.push({ scenario: scenario.name, points, seconds, trials: done });
      tell(`${scenario.name}: ${done.length} runs, ${points} points, ${seconds} s`);
      await endForeign(live);
      expect(done.filter(({ broken }) => broken.length > 0).map(({ name, broken }) => [name, broken])).toEqual([]);
    },
    7_200_000,
  );
});
