import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { cleanUp } from '../support/harness.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

/** The private manager has no controllers to give on most machines; where it has them, nothing is to be named. */
const hasMemory = (): boolean => {
  const own = /^0::(.*)$/m.exec(readFileSync('/proc/self/cgroup', 'utf8'))?.[1] ?? '';
  const file = `/sys/fs/cgroup${own.replace(/\/[^/]*$/, '')}/user@${process.getuid?.()}.service/cgroup.controllers`;
  return existsSync(file) && readFileSync(file, 'utf8').split(/\s+/).includes('memory');
};

let live: LiveFleet;
beforeAll(async () => {
  live = liveFleet({ eater: { ...sleeper, limits: { memoryMax: '64M' } }, free: sleeper });
  await live.must('apply');
});
afterAll(cleanUp);

describe('a limit that the user manager cannot enforce', () => {
  it.each(['plan', 'status', 'doctor', 'apply'])('is named by %s, with the agent it was meant for', async (command) => {
    const { stdout, stderr } = await live.must(command);
    const says = /limits-not-enforced: .*memory.*: eater/.test(`${stdout}${stderr}`);
    expect(says).toBe(!hasMemory());
  });
});
