import { describe, expect, it } from '@jest/globals';
import type { RestartPolicy } from '../../src/model/fleet.ts';
import type { Json, JsonObject } from '../../src/model/resource.ts';
import { agentView, type AgentView } from '../../src/reconciler/agent-state.ts';
import { fleetWith } from '../support/fleet.ts';
import { worldOf } from '../support/observed.ts';

type Item = null | string | JsonObject;

interface Case {
  readonly active?: string;
  readonly load?: string;
  readonly session?: Item;
  readonly record?: Item;
  readonly policy?: RestartPolicy;
}

const GONE = null;
const UNMARKED = { owner: 'foreign', spec: {}, foreignBecause: 'no mark' };
const ended = (spec: Record<string, Json>): JsonObject => ({
  spec: { startedAt: 1000, endedAt: 2000, asked: 'none', signal: null, ...spec },
});

/** A running agent as in sync, then changed as the case says. */
function view(supervisor: 'systemd' | 'tmux', { active, load, session, record, policy }: Case): AgentView {
  const fleet = fleetWith({ coder: '{ command: [codex] }' }, `supervisor: ${supervisor}`);
  const run = { ...(active === undefined ? {} : { active }), ...(load === undefined ? {} : { load }) };
  const items = {
    ...(active === undefined && load === undefined ? {} : { 'run.coder': { spec: run } }),
    ...(session === undefined ? {} : { 'session.coder': session }),
    ...(record === undefined ? {} : { 'record.coder': record }),
  };
  return agentView(worldOf(fleet, { items }).observed, 'coder', policy ?? 'on-failure', supervisor);
}

