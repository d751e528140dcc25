import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanUp, eventually, tempHome } from '../support/harness.ts';
import { killNow, liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

/** Words that we use ourselves in the directories where names of users stand. */
const AGENTS = { fault: sleeper, lock: sleeper, server: sleeper, watch: sleeper };

let live: LiveFleet;
beforeAll(async () => {
  live = liveFleet(AGENTS, {}, tempHome('mosaic', 'lock'));
  // As an earlier mosaic left them: its lock, and what kept the server from starting once.
  mkdirSync(join(live.home, 'state'), { mode: 0o700 });
  writeFileSync(join(live.home, 'state/lock'), '', { mode: 0o600 });
  mkdirSync(join(live.home, 'fleets/lock/record'), { recursive: true, mode: 0o700 });
  writeFileSync(join(live.home, 'fleets/lock/record/fault'), 'tmux: the server ended while it started\n');
  await live.must('apply');
});
afterAll(cleanUp);

describe('a fleet and agents that are called as things of ours', () => {
  it('run, keep their records, and are in sync', async () => {
    await live.must('verify');
    const starts = Object.keys(AGENTS).map((name) => join(live.home, 'fleets/lock/record', name, 'starts'));
    expect(starts.filter((path) => !existsSync(path))).toEqual([]);
    expect(statSync(join(live.home, 'state/lock')).isDirectory()).toBe(true);
  });

  it('keep the reason of the server apart from the agents', async () => {
    const before = await live.agent('fault');
    const server = (await live.tmux('display-message', '-p', '#{pid}')).stdout.trim();
    killNow(server);
    await live.newPid('fault', before.pid);
    expect(await live.agent('fault')).toMatchObject({ state: 'running' });
    expect((await live.must('log')).stdout).not.toContain('.server');
    expect(readdirSync(join(live.home, 'fleets/lock/record')).toSorted()).toEqual(
      ['.server', ...Object.keys(AGENTS)].toSorted(),
    );
  });

  it('are stopped, started and gone as any others', async () => {
    await live.must('stop', 'lock');
    await live.must('start', 'lock');
    await eventually(async () => (await live.agent('lock')).state === 'running');
    await live.must('destroy', '--yes');
    expect(readdirSync(live.home)).toEqual(['fleet.yaml']);
  });
});
