import type { Change, Plan } from '../../src/model/plan.ts';

/** A plan in which nothing is to be done. */
export const NOTHING: Plan = {
  fleet: 'canary',
  changes: [],
  blocked: [],
  deferred: [],
  foreign: [],
  holds: [],
  conditions: [],
};

/** The start of an agent that does not run, but for what a test says of it. */
export const changeOf = (agent: string, more: Partial<Change> = {}): Change => ({
  address: `session.${agent}`,
  group: `agent.${agent}`,
  action: 'start',
  reason: 'not_running',
  disruption: 'none',
  phase: 'start',
  provider: 'systemd',
  patch: [],
  because: 'not running',
  expected: 'absent',
  ...more,
});
