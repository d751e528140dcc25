import { describe, expect, it } from '@jest/globals';
import { statusLines, statusText } from '../../../src/cli/view/status.ts';
import type { WatchView } from '../../../src/cli/watch/state.ts';
import { upToDate, watchLines } from '../../../src/cli/view/watch-status.ts';
import type { AgentStatus } from '../../../src/reconciler/status.ts';

const agent = (name: string, more: Partial<AgentStatus> = {}): AgentStatus => ({
  name,
  desired: 'running',
  held: false,
  heldBy: undefined,
  state: 'running',
  inSync: true,
  pid: 7,
  unit: undefined,
  sessionId: '$1',
  restarts: 0,
  startedAtMs: 0,
  lastExit: undefined,
  activity: { state: 'unknown', source: 'none' },
  envFileNewer: false,
  note: undefined,
  ...more,
});
const lines = (...agents: readonly AgentStatus[]): readonly string[] =>
  statusText({ fleet: 'canary', socket: { name: 's', path: '/s' }, conditions: [], agents }, 5000).split('\n');

describe('the table of the status', () => {
  it('calls an agent that is down as it should be stopped, whether it ever ran or not', () => {
    const down = { pid: undefined, state: 'missing' } as const;
    const shown = lines(
      agent('a', { ...down, desired: 'stopped' }),
      agent('b', { ...down, held: true }),
      agent('c', { ...down, inSync: false }),
    );
    expect(shown.slice(3, 6).map((line) => line.split(/ {2,}/)[1])).toEqual([
      'stopped (wanted)',
      'stopped (held)',
      'missing *',
    ]);
  });

  it('names the agent of a note once', () => {
    const shown = lines(
      agent('a', { note: 'a is past its start limit' }),
      agent('ab', { note: 'a is somebody else' }),
      agent('b', { note: 'it waits' }),
    );
    expect(shown.slice(7, 10)).toEqual(['  a is past its start limit', '  ab: a is somebody else', '  b: it waits']);
  });
});

const watching = (more: Partial<WatchView>): WatchView => ({
  isRunning: true,
  pid: 7,
  record: { auto: 'safe', startedMs: 0 },
  conditions: [],
  agents: {},
  waits: [],
  ...more,
});
const beside = (watch: WatchView, ...agents: readonly AgentStatus[]): readonly string[] => {
  const ready = { type: 'Ready', status: 'True', reason: 'InSync', message: 'all' } as const;
  const status = { fleet: 'canary', socket: { name: 's', path: '/s' }, conditions: [ready], agents };
  return statusLines(status, 5000, watch).flatMap(({ text, rank }) => (rank === 1 || rank === 2 ? [text] : []));
};

describe('the status beside a watcher', () => {
  it('says once what both have seen, in the words of the one who says more', () => {
    const waits = [{ group: 'agent.a', reason: 'needs-person', message: 'exited with 3; start it with mosaic' }];
    expect(beside(watching({ waits }), agent('a', { note: 'exited with 3' }))).toEqual([
      '  a: waits (needs-person): exited with 3; start it with mosaic',
      'Ready: all',
    ]);
  });

  it('says once that an agent is past its start limit', () => {
    const crashing = agent('a', { state: 'crash-looping', note: 'a is past its start limit (exited with 3)' });
    const crash = {
      type: 'CrashLoop',
      status: 'True',
      reason: 'StartLimit',
      message: 'a is past',
      sinceMs: 0,
    } as const;
    const waits = [{ group: 'agent.a', reason: 'crash-looping', message: 'a is past; restart it' }];
    expect(beside(watching({ agents: { a: [crash] }, waits }), crashing)).toEqual([
      '  a is past its start limit (exited with 3)',
      'Ready: False, a: ended by itself again and again',
    ]);
  });

  it('keeps what only one of them has seen', () => {
    const waits = [{ group: 'agent.a', reason: 'backoff', message: 'no room', untilMs: 9000 }];
    expect(beside(watching({ waits }), agent('a', { note: 'exited with 3' }))).toEqual([
      '  a: exited with 3',
      '  a: waits (backoff): no room; tried again in 4s',
      'Ready: all',
    ]);
  });

  it('says nothing of the ends of an agent that was held, or taken up again, after the look of the watcher', () => {
    const is = { status: 'True', sinceMs: 0 } as const;
    const loop = { ...is, type: 'CrashLoop', reason: 'StartLimit', message: 'past its start limit' };
    const flaps = { ...is, type: 'Flapping', reason: 'ManyEnds', message: 'ended by itself 3 times within 60 s' };
    const held = { ...is, type: 'Suspended', reason: 'Held', message: 'held by stop' };
    const unsteady = { ...is, type: 'Ready', status: 'False', reason: 'Unsteady', message: 'a: ended' } as const;
    const waits = [{ group: 'agent.a', reason: 'crash-looping', message: 'a is past' }] as const;
    const told = watching({ conditions: [unsteady], agents: { a: [loop, flaps] }, waits });
    const down = agent('a', { held: true, state: 'stopped' });
    expect(upToDate(told, { agents: [down] })).toEqual(watching({}));
    expect(upToDate(watching({ agents: { a: [held] } }), { agents: [agent('a', {})] })).toEqual(watching({}));
    expect(upToDate(told, { agents: [agent('a', {})] })).toEqual(told);
    const kept = watching({ agents: { a: [held, loop] } });
    expect(upToDate(kept, { agents: [down] })).toEqual(kept);
  });

  it('says a long condition once for all that wait for it', () => {
    const exposed = { type: 'ManifestExposed', status: 'True', reason: 'X', message: 'long', sinceMs: 0 } as const;
    const waits = ['agent.a', 'agent.b'].map((group) => ({ group, reason: 'exposed', message: 'long' }));
    expect(beside(watching({ conditions: [exposed], waits }))).toEqual([
      '  a, b: waits (exposed): see ManifestExposed',
      'Ready: all',
      'ManifestExposed: long',
    ]);
  });

  it('is not ready between two crashes', () => {
    const flaps = { type: 'Flapping', status: 'True', reason: 'ManyEnds', message: 'again', sinceMs: 0 } as const;
    expect(beside(watching({ agents: { a: [flaps] } }))).toEqual([
      '  a: Flapping: again',
      'Ready: False, a: ended by itself again and again',
    ]);
  });

  it('tells of a watcher whose record cannot be read', () => {
    expect(watchLines({ isRunning: true, pid: 7, conditions: [], agents: {}, waits: [] }, 5000)).toEqual([
      'Watch: pid 7, which has said nothing that can be read; it does at its next look',
    ]);
  });
});
