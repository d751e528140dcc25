import { describe, expect, it } from '@jest/globals';
import { agentStatusJson, agentStatusText, type AgentDetail } from '../../../src/cli/view/agent-status.ts';

const NOW = 10_000_000;

const running: AgentDetail = {
  name: 'coder',
  desired: 'running',
  held: false,
  heldBy: undefined,
  state: 'running',
  inSync: true,
  pid: 4242,
  unit: 'mosaic-canary@coder.service',
  sessionId: '$3',
  restarts: 2,
  startedAtMs: NOW - 7_200_000,
  lastExit: { code: 1, at: NOW - 7_260_000, asked: false },
  activity: { state: 'idle', source: 'screen', sinceSec: 300 },
  envFileNewer: false,
  note: undefined,
  adapter: 'codex',
  lastScreen: [],
};
const down: AgentDetail = {
  ...running,
  state: 'stopped',
  pid: undefined,
  sessionId: undefined,
  activity: { state: 'unknown', source: 'none' },
};

const text = (agent: AgentDetail): string => agentStatusText([agent], NOW);
const next = (agent: Partial<AgentDetail>): string | undefined =>
  /^ {2}next +(.*)$/m.exec(text({ ...running, ...agent }))?.[1];

describe('the block of an agent', () => {
  it('says how it is and how that is known', () => {
    expect(text(running)).toBe(
      `coder: running
  unit      mosaic-canary@coder.service
  session   $3
  process   pid 4242, up 2h
  restarts  2
  last exit code 1, 2h ago, by itself
  activity  idle 5m: seen on its screen (adapter codex)
  next      mosaic agent tail coder
`,
    );
  });

  it('does not tell for its own exit what the helper says of a session that was ended below it', () => {
    const lastExit = { code: 75, at: NOW - 4000, asked: false, sessionLost: true } as const;
    expect(text({ ...running, lastExit })).toContain('  last exit its session was ended from outside, 4s ago\n');
    const { agents } = agentStatusJson('canary', [{ ...running, lastExit }], [], NOW);
    expect(agents).toMatchObject([{ lastExit: { code: 75, sessionLost: true } }]);
  });

  it('shows who stopped it, and nothing that steers a terminal', () => {
    const lastScreen = ['\u001b]52;c;eA==\u0007gone', '\u202eback'];
    const heldBy = `by=user\u001b me at=${NOW - 60_000}`;
    const lastExit = { signal: 'TERM', at: NOW - 61_000, asked: true };
    expect(text({ ...down, held: true, heldBy, lastExit, lastScreen })).toBe(
      `coder: stopped, held
  unit      mosaic-canary@coder.service
  restarts  2
  last exit signal TERM, 1m ago, asked to stop
  held      by user\\u{1b} me, 1m ago
  next      mosaic fleet start coder
  last screen:
    | \\u{1b}]52;c;eA==\\u{7}gone
    | \\u{202e}back
`,
    );
  });

  it.each<[Partial<AgentDetail>, string]>([
    [{ activity: { state: 'busy', source: 'process' } }, 'busy: a program runs in its foreground'],
    [{ activity: { state: 'idle', source: 'process' } }, 'idle: its terminal waits for the shell itself'],
    [{ activity: { state: 'unknown', source: 'process', detail: 'stopped' } }, 'its process is stopped by a signal'],
    [{ activity: { state: 'setup', source: 'screen', detail: 'trust dialog' } }, 'setup: trust dialog, seen on'],
    [{ activity: { state: 'unknown', source: 'none' } }, 'unknown: its screen could not be read'],
    [
      { activity: { state: 'unknown', source: 'none', sinceSec: 5 } },
      'nothing that adapter codex knows; last output 5s ago',
    ],
    [
      { activity: { state: 'unknown', source: 'none', sinceSec: 5 }, adapter: 'default' },
      'nobody described its program',
    ],
    [{ adapter: undefined }, 'only agents of the manifest'],
    [{ envFileNewer: true }, 'env files newer than start'],
  ])('of %j says %j', (agent, part) => {
    expect(text({ ...running, ...agent })).toContain(part);
  });

  it.each<[Partial<AgentDetail>, string | undefined]>([
    [{ activity: { state: 'dialog', source: 'screen' } }, 'mosaic agent attach coder'],
    [{ inSync: false }, 'mosaic fleet plan'],
    [{ ...down, held: true }, 'mosaic fleet start coder'],
    [{ ...down, desired: 'stopped' }, undefined],
    [{ ...down, inSync: false }, 'mosaic fleet apply coder'],
    [{ ...down, state: 'exited', inSync: false }, 'mosaic fleet apply coder'],
    [{ ...down, state: 'crash-looping', inSync: false }, 'mosaic fleet restart coder'],
    [{ ...down, state: 'unknown', inSync: false }, 'mosaic fleet doctor'],
    [{ adapter: undefined, inSync: false }, 'mosaic fleet apply'],
  ])('of %j leads to %j', (agent, command) => {
    expect(next(agent)).toBe(command);
  });

  it('is none without agents', () => {
    expect(agentStatusText([], NOW)).toBe('No agents.\n');
  });
});

describe('the same as JSON', () => {
  it('counts seconds, and says nothing that is not so', () => {
    const { agents } = agentStatusJson('canary', [running, { ...down, lastExit: undefined }], [], NOW);
    expect(agents).toMatchObject([
      { uptimeSec: 7200, lastExit: { code: 1, signal: null, at: NOW - 7_260_000, asked: false }, adapter: 'codex' },
      { uptimeSec: null, lastExit: null, pid: null, heldBy: null },
    ]);
  });
});
