import { describe, expect, it } from '@jest/globals';
import type { Activity } from '../../../src/model/observed.ts';
import type { AgentStatus } from '../../../src/reconciler/status.ts';
import { callsDue, needsOf, type Call } from '../../../src/reconciler/watch/attention.ts';

const agent = (activity: Activity, state: AgentStatus['state'] = 'running'): AgentStatus => ({
  name: 'coder',
  desired: 'running',
  held: false,
  heldBy: undefined,
  state,
  inSync: true,
  pid: 42,
  unit: undefined,
  sessionId: '$1',
  restarts: 0,
  startedAtMs: 1,
  lastExit: undefined,
  activity: { state: activity, source: 'screen', detail: 'Allow command?' },
  note: undefined,
  envFileNewer: false,
});
const reasons = (agents: readonly AgentStatus[], crashed: ReadonlyMap<string, string> = new Map()) =>
  needsOf(agents, crashed).map(({ reason }) => reason);
const call: Call = { agent: 'coder', reason: 'dialog', text: 'coder waits for an answer' };

describe('a person is needed', () => {
  it('for an agent that runs and asks, and for no other', () => {
    expect((['dialog', 'setup', 'idle', 'busy', 'unknown'] as const).map((state) => reasons([agent(state)]))).toEqual([
      ['dialog'],
      ['setup'],
      [],
      [],
      [],
    ]);
    expect(reasons([agent('dialog', 'stopped')])).toEqual([]);
    expect(needsOf([agent('dialog')], new Map())[0]?.text).toBe(
      'coder waits for an answer (Allow command?): mosaic agent attach coder',
    );
  });

  it('for an agent past its start limit', () => {
    expect(reasons([agent('unknown', 'crash-looping')], new Map([['coder', 'it ended']]))).toEqual(['crash-loop']);
  });
});

describe('a person is called', () => {
  it('once while the reason lasts, and again when it comes back later', () => {
    const first = callsDue([call], {}, 0);
    const second = callsDue([call], first.calls, 3_600_000);
    const gone = callsDue([], second.calls, 3_600_001);
    const back = callsDue([call], gone.calls, 3_700_000);
    expect([first, second, gone, back].map(({ due }) => due.length)).toEqual([1, 0, 0, 1]);
  });

  it('at most once a minute for one agent and reason, and not less for it', () => {
    const first = callsDue([call], {}, 0);
    const gone = callsDue([], first.calls, 1000);
    const soon = callsDue([call], gone.calls, 2000);
    const still = callsDue([call], soon.calls, 60_000);
    expect([soon, still].map(({ due }) => due.length)).toEqual([0, 1]);
    expect(callsDue([{ ...call, reason: 'crash-loop' }], gone.calls, 2000).due).toHaveLength(1);
  });
});
