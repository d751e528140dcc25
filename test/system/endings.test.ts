import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cleanUp, eventually, tempHome } from '../support/harness.ts';
import { killNow, liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

const home = tempHome();
/** Runs on once the file is there; until then it ends with the given code. */
const waitsFor = (file: string, code: number): object => ({
  command: ['/bin/sh', '-c', `[ -e "$1" ] && exec sleep 3600; exit ${code}`, 'sh', join(home.root, file)],
  restart: { policy: 'on-failure', delay: '50ms', burst: 3, window: '60s' },
});

let live: LiveFleet;
const stateOf = (name: string, state: string) => eventually(async () => (await live.agent(name)).state === state);
const changeOf = async (name: string) =>
  (await live.plan()).changes.find(({ address }) => address === `session.${name}`);
const blockOf = async (name: string) => (await live.plan()).blocked.find(({ group }) => group === `agent.${name}`);

beforeAll(async () => {
  live = liveFleet(
    {
      steady: { ...sleeper, restart: { delay: '100ms', burst: 20, window: '1h' } },
      looper: waitsFor('looper', 3),
      leaver: waitsFor('leaver', 0),
      nowhere: { command: ['no-such-program'] },
    },
    {},
    home,
  );
  expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 3 });
});
afterAll(cleanUp);

describe('an agent that cannot stay up', () => {
  it('is told by status and verify while it is up between two ends, until a person restarts it', async () => {
    let { pid } = await live.agent('steady');
    for (let left = 3; left > 0; left -= 1) {
      killNow(pid);
      pid = await live.newPid('steady', pid);
    }
    const told = 'Flapping: steady ended by itself 3 times within 3600 s; see mosaic fleet log';
    for (const look of ['status', 'verify']) expect((await live.mosaic([look])).stdout).toContain(told);
    await live.must('restart', 'steady');
    expect((await live.must('status')).stdout).not.toContain('Flapping');
  });

  it('is crash-looping past its start limit, blocks verify, and is not fed by apply (F31)', async () => {
    await stateOf('looper', 'crash-looping');
    expect(await blockOf('looper')).toMatchObject({ reason: 'crash-looping' });
    expect(await live.mosaic(['apply', 'looper'])).toMatchObject({ exitCode: 3 });
    expect(await live.agent('looper')).toMatchObject({ state: 'crash-looping', pid: null });
    expect(await live.mosaic(['verify'])).toMatchObject({ exitCode: 2 });
  });

  it('runs again when restart cleared its loop', async () => {
    writeFileSync(join(home.root, 'looper'), '');
    await live.must('restart', 'looper');
    expect(await live.agent('looper')).toMatchObject({ state: 'running', inSync: true });
  });

  it('is exited when its policy accepts the ending, and apply starts it (F32)', async () => {
    await stateOf('leaver', 'exited');
    expect(await changeOf('leaver')).toMatchObject({ action: 'start', reason: 'exited' });
    expect(await live.mosaic(['verify'])).toMatchObject({ exitCode: 2 });
    writeFileSync(join(home.root, 'leaver'), '');
    await live.must('apply', 'leaver');
    expect(await live.agent('leaver')).toMatchObject({ state: 'running' });
  });
});

describe('a program that is not there', () => {
  it('blocks its own agent alone, naming the directories that were searched (F33)', async () => {
    expect(await blockOf('nowhere')).toMatchObject({
      reason: 'command-not-found',
      message: expect.stringMatching(/no-such-program.*\/usr\/bin/),
    });
    expect(await live.agent('steady')).toMatchObject({ state: 'running', inSync: true });
  });
});

describe('the agents’ PATH', () => {
  it('finds a script in ~/.local/bin and its interpreter in a directory of `path` alone', async () => {
    const [bin, runtime] = [join(homedir(), '.local/bin'), join(home.root, 'runtime')];
    for (const directory of [bin, runtime]) mkdirSync(directory, { recursive: true });
    symlinkSync(process.execPath, join(runtime, 'odd-node'));
    const script = join(bin, 'odd-agent');
    writeFileSync(script, '#!/usr/bin/env odd-node\nsetInterval(() => undefined, 1 << 30);\n');
    chmodSync(script, 0o755);
    live.declare({
      steady: sleeper,
      odd: { command: ['odd-agent'], path: ['~/.local/bin', runtime, '/usr/bin', '/bin'] },
    });
    await live.must('apply', '--yes', '--allow-delete', '3');
    expect(await live.agent('odd')).toMatchObject({ state: 'running', restarts: 0 });
    await live.must('verify');
  });
});
