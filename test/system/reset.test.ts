import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, eventually, runMosaic, tempHome } from '../support/harness.ts';
import { type Ended } from '../support/process.ts';
import { killNow, liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';
import { shimmed } from './shims.ts';

const IGNORES_TERM = resolve(import.meta.dirname, '../fixtures/bin/ignores-term.sh');

let live: LiveFleet;
let calm: string;

const reset = (...names: readonly string[]): Promise<Ended> => runMosaic(['agent', 'reset', ...names], { home: live });
const screen = async (name: string): Promise<string> =>
  (await runMosaic(['agent', 'tail', name], { home: live })).stdout;
/** Resets agents, and gives the pids of all others before and after it. */
async function othersAround(act: () => Promise<unknown>, ...names: readonly string[]) {
  const others = async () => Object.entries(await live.pids()).filter(([name]) => !names.includes(name));
  const before = await others();
  await act();
  return { before, after: await others() };
}
/** A program and its resume, each of which says which of the two it is. */
const both = {
  command: ['sh', '-c', 'echo fresh; exec sleep 3600'],
  resume: ['sh', '-c', 'echo resumed; exec sleep 3600'],
};

beforeAll(async () => {
  const home = tempHome();
  calm = join(home.root, 'calm');
  const agents = {
    'worker-1': both,
    'worker-10': both,
    deaf: { command: [IGNORES_TERM], stop: { timeout: '1s' } },
    looping: {
      command: ['sh', '-c', `[ -e ${calm} ] && exec sleep 3600; exit 5`],
      restart: { delay: '50ms', burst: 2, window: '60s' },
    },
    held: sleeper,
    down: { ...sleeper, state: 'stopped' },
    safe: { ...sleeper, protect: true },
    other: sleeper,
  };
  live = liveFleet(agents, {}, home);
  await live.mosaic(['apply']);
  await live.must('stop', 'held');
  await eventually(async () => (await live.agent('looping')).state === 'crash-looping');
});
afterAll(cleanUp);

describe('agent reset', () => {
  it('gives exactly that agent a new process, and leaves every other alone', async () => {
    const pid = (await live.agent('worker-1')).pid;
    const { before, after } = await othersAround(() => reset('worker-1'), 'worker-1');
    expect(after).toEqual(before);
    expect((await live.agent('worker-1')).pid).not.toBe(pid);
    const log = (await live.must('log', 'worker-1', '-n', '3')).stdout;
    expect(log).toMatch(/worker-1 {2}restart: reset asked for {2}\[mosaic agent reset worker-1, user /);
  });

  it('starts the command, and the next restart resumes again', async () => {
    killNow((await live.agent('worker-10')).pid);
    await eventually(async () => (await screen('worker-10')) === 'resumed\n');
    expect((await reset('worker-10', 'worker-1')).exitCode).toBe(0);
    expect([await screen('worker-10'), await screen('worker-1')]).toEqual(['fresh\n', 'fresh\n']);
    expect(existsSync(join(live.home, 'fleets', live.fleet, 'record/worker-10/fresh'))).toBe(false);
    killNow((await live.agent('worker-10')).pid);
    await eventually(async () => (await screen('worker-10')) === 'resumed\n');
  });

  it('leaves no word of it behind where it was not done: the conversation goes on at the next start', async () => {
    const systemctl =
      'for word; do [[ $word == restart ]] && { echo no >&2; exit 1; }; done; exec "$real/systemctl" "$@"';
    const refused = await shimmed(live, { systemctl }, 'agent')(['reset', 'worker-10']);
    expect(refused.exitCode).toBe(3);
    expect(existsSync(join(live.home, 'fleets', live.fleet, 'record/worker-10/fresh'))).toBe(false);
    await live.must('restart', 'worker-10');
    await eventually(async () => (await screen('worker-10')) === 'resumed\n');
  });

  it('works more often than the start limit allows by itself', async () => {
    for (let round = 0; round < 4; round += 1) {
      const before = (await live.agent('looping')).restarts;
      await reset('looping');
      expect((await live.agent('looping')).restarts).toBeGreaterThan(before);
    }
    await eventually(async () => (await live.agent('looping')).state === 'crash-looping');
  });

  it('starts an agent that is past its start limit, once the cause is gone', async () => {
    writeFileSync(calm, '');
    const { before, after } = await othersAround(
      async () => expect((await reset('looping')).exitCode).toBe(0),
      'looping',
    );
    expect(after).toEqual(before);
    expect((await live.agent('looping')).state).toBe('running');
  });

  it('ends an agent that ignores TERM, after its time to stop', async () => {
    const pid = (await live.agent('deaf')).pid;
    const started = performance.now();
    const { before, after } = await othersAround(async () => expect((await reset('deaf')).exitCode).toBe(0), 'deaf');
    expect(performance.now() - started).toBeGreaterThan(900);
    expect(after).toEqual(before);
    expect(await live.newPid('deaf', pid)).not.toBe(pid);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });
});

describe('agent reset refuses', () => {
  it.each([
    ['held', 4, 'held is held by stop', 'mosaic fleet start held'],
    ['down', 4, 'the manifest says that down is stopped', 'state: running'],
    ['safe', 4, 'safe is protected and would be ended', 'protect: false'],
    ['worker', 64, 'there is no agent "worker"', 'Did you mean'],
  ])('%s, and does nothing', async (name, exitCode, message, hint) => {
    const before = await live.pids();
    const ended = await reset(name);
    expect(ended).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
    expect(ended.stderr).toContain(hint);
    expect(await live.pids()).toEqual(before);
  });

  it('a name beside one that it could reset', async () => {
    const before = await live.pids();
    expect((await reset('other', 'held')).exitCode).toBe(4);
    expect((await reset()).exitCode).toBe(64);
    expect(await live.pids()).toEqual(before);
  });
});

describe('a fleet that is not installed', () => {
  it('has nothing to restart or reset, and nothing of it is installed for that', async () => {
    const home = tempHome();
    const bare = liveFleet({ coder: sleeper }, {}, home);
    for (const line of [
      ['agent', 'reset', 'coder'],
      ['fleet', 'restart', 'coder'],
    ]) {
      expect(await runMosaic(line, { home: bare })).toMatchObject({
        exitCode: 4,
        stderr: expect.stringContaining('mosaic fleet apply'),
      });
    }
    expect(existsSync(join(bare.home, 'fleets'))).toBe(false);
  });
});
