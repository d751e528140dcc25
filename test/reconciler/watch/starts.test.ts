import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from '../../../src/model/resource.ts';
import type { Look } from '../../../src/reconciler/pass.ts';
import { replan } from '../../../src/reconciler/pass.ts';
import { countStarts, flaps, revivalOf, type Starts } from '../../../src/reconciler/watch/starts.ts';
import { agentIn, fleetWith } from '../../support/fleet.ts';
import { worldOf, type Overlay } from '../../support/observed.ts';

const NOW = 1_000_000;

/** A look at one agent that ended by itself 10 s ago, with whatever its record says beside that. */
function ended(record: JsonObject = {}, fields = '', supervisor = 'tmux', host: Overlay['host'] = {}): Look {
  const fleet = fleetWith({ coder: `{ command: [codex]${fields} }` }, `supervisor: ${supervisor}`);
  const wanted = worldOf(fleet).desired.find(({ address }) => address === 'session.coder')?.spec['spec'] ?? '';
  const own = { starts: 1, startedAt: NOW - 20_000, endedAt: NOW - 10_000, code: 1, startedSpec: wanted, ...record };
  const world = worldOf(fleet, { host, items: { 'session.coder': null, 'record.coder': { spec: own } } });
  return { ...world, activity: {}, plan: replan({ ...world, activity: {} }, world.policy) };
}
/** What its record says of its last end and of its giving up. */
function recordOf({ observed }: Look): JsonObject {
  const record = observed.items['record.coder'];
  return record?.state === 'present' ? record.spec : {};
}
const startsOf = (seen: Look, before?: Starts): Starts => {
  const counted = countStarts(before === undefined ? {} : { coder: before }, seen, NOW)['coder'];
  if (counted === undefined) throw new Error('the agent was not counted');
  return counted;
};
const revival = (seen: Look, starts = startsOf(seen), nowMs = NOW) =>
  revivalOf(seen, agentIn(seen.fleet), starts, nowMs);

describe('without a user manager, an agent that ended by itself', () => {
  it.each<[string, JsonObject, string, string]>([
    ['failed, on-failure', {}, '', 'start'],
    ['was killed, on-failure', { code: null, signal: 'KILL' }, '', 'start'],
    ['was done, on-failure', { code: 0 }, '', 'none'],
    ['was done, always', { code: 0 }, ', restart: { policy: always }', 'start'],
    ['failed, never', {}, ', restart: { policy: never }', 'none'],
    ['ended as it was asked to', { asked: 'stop' }, '', 'none'],
    ['could not be started by its helper', { fault: 'env-file: no such file' }, '', 'none'],
    ['is wanted stopped', {}, ', state: stopped', 'none'],
  ])('and %s: %s', (_case, record, fields, what) => {
    expect(revival(ended(record, fields)).what).toBe(what);
  });

  it('is left to the user manager where there is one', () => {
    expect(revival(ended({}, '', 'systemd')).what).toBe('none');
  });

  it('starts no sooner than its delay', () => {
    const slow = ended({}, ', restart: { delay: 15s, burst: 2, window: 60s }');
    expect(revival(slow)).toEqual({ what: 'later', atMs: NOW + 5000 });
    expect(revival(slow, startsOf(slow), NOW + 5000)).toEqual({ what: 'start' });
  });

  it('starts although the clock was set back for years (F84)', () => {
    const future = ended({ startedAt: NOW * 1000, endedAt: NOW * 1001 });
    expect(revival(future)).toEqual({ what: 'start' });
  });

  it('is given up past its start limit, until somebody else starts it or its spec changes', () => {
    const seen = ended({ starts: 3 }, ', restart: { delay: 1s, burst: 3, window: 60s }');
    const { startedAt } = { startedAt: NOW - 20_000 };
    const tired: Starts = { atMs: [NOW - 40_000, NOW - 30_000, startedAt], count: 2 };
    expect(revival(seen, tired)).toEqual({ what: 'give-up', run: startedAt });
    const later = { ...tired, gaveUp: startedAt };
    expect(revival(seen, later, NOW + 3_600_000).what).toBe('give-up');
    expect(startsOf(seen, later).gaveUp).toBe(startedAt);
    expect(revival(ended({ startedSpec: 'v1:older' }), later).what).toBe('start');
    const again = ended({ starts: 4, startedAt: NOW - 15_000 });
    expect(startsOf(again, later)).toMatchObject({ atMs: [NOW - 15_000], count: 3 });
    expect(startsOf(again, later)).not.toHaveProperty('gaveUp');
  });

  it('is in the plan as a start, for the watcher that says it is due and for no other', () => {
    const seen = ended();
    const watched = { ...seen.policy, mode: 'watch-safe' as const };
    expect(replan(seen, watched)).toMatchObject({ changes: [], deferred: [{ reason: 'needs-person' }] });
    expect(replan(seen, { ...watched, revive: ['coder'] })).toMatchObject({
      changes: [{ address: 'session.coder', action: 'start', reason: 'failed' }],
      deferred: [],
    });
    expect(replan(seen, { ...watched, mode: 'watch-none', revive: ['coder'] }).changes).toEqual([]);
  });
});

