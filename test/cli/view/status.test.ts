import { describe, expect, it } from '@jest/globals';
import { statusText } from '../../../src/cli/view/status.ts';
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
