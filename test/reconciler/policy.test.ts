import { describe, expect, it } from '@jest/globals';
import type { Activity } from '../../src/model/observed.ts';
import type { Change, Deferred, Plan } from '../../src/model/plan.ts';
import {
  agentsInQuestion,
  APPLY,
  deferReason,
  isUnattended,
  mayRestart,
  type Policy,
} from '../../src/reconciler/policy.ts';

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

describe('agentsInQuestion', () => {
  const what = {
    disruption: 'none',
    phase: 'restart',
    provider: 'systemd',
    patch: [],
    because: '',
    expected: '',
  } as const;
  const change = (group: string, action: Change['action'], reason: Change['reason']): Change => ({
    ...what,
    address: `session.${group}`,
    group,
    action,
    reason,
  });
  const waiting = (group: string, reason: Deferred['reason']): Deferred => ({ group, address: '', reason, hint: '' });
  const plan: Plan = {
    fleet: 'f',
    changes: [
      change('agent.new-spec', 'restart', 'spec_changed'),
      change('agent.asked-for', 'restart', 'requested'),
      change('agent.new', 'start', 'spec_changed'),
      change('fleet', 'restart', 'spec_changed'),
    ],
    deferred: [waiting('agent.unclear', 'unknown-activity'), waiting('agent.at-work', 'busy')],
    blocked: [],
    foreign: [],
    holds: [],
    conditions: [],
  };

  it('are those that are restarted for a new spec or wait because nobody knows what they do', () => {
    expect(agentsInQuestion(plan, APPLY)).toEqual(['new-spec', 'unclear']);
    expect(agentsInQuestion(plan, { ...APPLY, mode: 'watch-safe' })).toEqual(['new-spec', 'unclear']);
  });

  it.each<Partial<Policy>>([{ now: true }, { mode: 'watch-none' }])('are none where it changes nothing: %j', (part) => {
    expect(agentsInQuestion(plan, { ...APPLY, ...part })).toEqual([]);
  });
});

describe('the policy of a plain apply', () => {
  it('is attended, takes no agent from its work, and does more than an install', () => {
    expect(APPLY).toEqual({ mode: 'apply', now: false, intents: {}, installOnly: false });
  });
});
