import { describe, expect, it } from '@jest/globals';
import type { AgentState } from '../../src/model/observed.ts';
import { APPLY, type Policy } from '../../src/reconciler/policy.ts';
import { decideSession, type SessionDecision, type SessionInput } from '../../src/reconciler/session.ts';
import { agentIn, fleetWith } from '../support/fleet.ts';

type Wish = 'running' | 'stopped' | 'held';
type Intent = 'start' | 'restart' | 'reset' | undefined;

interface Given {
  readonly state?: AgentState;
  readonly wish?: Wish;
  readonly intent?: Intent;
  readonly view?: Partial<SessionInput['view']>;
  readonly policy?: Partial<Policy>;
  readonly changed?: readonly string[];
  readonly supervisor?: SessionInput['supervisor'];
}

function decide(given: Given): SessionDecision {
  const { state = 'running', wish = 'running', intent, changed = [], supervisor = 'systemd' } = given;
  const agent = agentIn(fleetWith({ coder: `{ command: [codex], state: ${wish === 'held' ? 'running' : wish} }` }));
  return decideSession({
    agent,
    view: { state, restarts: 0, fingerprint: 'seen', runningSpec: 'v1:now', ...given.view },
    desired: { address: 'session.coder', group: 'agent.coder', provider: 'tmux', spec: {}, line: 6 },
    wantedSpec: 'v1:now',
    changed,
    held: wish === 'held',
    activity: 'unknown',
    supervisor,
    runner: supervisor,
    screen: '/home/ada/screen',
    policy: { ...APPLY, intents: intent === undefined ? {} : { coder: intent }, ...given.policy },
  });
}

const inShort = ({ change, blocked, deferred }: SessionDecision): string =>
  [
    change === undefined ? undefined : `${change.action} (${change.reason}, ${change.disruption})`,
    blocked === undefined ? undefined : `blocked: ${blocked.reason}`,
    deferred === undefined ? undefined : `waits: ${deferred.reason}`,
  ]
    .filter((part) => part !== undefined)
    .join(', ') || 'nothing';

const STOP = 'stop (not_wanted, kill)';
const HELD = 'stop (held, kill)';
const AGAIN = 'restart (requested, restart)';
const ASKED = 'start (requested, none)';
/** By observed state: without an intent, `start` asked, `restart` asked, manifest says stopped, held. */
const TABLE: Record<AgentState, readonly [string, string, string, string, string]> = {
  running: ['nothing', 'nothing', AGAIN, STOP, HELD],
  starting: ['waits: starting', 'waits: starting', AGAIN, STOP, HELD],
  stopped: ['start (not_running, none)', ASKED, ASKED, 'nothing', 'nothing'],
  missing: ['start (not_running, none)', ASKED, ASKED, 'nothing', 'nothing'],
  exited: ['start (exited, none)', ASKED, ASKED, 'nothing', 'nothing'],
  failed: ['start (failed, none)', ASKED, ASKED, 'nothing', 'nothing'],
  'crash-looping': ['blocked: crash-looping', ASKED, ASKED, 'nothing', 'nothing'],
  unknown: ['blocked: unknown', 'blocked: unknown', 'blocked: unknown', 'blocked: unknown', 'blocked: unknown'],
};
const COLUMNS: readonly Given[] = [
  {},
  { intent: 'start' },
  { intent: 'restart' },
  { wish: 'stopped' },
  { wish: 'held' },
];
const CELLS = (Object.keys(TABLE) as AgentState[]).flatMap((state) =>
  COLUMNS.map((given, at) => ({
    state,
    given,
    wish: given.intent ?? given.wish ?? 'running',
    outcome: TABLE[state][at] ?? '',
  })),
);

