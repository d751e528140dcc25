import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { cleanUp, eventually, runMosaic } from '../support/harness.ts';
import { killNow, liveFleet, type LiveFleet } from './live-fleet.ts';
import { openOuter, type Outer } from './outer.ts';

const SHELL = { command: ['bash', '--norc'] };
const MOSAIC = `${process.execPath} ${resolve(import.meta.dirname, '../../bin/mosaic.js')}`;

let live: LiveFleet;
let outer: Outer;

const sizeOf = async (agent: string): Promise<string> =>
  (await live.tmux('display-message', '-p', '-t', `=${agent}:`, '#{window_width}x#{window_height}')).stdout.trim();
const sizeBecomes = (agent: string, size: string) =>
  eventually(async () => {
    const seen = await sizeOf(agent);
    if (seen !== size) throw new Error(`${agent} has ${seen}`);
    return seen;
  });
const clients = async (): Promise<readonly string[]> =>
  (await live.tmux('list-clients', '-F', '#{client_pid}')).stdout.split('\n').filter((line) => line !== '');
/** Attaches in the outer terminal and waits until the agent's own shell answers there. */
async function attach(agent: string, ...flags: readonly string[]): Promise<void> {
  await outer.type(`clear; ${MOSAIC} agent attach ${agent} ${flags.join(' ')}; echo "exit=$?"`);
  await eventually(async () => (await clients()).length === 1);
}

beforeEach(async () => {
  live = liveFleet(
    { 'worker-1': SHELL, 'worker-10': SHELL },
    { tmux: { socket: 'mosaic-factory', size: '100x30', options: { prefix: 'C-a' } } },
  );
  await live.must('apply');
  outer = await openOuter(live);
});
afterAll(cleanUp);

describe('agent attach', () => {
  it('opens exactly that agent, follows the terminal’s size, and puts it back when the person leaves', async () => {
    await attach('worker-1');
    await outer.shows('Detach: C-a d');
    await sizeBecomes('worker-1', '80x23');
    await outer.type('echo I am $MOSAIC_AGENT');
    await outer.shows('I am worker-1');
    await outer.press('C-a', 'd');
    const story = await outer.shows('exit=0');
    expect(story).toContain('Detach: C-a d');
    expect(story).toContain('inside another tmux');
    await sizeBecomes('worker-1', '100x30');
    expect(await sizeOf('worker-10')).toBe('100x30');
    await attach('worker-1');
    await sizeBecomes('worker-1', '80x23');
  });

  it('opens the agent again when it restarts, and ends with a clear line when it is stopped', async () => {
    const others = (await live.agent('worker-10')).pid;
    await attach('worker-1');
    const [client] = await clients();
    killNow((await live.agent('worker-1')).pid);
    await eventually(async () => ![undefined, client].includes((await clients())[0]));
    await sizeBecomes('worker-1', '80x23');
    await outer.type('echo again $MOSAIC_AGENT');
    await outer.shows('again worker-1');
    await live.must('stop', 'worker-1');
    const story = await outer.shows('exit=0');
    expect(story).toContain('-- worker-1 restarted');
    expect(story).toContain('worker-1 is stopped; mosaic fleet start worker-1 starts it');
    expect((await live.agent('worker-10')).pid).toBe(others);
    await outer.type(`clear; ${MOSAIC} agent attach worker-1; echo "exit=$?"`);
    expect(await outer.shows('exit=0')).toContain('worker-1 is stopped');
  });

  it('waits for an agent that is on its way up', async () => {
    live.declare({ 'worker-1': { ...SHELL, restart: { delay: '10m', burst: 2, window: '1h' } }, 'worker-10': SHELL });
    await live.must('apply');
    killNow((await live.agent('worker-1')).pid);
    await eventually(async () => (await live.agent('worker-1')).state === 'starting');
    await outer.type(`clear; ${MOSAIC} agent attach worker-1; echo "exit=$?"`);
    await outer.shows('worker-1 is being started; waiting for it');
    await live.must('restart', 'worker-1');
    await sizeBecomes('worker-1', '80x23');
    await outer.press('C-a', 'd');
    expect(await outer.shows('exit=0')).toContain('Detach: C-a d');
  });

  it('puts the size back when mosaic and its client are killed, and says so where it can', async () => {
    await attach('worker-1');
    const [client] = await clients();
    killNow(client);
    expect(await outer.shows('exit=1')).toContain('worker-1 runs on');
    await sizeBecomes('worker-1', '100x30');
    await attach('worker-1');
    const [second] = await clients();
    expect(second).not.toBe(client);
    killNow(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${second}/status`, 'utf8'))?.[1]);
    killNow(second);
    await sizeBecomes('worker-1', '100x30');
  });

  it('lets the shell have the terminal when the client is suspended, and goes on', async () => {
    await attach('worker-1');
    await outer.press('C-a', 'C-z');
    await outer.shows('Stopped');
    await outer.type('fg');
    await outer.type('echo awake $MOSAIC_AGENT');
    await outer.shows('awake worker-1');
  });

  it('only looks with -r', async () => {
    await attach('worker-1', '-r');
    await outer.type('echo typed');
    await outer.press('C-a', 'd');
    await outer.shows('exit=0');
    const { stdout } = await live.tmux('capture-pane', '-p', '-t', '=worker-1:');
    expect(stdout).not.toContain('typed');
  });

  it('ends with 3 and the reason when the agent crash-loops', async () => {
    live.declare({ crash: { command: ['sh', '-c', 'sleep 3; exit 5'], restart: { delay: '100ms', burst: 1 } } });
    await live.mosaic(['apply', '--yes', '--allow-delete', '2']);
    await outer.type(`clear; ${MOSAIC} agent attach crash; echo "exit=$?"`);
    expect(await outer.shows('exit=3')).toContain('crash is crash-looping: exited with 5');
  });
});

describe('agent attach refuses', () => {
  const refused = (...args: readonly string[]) => runMosaic(['agent', 'attach', ...args], { home: live });

  it('what is no terminal, and a name that is only the beginning of one', async () => {
    expect(await refused('worker-1')).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('agent tail -f') });
    await outer.type(`clear; ${MOSAIC} agent attach worker; echo "exit=$?"`);
    expect(await outer.shows('exit=64')).toContain('there is no agent "worker"');
  });

  it('a session that has the agent’s name and not our mark', async () => {
    await live.must('stop', 'worker-10');
    await live.tmux('new-session', '-d', '-s', 'worker-10', 'sleep 3600');
    await outer.type(`clear; ${MOSAIC} agent attach worker-10; echo "exit=$?"`);
    expect(await outer.shows('exit=4')).toContain('a session stands where worker-10 belongs');
  });

  it('the agent that it runs in', async () => {
    await attach('worker-1');
    await outer.type('clear; mosaic agent attach worker-1; echo "exit=$?"');
    expect(await outer.shows('exit=4')).toContain('it would show itself');
  });
});
