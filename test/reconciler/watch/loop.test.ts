import { describe, expect, it } from '@jest/globals';
import type { UpdatePolicy } from '../../../src/model/fleet.ts';
import type { Activity } from '../../../src/model/observed.ts';
import type { Auto } from '../../../src/reconciler/watch/pass.ts';
import { fleetOf } from '../../support/simulated-fleet.ts';
import { SimulatedWatch, type Happening } from '../../support/simulated-watch.ts';

const fleet = fleetOf({ agents: { alpha: {}, beta: {} } });
const changed = (fields: object): typeof fleet =>
  fleetOf({ agents: { alpha: { command: ['/bin/cat', '-u'], ...fields }, beta: {} } });

/** A watched fleet that is up, and whose first passes are forgotten. */
async function calmWatch(auto: Auto = 'safe', start = fleet): Promise<SimulatedWatch> {
  const watch = new SimulatedWatch(start);
  await watch.run([]);
  watch.auto = auto;
  watch.reports.length = 0;
  watch.steps.length = 0;
  return watch;
}

const soon = (watch: SimulatedWatch, act: () => void, isHeard = true): Happening => ({
  atMs: watch.nowMs + 100,
  isHeard,
  act,
});
const told = ({ steps }: SimulatedWatch): readonly string[] =>
  steps.map(({ change, result }) => `${change.action} ${change.address} ${result}`);

/** One letter per activity: `R` restarts, `.` waits. */
const ACTIVITIES: readonly Activity[] = ['idle', 'unknown', 'busy', 'dialog', 'setup'];
const TABLE: Readonly<Record<Auto, Readonly<Record<UpdatePolicy, string>>>> = {
  safe: { 'when-idle': 'R....', immediate: 'RRRRR', manual: '.....' },
  all: { 'when-idle': 'RR...', immediate: 'RRRRR', manual: '.....' },
  none: { 'when-idle': '.....', immediate: '.....', manual: '.....' },
};
const AUTOS = ['none', 'safe', 'all'] as const;
const UPDATES = ['when-idle', 'immediate', 'manual'] as const;
const CELLS = AUTOS.flatMap((auto) =>
  UPDATES.flatMap((updatePolicy) =>
    ACTIVITIES.map((activity, at) => ({
      auto,
      updatePolicy,
      activity,
      outcome: TABLE[auto][updatePolicy][at] === 'R' ? 'restarts once' : 'waits, and says so',
    })),
  ),
);

describe('a changed command under --auto', () => {
  it.each(CELLS)('$auto, with $updatePolicy while $activity: $outcome', async ({ auto, updatePolicy, ...cell }) => {
    const watch = await calmWatch('all', fleetOf({ agents: { alpha: { updatePolicy }, beta: {} } }));
    watch.auto = auto;
    watch.activity = cell.activity;
    await watch.run([soon(watch, () => watch.save(changed({ updatePolicy })))]);
    const restarts = told(watch).filter((text) => text.startsWith('restart'));
    const { memory, waits } = watch.reports.at(-1) ?? {};
    const pending = memory?.conditions.agents['alpha']?.some(({ type }) => type === 'RestartPending');
    const isRestart = cell.outcome === 'restarts once';
    expect(restarts).toEqual(isRestart ? ['restart session.alpha done'] : []);
    expect([pending, waits?.length]).toEqual(isRestart ? [false, 0] : [true, 1]);
  });
});