const JOINING = { inUnit: false, joining: true };
const SYSTEMD: readonly (readonly [string, Case, Partial<AgentView>])[] = [
  ['running', {}, { state: 'running' }],
  ['running while its unit reloads', { active: 'reloading' }, { state: 'running' }],
  ['starting', { active: 'activating', session: GONE }, { state: 'starting' }],
  ['starting before its session is there', { active: 'active', session: GONE }, { state: 'starting' }],
  ['missing', { active: 'inactive', session: GONE, record: GONE }, { state: 'missing' }],
  ['stopped by hand', { active: 'inactive', session: GONE }, { state: 'stopped' }],
  [
    'stopped as asked',
    { active: 'inactive', session: GONE, record: ended({ asked: 'stop', code: 0 }) },
    { state: 'stopped' },
  ],
  ['stopping', { active: 'deactivating', record: ended({ asked: 'stop', code: 0 }) }, { state: 'stopped' }],
  ['being stopped', { active: 'deactivating' }, { state: 'stopped', detail: 'it is being stopped' }],
  [
    'stopped by force',
    { active: 'failed', session: GONE, record: ended({ asked: 'stop', signal: 'KILL' }) },
    { state: 'stopped' },
  ],
  [
    'exited',
    { active: 'inactive', session: GONE, record: ended({ code: 0 }) },
    { state: 'exited', detail: 'exited with 0' },
  ],
  [
    'exited under policy never, whatever the code',
    { active: 'failed', session: GONE, record: ended({ code: 3 }), policy: 'never' },
    { state: 'exited' },
  ],
  [
    'failed when it ended badly and nothing starts it again',
    { active: 'inactive', session: GONE, record: ended({ code: 3 }) },
    { state: 'failed', detail: 'exited with 3' },
  ],
  [
    'failed when it ended under policy always and nothing starts it again',
    { active: 'inactive', session: GONE, record: ended({ code: 0 }), policy: 'always' },
    { state: 'failed' },
  ],
  [
    'failed by the helper',
    { active: 'failed', session: GONE, record: { spec: { fault: 'cwd: /x' } } },
    { state: 'failed', detail: 'cwd: /x' },
  ],
  ['failed without a record', { active: 'failed', session: GONE, record: GONE }, { state: 'failed' }],
  [
    'failed when it was started after its last, asked-for ending',
    { active: 'failed', session: GONE, record: ended({ asked: 'stop', startedAt: 3000 }) },
    { state: 'failed' },
  ],
  [
    'crash-looping',
    { active: 'failed', session: GONE, record: ended({ signal: 'SEGV' }) },
    { state: 'crash-looping', detail: 'ended by SEGV' },
  ],
  [
    'crash-looping under policy always',
    { active: 'failed', session: GONE, record: ended({ code: 0 }), policy: 'always' },
    { state: 'crash-looping' },
  ],
  ['unknown when the session could not be seen', { session: 'no answer' }, { state: 'unknown', detail: 'no answer' }],
  [
    'unknown when nothing runs and the records could not be read',
    { active: 'inactive', session: GONE, record: 'denied' },
    { state: 'unknown', detail: 'denied' },
  ],
  [
    'unknown when its unit has failed and the records could not be read',
    { active: 'failed', session: GONE, record: 'denied' },
    { state: 'unknown', detail: 'denied' },
  ],
  [
    'failed when nothing tells how it ended',
    { active: 'inactive', session: GONE, record: ended({ signal: null }) },
    { state: 'failed', detail: 'ended' },
  ],
  [
    'crash-looping although nothing tells when it started',
    { active: 'failed', session: GONE, record: ended({ startedAt: null, code: 1 }) },
    { state: 'crash-looping' },
  ],
  ['running although the records could not be read', { record: 'denied' }, { state: 'running' }],
  ['an impostor', { session: { spec: { inUnit: false } } }, { state: 'unknown', block: 'impostor' }],
  ['starting while it joins its unit', { session: { spec: JOINING } }, { state: 'starting' }],
  [
    'starting while it joins a unit that was down',
    { active: 'failed', session: { spec: JOINING } },
    { state: 'starting' },
  ],
  [
    'a duplicate of one that joins its unit',
    { session: { spec: { ...JOINING, duplicate: true } } },
    { block: 'duplicate-owner' },
  ],
  ['an impostor while its unit is down', { active: 'inactive' }, { state: 'stopped', block: 'impostor' }],
  ['foreign', { active: 'inactive', session: UNMARKED }, { block: 'foreign', detail: 'no mark' }],
  [
    'foreign for want of a mark, when nothing more is told',
    { active: 'inactive', session: { owner: 'foreign', spec: {} } },
    { block: 'foreign', detail: 'it has no mark of ours' },
  ],
  ['foreign while its unit has failed', { active: 'failed', session: UNMARKED }, { block: 'foreign' }],
  ['foreign while its unit is active', { session: UNMARKED }, { state: 'unknown', block: 'foreign' }],
  ['a duplicate', { session: { spec: { duplicate: true } } }, { block: 'duplicate-owner' }],
  ['masked', { active: 'inactive', load: 'masked', session: GONE }, { state: 'stopped', block: 'masked' }],
  ['renamed', { session: { spec: { name: 'mine' } } }, { state: 'running', renamedTo: 'mine' }],
];

const TMUX: readonly (readonly [string, Case, Partial<AgentView>])[] = [
  ['running', {}, { state: 'running' }],
  ['missing', { session: GONE, record: GONE }, { state: 'missing' }],
  ['stopped', { session: GONE, record: ended({ asked: 'stop', code: 0 }) }, { state: 'stopped' }],
  ['exited', { session: GONE, record: ended({ code: 0 }) }, { state: 'exited' }],
  ['exited under policy never', { session: GONE, record: ended({ code: 1 }), policy: 'never' }, { state: 'exited' }],
  ['failed', { session: GONE, record: ended({ code: 1 }) }, { state: 'failed', detail: 'exited with 1' }],
  ['failed under policy always', { session: GONE, record: ended({ code: 0 }), policy: 'always' }, { state: 'failed' }],
  ['given up', { session: GONE, record: ended({ code: 1, gaveUp: 1000 }) }, { state: 'crash-looping' }],
  ['given up in an earlier run', { session: GONE, record: ended({ code: 1, gaveUp: 900 }) }, { state: 'failed' }],
  [
    'given up, by a policy that is gone',
    { session: GONE, record: ended({ code: 0, gaveUp: 1000 }) },
    { state: 'exited' },
  ],
  ['failed by the helper', { session: GONE, record: { spec: { fault: 'cwd: /x' } } }, { state: 'failed' }],
  ['unknown', { session: 'no answer' }, { state: 'unknown' }],
  ['unknown by its records', { session: GONE, record: 'denied' }, { state: 'unknown' }],
  ['an impostor', { session: { spec: { isWrapper: false } } }, { block: 'impostor' }],
  ['foreign', { session: UNMARKED }, { block: 'foreign' }],
  ['a duplicate', { session: { spec: { duplicate: true } } }, { block: 'duplicate-owner' }],
  ['renamed', { session: { spec: { name: 'mine' } } }, { state: 'running', renamedTo: 'mine' }],
];

