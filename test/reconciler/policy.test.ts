import { describe, expect, it } from '@jest/globals';
import type { Activity } from '../../src/model/observed.ts';
import { APPLY, deferReason, isUnattended, mayRestart, type Policy } from '../../src/reconciler/policy.ts';

const ACTIVITIES: readonly Activity[] = ['idle', 'unknown', 'busy', 'dialog', 'setup'];
const UPDATES = ['when-idle', 'immediate', 'manual'] as const;

/** One letter per activity of the list above: `R` restarts, `.` does not. */
const TABLE: readonly (readonly [Partial<Policy>, Record<(typeof UPDATES)[number], string>])[] = [
  [{ mode: 'apply' }, { 'when-idle': 'RR...', immediate: 'RRRRR', manual: 'RR...' }],
  [
    { mode: 'apply', now: true },
    { 'when-idle': 'RRRRR', immediate: 'RRRRR', manual: 'RRRRR' },
  ],
  [{ mode: 'watch-safe' }, { 'when-idle': 'R....', immediate: 'RRRRR', manual: '.....' }],
  [{ mode: 'watch-all' }, { 'when-idle': 'RR...', immediate: 'RRRRR', manual: '.....' }],
  [{ mode: 'watch-none' }, { 'when-idle': '.....', immediate: '.....', manual: '.....' }],
];
const CELLS = TABLE.flatMap(([policy, row]) =>
  UPDATES.flatMap((update) =>
    ACTIVITIES.map((activity, at) => ({
      policy,
      mode: `${policy.mode ?? ''}${policy.now === true ? ' --now' : ''}`,
      update,
      activity,
      decision: row[update][at] === 'R' ? 'restart' : 'defer',
    })),
  ),
);

describe('mayRestart', () => {
  it.each(CELLS)('under $mode an agent with $update that is $activity: $decision', (cell) => {
    expect(mayRestart({ ...APPLY, ...cell.policy }, cell.update, cell.activity)).toBe(cell.decision);
  });
});

describe('deferReason', () => {
  it.each([
    ['apply', 'when-idle', 'busy', 'busy'],
    ['apply', 'manual', 'dialog', 'dialog'],
    ['apply', 'when-idle', 'setup', 'dialog'],
    ['watch-safe', 'when-idle', 'unknown', 'unknown-activity'],
    ['watch-safe', 'manual', 'idle', 'manual'],
    ['watch-all', 'manual', 'unknown', 'manual'],
    ['watch-none', 'immediate', 'idle', 'needs-person'],
  ] as const)('under %s an agent with %s that is %s waits because of %s', (mode, update, activity, reason) => {
    expect(deferReason({ ...APPLY, mode }, update, activity)).toBe(reason);
  });
});

describe('isUnattended', () => {
  it('is true for every mode of the watcher and for nothing else', () => {
    expect(
      (['apply', 'watch-none', 'watch-safe', 'watch-all'] as const).map((mode) => isUnattended({ ...APPLY, mode })),
    ).toEqual([false, true, true, true]);
  });
});