describe('the watcher', () => {
  it('looks once or twice for ten thousand events in a second, and acts once (F87)', async () => {
    const watch = await calmWatch();
    const start = watch.nowMs + 100;
    const storm = Array.from({ length: 10_000 }, (_, n): Happening => ({
      atMs: start + n / 10,
      isHeard: true,
      act: () => watch.save(changed({})),
    }));
    await watch.run(storm);
    expect(watch.reports.filter(({ steps }) => steps.length > 0)).toHaveLength(1);
    expect(watch.reports.length).toBeLessThan(8);
  });

  it('finds without any event, within a resync, what was done behind its back (F86)', async () => {
    const watch = await calmWatch();
    const before = watch.nowMs;
    await watch.run([soon(watch, () => watch.host.systemd.stop('mosaic-canary@beta.service'), false)]);
    expect(told(watch)).toEqual(['start session.beta done']);
    const acted = watch.reports.findIndex(({ steps }) => steps.length > 0);
    expect(acted).toBe(1);
    expect(watch.nowMs - before).toBeLessThan(4 * 33_000);
  });

  it.each([
    [0, 27_000],
    [0.5, 30_000],
    [1, 33_000],
  ])('looks again after 30 s, give or take a tenth, without any event: at %d after %d ms', async (random, restMs) => {
    const watch = await calmWatch();
    watch.random = random;
    watch.rests.length = 0;
    await watch.run([]);
    expect(new Set(watch.rests.map((ms) => Math.round(ms)))).toEqual(new Set([restMs]));
  });

  it('deletes nothing, and says what waits for a person', async () => {
    const watch = await calmWatch('all');
    await watch.run([soon(watch, () => watch.save(fleetOf({ agents: { alpha: {} } })))]);
    expect(watch.steps).toEqual([]);
    expect(watch.reports.at(-1)?.waits).toMatchObject([{ group: 'agent.beta', reason: 'needs-person' }]);
  });

  it('keeps on with a broken manifest as with the last good one, and says where it is broken (F85)', async () => {
    const watch = await calmWatch();
    const condition = { type: 'ManifestInvalid', status: 'True', reason: 'Refused', message: 'fleet.yaml:3:5: no' };
    await watch.run([
      soon(watch, () => watch.spoil({ isGood: false, condition: { ...condition, status: 'True' } })),
      { ...soon(watch, () => watch.host.systemd.stop('mosaic-canary@alpha.service')), atMs: watch.nowMs + 5000 },
    ]);
    expect(told(watch)).toEqual(['start session.alpha done']);
    expect(watch.reports.at(-1)?.memory.conditions.fleet).toContainEqual(expect.objectContaining(condition));
  });

  it('goes on with its own fleet when the manifest becomes another’s', async () => {
    const watch = await calmWatch();
    const other = fleetOf({ name: 'other', agents: { gamma: {} } });
    await watch.run([soon(watch, () => watch.spoil({ isGood: true, key: 'other', fleet: other }))]);
    expect(watch.steps).toEqual([]);
    expect(watch.reports.at(-1)?.memory.conditions.fleet).toContainEqual(
      expect.objectContaining({ type: 'ManifestInvalid', reason: 'OtherFleet' }),
    );
  });

  it('tries a step that fails again, later each time, and lets the others go on (F88)', async () => {
    const watch = await calmWatch();
    const launch = '/home/u/.config/mosaic/fleets/canary/launch/alpha';
    const mend = (): void => watch.host.files.uproot(launch);
    await watch.run([
      // A directory where a file belongs: every write fails until somebody takes it away.
      soon(watch, () => {
        watch.host.files.uproot(launch);
        watch.host.files.plant(launch, { kind: 'directory' });
        watch.save(fleetOf({ agents: { alpha: { labels: { a: 'b' } }, beta: { labels: { a: 'b' } } } }));
      }),
      { atMs: watch.nowMs + 3_600_000, isHeard: true, act: mend },
    ]);
    expect(told(watch)).toContain('update launch.beta done');
    expect((await watch.look()).plan.changes).toEqual([]);
  });

  it('tries a failed step again after its second, not at the resync', async () => {
    const watch = await calmWatch();
    watch.failAt = 1;
    await watch.run([soon(watch, () => watch.host.systemd.stop('mosaic-canary@alpha.service'))]);
    expect(told(watch)).toEqual(['start session.alpha failed', 'start session.alpha done']);
    const [failed, again] = watch.reports.filter(({ steps }) => steps.length > 0);
    const since = (report = failed) => report?.memory.conditions.fleet[0]?.sinceMs ?? 0;
    expect(since(again) - since(failed)).toBeLessThan(2000);
  });
});

describe('a pass that cannot be made', () => {
  const blindFor = async (ms: number): Promise<SimulatedWatch> => {
    const watch = await calmWatch();
    await watch.run([
      soon(watch, () => void (watch.host.silent = 'busctl')),
      { atMs: watch.nowMs + ms, isHeard: false, act: () => void (watch.host.silent = undefined) },
    ]);
    return watch;
  };

  it('is tried again after 1 s, 2 s, 4 s … 5 min, and told once per try (F88)', async () => {
    const watch = await blindFor(3_600_000);
    const tries = watch.reports.flatMap(({ news }) => news?.failures ?? []);
    expect(tries).toEqual(tries.map((_, at) => at + 1));
    expect(tries.length).toBeLessThan(25);
    expect(watch.reports.filter(({ seen }) => seen === undefined)).toHaveLength(tries.length);
  });

  it('leaves the fleet Stalled and not Ready, and nothing is done', async () => {
    const watch = await blindFor(60_000);
    const stalled = watch.reports.find(({ news }) => news !== undefined)?.memory.conditions.fleet;
    expect(stalled?.map(({ type, status }) => `${type} ${status}`)).toEqual(['Ready Unknown', 'Stalled True']);
    expect(watch.steps).toEqual([]);
    expect(watch.reports.at(-1)?.memory.conditions.fleet).toMatchObject([{ type: 'Ready', status: 'True' }]);
  });

  it('because another command works is no trouble, and is made after it', async () => {
    const watch = await calmWatch();
    watch.locked = 3;
    await watch.run([soon(watch, () => watch.host.systemd.stop('mosaic-canary@alpha.service'))]);
    const locked = watch.reports.find(({ news }) => news?.isLocked)?.memory.conditions.fleet;
    expect(locked?.map(({ type, reason }) => `${type} ${reason}`)).toEqual(['Ready InSync', 'Reconciling Locked']);
    expect(told(watch)).toEqual(['start session.alpha done']);
  });

  it('is forgotten with a new manifest', async () => {
    const watch = await calmWatch();
    watch.locked = 6;
    await watch.run([
      soon(watch, () => watch.host.systemd.stop('mosaic-canary@alpha.service')),
      { ...soon(watch, () => watch.save(changed({}))), atMs: watch.nowMs + 20_000 },
    ]);
    const failures = watch.reports.flatMap(({ news }) => news?.failures ?? []);
    expect(failures.lastIndexOf(1)).toBeGreaterThan(0);
  });
});