describe('an agent under systemd', () => {
  it.each(SYSTEMD)('is seen as %s', (_, given, wanted) => expect(view('systemd', given)).toMatchObject(wanted));
});

describe('an agent under tmux alone', () => {
  it.each(TMUX)('is seen as %s', (_, given, wanted) => expect(view('tmux', given)).toMatchObject(wanted));
});

describe('the facts of a view', () => {
  it('name the process, its session, its starts and how it last ended', () => {
    const record = {
      spec: { starts: 3, startedAt: 5000, startedSpec: 'v1:old', endedAt: 4000, code: 7, signal: null },
    };
    expect(view('systemd', { record })).toMatchObject({
      pid: 4242,
      sessionId: '$1',
      restarts: 2,
      startedAt: 5000,
      startedSpec: 'v1:old',
      lastExit: { code: 7, at: 4000, asked: false },
    });
  });

  it('tell of an agent that went with its session', () => {
    const record = { spec: { startedAt: 1000, endedAt: 4000, code: 75, asked: 'none', sessionLost: true } };
    const seen = view('systemd', { active: 'failed', session: GONE, record });
    expect(seen.lastExit).toEqual({ code: 75, at: 4000, asked: false, sessionLost: true });
    expect(seen.detail).toBe('its session was ended from outside');
  });

  it('know nothing of a session that is not ours', () => {
    const seen = view('systemd', { active: 'inactive', session: { ...UNMARKED, spec: { pid: 1, id: '$7' } } });
    expect([seen.pid, seen.sessionId, seen.runningSpec]).toEqual([undefined, undefined, undefined]);
  });

  it('carry a fingerprint that changes with the unit and with the session', () => {
    const prints = [view('systemd', {}), view('systemd', { session: GONE }), view('systemd', { session: 'x' })];
    expect(new Set(prints.map(({ fingerprint }) => fingerprint)).size).toBe(3);
  });

  it('are of the supervisor that runs the server, until the fleet has moved to another', () => {
    const fleet = fleetWith({ coder: '{ command: [codex] }' });
    const moving = {
      'server.mosaic-factory': { spec: { supervisor: 'tmux' } },
      'session.coder': { spec: { isWrapper: true } },
      'run.coder': null,
    };
    const state = (items: Record<string, Item>): string =>
      agentView(worldOf(fleet, { items }).observed, 'coder', 'on-failure', 'systemd').state;
    expect(state(moving)).toBe('running');
    expect(state({ ...moving, 'session.coder': null })).toBe('stopped');
    expect(state({ ...moving, 'session.coder': UNMARKED })).toBe('stopped');
    expect(state({ ...moving, 'session.coder': { spec: { isWrapper: false } } })).toBe('stopped');
  });

  it('tell a name that another session has taken', () => {
    const fleet = fleetWith({ coder: '{ command: [codex] }' });
    const { observed } = worldOf(fleet, { items: { 'session.coder': { spec: { name: 'mine', nameTaken: true } } } });
    expect(agentView(observed, 'coder', 'on-failure', 'systemd')).toMatchObject({ state: 'running', block: 'foreign' });
  });

  it('take what an unseen provider would have shown as unknown, not as absent', () => {
    const fleet = fleetWith({});
    const error = { code: 'E_TMUX', message: 'no answer' };
    const { observed } = worldOf(fleet, {
      incomplete: [{ provider: 'tmux', error }],
      items: { 'run.old': { spec: { active: 'active' } } },
    });
    expect(agentView(observed, 'old', 'on-failure', 'systemd')).toMatchObject({ state: 'unknown' });
  });
});
