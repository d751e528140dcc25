import { describe, expect, it } from '@jest/globals';
import { entriesOf, planNews } from '../../../src/cli/watch/plan-news.ts';

const WAITS = '. never  waits (needs-person): exited with 3';
const BLOCKED = '! coder  blocked (masked): its unit is masked\n      Unmask it';
const plan = (...entries: readonly string[]): string => `${entries.join('\n')}\n\nPlan: ${entries.length}.\n`;

describe('what a watcher tells of a plan', () => {
  it('is all of the first', () => {
    expect(planNews([], plan(WAITS, BLOCKED))).toBe(`${WAITS}\n${BLOCKED}\nPlan: 2.`);
  });

  it('is then what it says anew, and how much is as it was', () => {
    const before = entriesOf(plan(WAITS, BLOCKED));
    expect(planNews(before, plan('+ crash  start', WAITS, BLOCKED))).toBe(
      '+ crash  start\nPlan: 3. Unchanged: 2 more.',
    );
    expect(planNews(before, plan(WAITS, BLOCKED.replace('Unmask', 'Mask')))).toBe(
      `${BLOCKED.replace('Unmask', 'Mask')}\nPlan: 2. Unchanged: 1 more.`,
    );
  });

  it('is nothing where it says the same, or less', () => {
    const before = entriesOf(plan(WAITS, BLOCKED));
    expect([plan(WAITS, BLOCKED), plan(BLOCKED)].map((one) => planNews(before, one))).toEqual([undefined, undefined]);
  });
});
