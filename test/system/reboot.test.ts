import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanUp, eventually } from '../support/harness.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';
import { ownManager, type OwnManager } from './own-manager.ts';

let manager: OwnManager;
let live: LiveFleet;

beforeAll(async () => {
  manager = ownManager();
  await manager.boot();
  live = liveFleet({
    talker: { command: ['sleep', '3600'], resume: ['sleep', '3601'] },
    plain: sleeper,
    held: sleeper,
    down: { ...sleeper, state: 'stopped' },
  });
  await live.must('apply');
  await live.must('stop', 'held');
});
afterAll(async () => {
  await manager.destroy();
  await cleanUp();
});

const record = (agent: string, name: string): string =>
  readFileSync(join(live.home, 'fleets', live.fleet, 'record', agent, name), 'utf8');
const runsAll = async (): Promise<boolean> => {
  const { agents } = await live.status();
  const wanted = agents.filter(({ name }) => ['talker', 'plain'].includes(name));
  return wanted.every(({ state, pid }) => state === 'running' && pid !== null);
};

/** What is of a boot goes with it; the rest of this machine stays. */
function forgetBoot(): void {
  rmSync(manager.runtime, { recursive: true });
  mkdirSync(manager.runtime, { mode: 0o700 });
}

/** The fleet is as it was, and nobody had to do anything for that. */
async function expectBack(starts: number): Promise<void> {
  await eventually(runsAll, { timeoutMs: 60_000 });
  const { agents } = await live.status();
  expect(agents.map(({ name, state, held, inSync, pid }) => [name, state, held, inSync, pid !== null])).toEqual([
    ['down', 'missing', false, true, false],
    ['held', 'stopped', true, true, false],
    ['plain', 'running', false, true, true],
    ['talker', 'running', false, true, true],
  ]);
  expect(record('talker', 'starts')).toContain(`count=${starts}\n`);
  expect(record('talker', 'starts')).toContain('program=resume\n');
  expect(record('plain', 'starts')).toContain('program=command\n');
  await live.must('verify');
}

const isWatched = (): Promise<void> =>
  eventually(
    async () =>
      expect((await live.must('status', '-o', 'json')).json()).toMatchObject({
        watchUnit: { state: 'running' },
        watch: { running: true },
      }),
    { timeoutMs: 60_000 },
  );

describe('a user with linger whose machine starts again', () => {
  it('finds the fleet as it was after an orderly end, though /tmp and the runtime directory are empty (F82)', async () => {
    await manager.shutDown();
    expect(record('talker', 'exit')).toContain('asked=stop\n');
    forgetBoot();
    rmSync(dirname(live.socket), { recursive: true });
    await manager.boot();
    await expectBack(2);
  });

  it('finds it as it was after a power cut, beside a socket, pids and locks of the time before (F82)', async () => {
    await live.must('watch', '--install');
    await isWatched();
    const pids = readdirSync(manager.runtime).filter((name) => name.endsWith('.pid'));
    await manager.cutPower();
    expect(existsSync(live.socket)).toBe(true);
    forgetBoot();
    // Other processes have these numbers by now: this one.
    expect(pids).toHaveLength(2);
    for (const name of pids) writeFileSync(join(manager.runtime, name), `${process.pid}\n`, { mode: 0o600 });
    const note = JSON.stringify({ pid: process.pid, startTime: 1, command: 'mosaic fleet apply', since: '2020-01-01' });
    for (const name of ['.lock', `${live.fleet}/watch.lock`]) writeFileSync(join(live.home, 'state', name), note);
    await manager.boot();
    await expectBack(3);
    await isWatched();
  });

  it('changes what is there, and it stays, as before', async () => {
    await live.must('start', 'held');
    await live.must('stop', 'plain');
    await manager.cutPower();
    forgetBoot();
    await manager.boot();
    await eventually(async () => (await live.agent('held')).state === 'running', { timeoutMs: 60_000 });
    expect(await live.agent('plain')).toMatchObject({ state: 'stopped', held: true, inSync: true });
  });
});
