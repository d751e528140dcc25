import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { resolve } from 'node:path';
import { readScreens } from '../../src/agent/screen.ts';
import { createExec } from '../../src/host/exec.ts';
import { tmuxCall } from '../../src/providers/tmux/client.ts';
import { outputValidator, type SchemaName } from '../docs/output-schemas.ts';
import { cleanUp, eventually, runMosaic } from '../support/harness.ts';
import type { Ended } from '../support/process.ts';
import { liveFleet, type AgentAnswer, type LiveFleet } from './live-fleet.ts';

const program = resolve(import.meta.dirname, '../fixtures/bin/asks.sh');
const adapters = {
  'asks.sh': { idle: '^ready>$', busy: 'Working*esc to interrupt', dialog: '^Do you trust' },
};
const agents = {
  painter: { command: [program] },
  shell: { command: ['bash', '--norc', '--noprofile'] },
  stranger: { command: ['sleep', '3600'] },
};

let live: LiveFleet;
const type = (agent: string, text: string) => live.tmux('send-keys', '-t', `=${agent}:`, text, 'Enter');
const becomes = (agent: string, state: string): Promise<AgentAnswer['activity']> =>
  eventually(async () => {
    const { activity } = await live.agent(agent);
    return activity.state === state && activity;
  });

/** What the schema of an output has against it, fields it does not describe included. */
function complaints(name: SchemaName, output: unknown): readonly unknown[] {
  const validate = outputValidator(name, { strict: true });
  validate(output);
  return validate.errors ?? [];
}

beforeAll(async () => {
  live = liveFleet(agents, { adapters });
  await live.must('apply', '--yes');
});
afterAll(cleanUp);

describe('the activity of an agent', () => {
  it('of which nothing is known is unknown', async () => {
    expect((await live.agent('stranger')).activity).toEqual({
      state: 'unknown',
      source: 'none',
      sinceSec: expect.any(Number),
    });
  });

  it('that is a shell goes by the program in its foreground', async () => {
    expect(await becomes('shell', 'idle')).toMatchObject({ source: 'process' });
    await type('shell', 'sleep 3600');
    expect(await becomes('shell', 'busy')).toMatchObject({ source: 'process' });
    await live.tmux('send-keys', '-t', '=shell:', 'C-c');
    await becomes('shell', 'idle');
    await type('shell', 'while :; do :; done');
    await becomes('shell', 'busy');
    await live.tmux('send-keys', '-t', '=shell:', 'C-c');
    await becomes('shell', 'idle');
  });

  it('is read off its screen by the patterns of the manifest', async () => {
    expect(await becomes('painter', 'idle')).toMatchObject({ source: 'screen' });
    await type('painter', 'work');
    expect(await becomes('painter', 'busy')).toMatchObject({ source: 'screen' });
    await type('painter', 'hide');
    expect(await becomes('painter', 'unknown')).toMatchObject({ source: 'none' });
    expect((await live.must('status')).stdout).not.toContain('needs you');
    await type('painter', 'ask');
    expect(await becomes('painter', 'dialog')).toMatchObject({ detail: 'permission dialog' });
    const { stdout } = await live.must('status');
    expect(stdout).toContain('needs you: painter: permission dialog → mosaic agent attach painter\n');
    expect(stdout).toMatch(/^painter .* dialog \d+s$/m);
    expect(complaints('status', await live.status())).toEqual([]);
    const told = await runMosaic(['agent', 'status', '-o', 'json'], { home: live });
    expect(complaints('agent-status', told.json())).toEqual([]);
  });

  it('is read behind the copy mode of a person who scrolls', async () => {
    await type('painter', 'more');
    await becomes('painter', 'idle');
    await live.tmux('copy-mode', '-t', '=painter:');
    expect((await live.agent('painter')).activity.state).toBe('idle');
    await live.tmux('copy-mode', '-q', '-t', '=painter:');
  });
});

