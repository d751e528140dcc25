import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { confirmPlan } from '../../src/cli/confirm.ts';
import { silent } from '../../src/cli/options.ts';
import type { Action, Change, Disruption, Plan } from '../../src/model/plan.ts';

/** A plan with one change that does this. */
const planOf = (action: Action, disruption: Disruption): Plan => {
  const what = { address: 'session.a', group: 'agent.a', provider: 'tmux', reason: 'missing' } as const;
  const change: Change = { ...what, action, disruption, phase: 'live', patch: [], because: 'test', expected: 'absent' };
  return { fleet: 'f', changes: [change], blocked: [], deferred: [], foreign: [], holds: [], conditions: [] };
};

const output = { ...silent, json: false };

describe('a plan', () => {
  const { isTTY } = process.stdin;
  beforeAll(() => {
    Object.assign(process.stdin, { isTTY: false });
  });
  afterAll(() => {
    Object.assign(process.stdin, { isTTY });
  });

  it.each<[Action, Disruption]>([
    ['restart', 'restart'],
    ['stop', 'kill'],
    ['replace', 'fleet'],
    ['delete', 'none'],
  ])('with a %s of disruption %s is not done unasked', async (action, disruption) => {
    await expect(confirmPlan(planOf(action, disruption), {}, output)).rejects.toMatchObject({ code: 'E_CONFIRM' });
    await expect(confirmPlan(planOf(action, disruption), { yes: true }, output)).resolves.toBeUndefined();
  });

  it.each<[Action, Disruption]>([
    ['create', 'none'],
    ['start', 'none'],
    ['update', 'live'],
  ])('with a %s of disruption %s needs no answer', async (action, disruption) => {
    await expect(confirmPlan(planOf(action, disruption), {}, output)).resolves.toBeUndefined();
  });
});
