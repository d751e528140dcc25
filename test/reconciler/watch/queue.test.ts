import { describe, expect, it } from '@jest/globals';
import type { Change } from '../../../src/model/plan.ts';
import { changeOf } from '../../support/plans.ts';
import type { Step } from '../../../src/reconciler/execute.ts';
import { delayAfter } from '../../../src/reconciler/watch/backoff.ts';
import { learn, nextTryMs, waitingGroups, type Queue } from '../../../src/reconciler/watch/queue.ts';

const change = (group: string, reason: Change['reason'] = 'hand_edited'): Change =>
  changeOf('', { address: `launch.${group}`, group, reason, provider: 'files' });
const done = (group: string, reason?: Change['reason']): Step => ({ change: change(group, reason), result: 'done' });
const failed = (group: string): Step => ({ change: change(group), result: 'failed', error: new Error('no space') });
const skipped = (group: string): Step => ({ change: change(group), result: 'skipped', because: 'interrupted' });
const at = (nowMs: number) => ({ nowMs, random: () => 0 });
const learnAll = (steps: readonly (readonly [nowMs: number, step: Step])[]): Queue =>
  steps.reduce<Queue>((queue, [nowMs, step]) => learn(queue, [step], at(nowMs)), {});

describe('delayAfter', () => {
  it('doubles from a second to five minutes', () => {
    expect([1, 2, 3, 8, 9, 40].map((failures) => delayAfter(failures, 0))).toEqual([
      1000, 2000, 4000, 128_000, 240_000, 240_000,
    ]);
  });

  it('spreads by a quarter, and never beyond five minutes', () => {
    expect(delayAfter(1, 0.5)).toBe(1125);
    expect(delayAfter(40, 0.999_999)).toBeLessThanOrEqual(300_000);
  });
});

describe('the queue', () => {
  it('lets a group wait after a failure, longer after each, and no other', () => {
    const queue = learn(
      learnAll([
        [0, failed('agent.a')],
        [1000, failed('agent.a')],
      ]),
      [done('agent.b')],
      at(1000),
    );
    expect(queue['agent.a']).toMatchObject({ failures: 2, untilMs: 3000, message: 'no space' });
    expect([...waitingGroups(queue, 2999)]).toEqual(['agent.a']);
    expect([...waitingGroups(queue, 3000)]).toEqual([]);
    expect(nextTryMs(queue, 2000)).toBe(3000);
  });

  it('begins anew after a success', () => {
    const queue = learnAll([
      [0, failed('fleet')],
      [1000, failed('fleet')],
      [3000, done('fleet')],
      [4000, failed('fleet')],
    ]);
    expect(queue['fleet']).toMatchObject({ failures: 1, untilMs: 5000 });
  });

  it('holds nothing against a group whose steps were skipped', () => {
    expect(learnAll([[0, skipped('agent.a')]])).toEqual({});
  });

  it('lets a group wait that is undone again and again, longer each time', () => {
    const five = Array.from({ length: 5 }, (_, n) => [n * 1000, done('agent.a')] as const);
    const queue = learnAll(five);
    expect(queue['agent.a']).toMatchObject({ failures: 1, untilMs: 5000 });
    expect(queue['agent.a']?.message).toMatch(/^launch\.agent\.a was set right 5 times/);
    expect(learn(queue, [done('agent.a')], at(6000))['agent.a']).toMatchObject({ failures: 2, untilMs: 8000 });
  });

  it('lets a group wait again that is undone soon after it had waited', () => {
    const five = Array.from({ length: 5 }, (_, n) => [n * 1000, done('agent.a')] as const);
    const tried = learnAll([...five, [61_500, done('agent.a')]]);
    expect(tried['agent.a']).toMatchObject({ failures: 2, untilMs: 63_500 });
    expect(learnAll([...five, [90_000, done('agent.a')]])['agent.a']).toMatchObject({ failures: 0 });
  });

  it('does not mind a group that is set right now and then', () => {
    const seldom = Array.from({ length: 9 }, (_, n) => [n * 20_000, done('agent.a')] as const);
    expect(learnAll(seldom)['agent.a']).toMatchObject({ failures: 0 });
  });

  it('leaves the restarts of a restart policy to that policy', () => {
    const often = Array.from({ length: 9 }, (_, n) => [n * 1000, done('agent.a', 'failed')] as const);
    expect(learnAll(often)['agent.a']).toMatchObject({ failures: 0, actsMs: [] });
  });

  it('forgets what has been calm for a minute', () => {
    expect(learn(learnAll([[0, failed('agent.a')]]), [], at(90_000))).toEqual({});
  });
});