describe('the screens of real panes', () => {
  it('are read around a pane that is gone', async () => {
    await type('painter', 'more');
    await becomes('painter', 'idle');
    const { stdout } = await live.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_id}');
    const paneOf = (name: string): string => new RegExp(`^${name} (%\\d+)$`, 'm').exec(stdout)?.[1] ?? '';
    const [painter, stranger] = [paneOf('painter'), paneOf('stranger')];
    const call = tmuxCall(createExec(), { tmux: '/usr/bin/tmux', socket: live.socket });
    const screens = await readScreens(call, ['%9999', painter, '%9998', stranger]);
    expect([...screens.keys()]).toEqual([painter, stranger]);
    expect(screens.get(painter)).toMatchObject({
      lines: ['ready>'],
      cursor: { x: 0, y: 1 },
      inMode: false,
      inputOff: false,
      dead: false,
    });
    expect(screens.get(painter)?.lastOutputAtSec).toBeGreaterThan(Date.now() / 1000 - 600);
    expect(screens.get(stranger)?.lines).toEqual([]);
  });
});

describe('agent status', () => {
  const status = async (...args: readonly string[]): Promise<Ended> =>
    runMosaic(['agent', 'status', ...args], { home: live });

  it('tells of exactly the named agents why their activity is believed', async () => {
    const { stdout, exitCode } = await status('shell', 'stranger');
    expect({ exitCode, stdout }).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^shell: running$/m) });
    expect(stdout).toMatch(/^ {2}process {3}pid \d+, up \d+s$/m);
    expect(stdout).toMatch(/^ {2}activity {2}idle \d+s: its terminal waits for the shell itself$/m);
    expect(stdout).toMatch(/^ {2}activity {2}unknown: nobody described its program; last output \d+s ago$/m);
    expect(stdout).not.toContain('painter');
  });

  it('shows the last screen of an agent that ended, and how it ended', async () => {
    const last = { command: ['/bin/sh', '-c', 'echo the last words; exit 7'], restart: { policy: 'never' } };
    live.declare({ ...agents, last });
    await live.mosaic(['apply', '--yes']);
    await eventually(async () => (await live.agent('last')).state === 'exited');
    const { stdout } = await status('last');
    expect(stdout).toMatch(/^ {2}last exit code 7, \d+s ago, by itself$/m);
    expect(stdout).toContain('  last screen:\n    | the last words\n');
    live.declare(agents);
    await live.must('apply', '--yes');
  });

  it('refuses names that do not exist, with the nearest that does', async () => {
    expect(await status('paintr')).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('painter') });
  });
});

describe('the calls to tmux', () => {
  const calls = async (...args: readonly string[]): Promise<number> => {
    const { stderr } = await live.must(...args, '--log-level', 'debug');
    return stderr.split('\n').filter((line) => line.includes('"-S"')).length;
  };

  it('are one for a plan that restarts nobody, and two for a status', async () => {
    expect(await calls('plan')).toBe(1);
    expect(await calls('status')).toBe(2);
  });
});

describe('a new spec for an agent', () => {
  it('waits while the agent works, says how to go on, and is taken with --now', async () => {
    await type('painter', 'work');
    await becomes('painter', 'busy');
    const { pid } = await live.agent('painter');
    live.declare({ ...agents, painter: { command: [program], env: { ROUND: '2' } } });
    expect((await live.plan()).deferred).toMatchObject([{ group: 'agent.painter', reason: 'busy' }]);
    const refused = await live.mosaic(['apply', '--yes']);
    expect(refused).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('mosaic fleet apply --now') });
    expect((await live.agent('painter')).pid).toBe(pid);
    await live.must('apply', '--yes', '--now');
    expect((await live.agent('painter')).pid).not.toBe(pid);
    await live.must('verify');
  });

  it('is taken at once by an agent that waits for input', async () => {
    await becomes('painter', 'idle');
    const { pid } = await live.agent('painter');
    live.declare({ ...agents, painter: { command: [program], env: { ROUND: '3' } } });
    await live.must('apply', '--yes');
    expect((await live.agent('painter')).pid).not.toBe(pid);
  });
});