describe('what happens to an agent', () => {
  it.each(Object.keys(TABLE) as AgentState[])('that is %s is the same for a reset as for a restart', (state) => {
    expect(inShort(decide({ intent: 'reset', state }))).toBe(TABLE[state][2]);
  });

  it('says that a reset was asked for', () => {
    expect(decide({ intent: 'reset' }).change?.because).toBe('reset asked for');
    expect(decide({ intent: 'restart' }).change?.because).toBe('asked for');
  });

  it.each(CELLS)('that is $state and shall be $wish: $outcome', ({ state, given, outcome }) => {
    expect(inShort(decide({ ...given, state }))).toBe(outcome);
  });

  it.each([
    ['exited', 'waits: needs-person'],
    ['failed', 'waits: needs-person'],
    ['crash-looping', 'blocked: crash-looping'],
    ['stopped', 'start (not_running, none)'],
  ] as const)('that is %s, when the watcher sees it: %s', (state, outcome) => {
    expect(inShort(decide({ state, policy: { mode: 'watch-all' } }))).toBe(outcome);
  });

  it('whose spec changed is a restart, and the cause names the fields', () => {
    const { change } = decide({ view: { runningSpec: 'v1:old' }, changed: ['command', 'env'] });
    expect(change).toMatchObject({ action: 'restart', because: 'command, env changed', line: 6, expected: 'seen' });
  });

  it('whose new spec is already on disk is a restart all the same', () => {
    expect(decide({ view: { runningSpec: 'v1:old' } }).change?.because).toBe('it runs with an older spec');
  });

  it('that crashes in a loop starts again when its spec changed', () => {
    expect(inShort(decide({ state: 'crash-looping', changed: ['command'] }))).toBe('start (spec_changed, none)');
  });

  it('that crashes in a loop starts again when its new spec is already on disk', () => {
    const { change, blocked } = decide({ state: 'crash-looping', view: { startedSpec: 'v1:old' } });
    expect([change?.because, blocked]).toEqual(['it ran with an older spec', undefined]);
    expect(inShort(decide({ state: 'crash-looping', view: { startedSpec: 'v1:now' } }))).toBe('blocked: crash-looping');
  });

  it('that waits says how a person can go on', () => {
    const busy = decide({ view: { runningSpec: 'v1:old' }, policy: { mode: 'watch-none' } });
    expect(busy.deferred).toMatchObject({ reason: 'needs-person', hint: expect.stringMatching(/fleet apply$/) });
  });
});

describe('a renamed session', () => {
  const view = { renamedTo: 'mine' };

  it('gets its name back and nothing else happens to it', () => {
    const { rename, change } = decide({ view });
    expect([rename, change]).toMatchObject([
      { action: 'update', reason: 'renamed', disruption: 'live', provider: 'tmux' },
      undefined,
    ]);
  });

  it.each([
    ['starting', 'running'],
    ['stopped', 'stopped'],
  ] as const)('keeps the name it has while its agent is %s: it may be anybody’s', (state, wish) => {
    expect(decide({ view, state, wish }).rename).toBeUndefined();
  });

  it('needs no name before a unit ends it', () => {
    expect(decide({ view, intent: 'restart' })).toMatchObject({ change: { action: 'restart' } });
    expect(decide({ view, intent: 'restart' }).rename).toBeUndefined();
  });

  it('needs its name before it is ended by name', () => {
    expect(decide({ view, wish: 'held', supervisor: 'tmux' }).rename).toMatchObject({ phase: 'live' });
  });
});

describe('what stands in the way', () => {
  it.each(['foreign', 'impostor', 'duplicate-owner', 'masked'] as const)('blocks a start: %s', (block) => {
    const { blocked } = decide({ state: 'stopped', view: { block, detail: 'why' } });
    const why = block === 'masked' ? 'its unit is masked' : 'why';
    expect(blocked).toMatchObject({ reason: block, message: expect.stringContaining(why) });
  });

  it('leaves an agent running that a mask would keep from coming back', () => {
    const masked = { unitTaken: 'masked' } as const;
    for (const given of [{ intent: 'restart' }, { changed: ['command'], view: { runningSpec: 'v1:older' } }] as const) {
      const { change, blocked } = decide({ ...given, view: { ...('view' in given ? given.view : {}), ...masked } });
      expect([change, blocked]).toMatchObject([undefined, { reason: 'masked' }]);
    }
  });

  it('is no mask of a unit where no unit starts it', () => {
    const view = { unitTaken: 'masked', runningSpec: 'v1:older' } as const;
    expect(decide({ supervisor: 'tmux', view }).change).toMatchObject({ action: 'restart' });
  });

  it('is told of an agent that runs and shall be down, too', () => {
    const { change, blocked } = decide({ wish: 'held', view: { block: 'foreign', detail: 'its name is taken' } });
    expect([change, blocked]).toMatchObject([undefined, { reason: 'foreign' }]);
  });

  it('does not stand in the way of an agent that is down and shall be', () => {
    for (const wish of ['stopped', 'held'] as const) {
      expect(decide({ state: 'stopped', wish, view: { block: 'masked' } })).toEqual({});
      const foreign = decide({ state: 'stopped', wish, view: { block: 'foreign', detail: 'no mark' } });
      expect(foreign).toEqual({ foreign: { address: 'session.coder', message: 'no mark' } });
    }
  });

  it('is named when an impostor carries the mark of an agent that shall be down', () => {
    expect(inShort(decide({ state: 'stopped', wish: 'stopped', view: { block: 'impostor' } }))).toBe(
      'blocked: impostor',
    );
  });
});