describe('the starts of an agent', () => {
  it('are counted also when several came between two looks', () => {
    const first = startsOf(ended());
    expect(first).toEqual({ atMs: [NOW - 20_000], count: 0, isDown: true, spec: expect.any(String) });
    const seen = ended({ starts: 4, startedAt: NOW - 11_000 });
    expect(startsOf(seen, first).atMs).toEqual([NOW - 20_000, NOW - 11_000, NOW - 11_000, NOW - 11_000]);
  });
});

/** Ends within ten minutes, where the window of the start limit is no matter. */
const often = (starts: Starts, nowMs = NOW): number =>
  flaps(starts, { ...agentIn(ended().fleet).restart, windowMs: 1 }, nowMs)?.ends ?? 0;

describe('an agent that is flapping', () => {
  /** The agent ended and started again `runs` times, looked at after each. */
  function after(runs: number, asked: string, perLook = 1): Starts {
    let starts = startsOf(ended({ startedAt: NOW - 100_000, endedAt: null }));
    for (let run = perLook; run <= runs; run += perLook) {
      const at = NOW - 100_000 + run * 1000;
      starts = startsOf(ended({ starts: 1 + run, startedAt: at, endedAt: at - 500, asked }), starts);
    }
    return starts;
  }

  it('has ended by itself more than five times in ten minutes', () => {
    expect([5, 6].map((runs) => often(after(runs, 'none')))).toEqual([0, 6]);
    expect(often(after(6, 'none', 3))).toBe(6);
    expect(often(after(6, 'none'), NOW + 600_000)).toBe(0);
  });

  it('has not been restarted so often by a person', () => {
    expect([1, 3].map((perLook) => often(after(30, 'stop', perLook)))).toEqual([0, 0]);
  });

  it.each<[string, Look, number]>([
    ['is left alone', ended({ starts: 8 }), 7],
    ['was asked to stop', ended({ starts: 8, asked: 'stop' }), 0],
    ['is held', ended({ starts: 8 }, '', 'tmux', { holds: [{ agent: 'coder', by: '' }] }), 0],
    ['is wanted stopped', ended({ starts: 8 }, ', state: stopped'), 0],
    ['was started with a new spec', ended({ starts: 8, startedSpec: 'v1:newer' }), 0],
    ['waits for a person to take it up', ended({ starts: 8, gaveUp: NOW - 20_000 }), 0],
  ])('has its ends counted where it %s', (_case, seen, ends) => {
    const flapping = { ...startsOf(ended()), count: 6, endsMs: Array.from({ length: 6 }, () => NOW - 30_000) };
    const starts = startsOf(seen, { ...flapping, atMs: [NOW - 25_000] });
    expect(often(starts)).toBe(ends);
    const up = ended({ ...recordOf(seen), starts: 9, startedAt: NOW - 5000 });
    expect(often(startsOf(up, starts))).toBe(ends);
  });

  it('is counted once for each end, whether it is seen down in between or not', () => {
    let starts = startsOf(ended({ startedAt: NOW - 100_000, endedAt: null }));
    for (let run = 1; run <= 6; run += 1) {
      const at = NOW - 100_000 + run * 1000;
      starts = startsOf(ended({ starts: run, startedAt: at - 1000, endedAt: at - 500, asked: 'none' }), starts);
      starts = startsOf(ended({ starts: run + 1, startedAt: at, endedAt: at - 500, asked: 'none' }), starts);
    }
    expect(often(starts)).toBe(6);
  });
});
