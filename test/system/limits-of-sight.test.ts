import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { answer, liveFleet, sleeper, systemctl, type LiveFleet, type PlanAnswer } from './live-fleet.ts';

let live: LiveFleet;
beforeAll(async () => {
  live = liveFleet({ host: { command: ['bash', '--norc'] }, other: sleeper });
  await live.must('apply');
});
afterAll(cleanUp);

describe('a command inside an agent', () => {
  /** Types `mosaic fleet ARGS` into the agent, as the agent itself would run it, and gives exit code and story. */
  async function inHost(args: string): Promise<{ readonly code: string; readonly story: string }> {
    const [story, code] = [join(live.root, 'story'), join(live.root, 'code')];
    rmSync(code, { force: true });
    await live.tmux('send-keys', '-t', '=host:', `mosaic fleet ${args} >${story} 2>&1; echo $? >${code}`, 'Enter');
    await eventually(() => existsSync(code) && readFileSync(code, 'utf8') !== '');
    return { code: readFileSync(code, 'utf8').trim(), story: readFileSync(story, 'utf8') };
  }

  it('never restarts the agent that hosts it, and says so', async () => {
    const before = await live.pids();
    expect(await inHost('restart host')).toMatchObject({
      code: '4',
      story: expect.stringContaining('inside agent host'),
    });
    expect(await live.pids()).toEqual(before);
  });

  it('leaves no hold behind when it may not stop the agent that hosts it', async () => {
    expect(await inHost('stop host')).toMatchObject({ code: '4' });
    expect((await live.agent('host')).held).toBe(false);
  });

  it('may restart another agent, and the journal names who asked', async () => {
    const before = await live.pids();
    expect(await inHost('restart other')).toMatchObject({ code: '0' });
    const after = await live.pids();
    expect(after['host']).toBe(before['host']);
    expect(after['other']).not.toBe(before['other']);
    expect((await live.must('log', 'other')).stdout).toContain('agent host');
  });

  it('is refused what would delete anything', async () => {
    expect(await inHost('destroy --yes')).toMatchObject({ code: '4' });
    await live.must('verify');
  });
});

describe('a tmux server that does not answer', () => {
  it('makes everything about its agents unknown: nothing is done to them, and nothing is verified (F48)', async () => {
    const before = await live.pids();
    const unit = `mosaic-${live.fleet}-tmux.service`;
    await systemctl('kill', '--signal=STOP', unit);
    live.declare({ host: { command: ['bash', '--norc'] } });
    const [plan, verify, apply] = await Promise.all([
      live.mosaic(['plan', '-o', 'json']),
      live.mosaic(['verify']),
      live.mosaic(['apply', '--yes']),
    ]);
    await systemctl('kill', '--signal=CONT', unit);
    expect(answer<PlanAnswer>(plan).changes.filter(({ action }) => action !== 'update')).toEqual([]);
    expect(new Set(answer<PlanAnswer>(plan).blocked.map(({ reason }) => reason))).toEqual(new Set(['unknown']));
    expect([plan.exitCode, verify.exitCode, apply.exitCode]).toEqual([0, 2, 3]);
    live.declare({ host: { command: ['bash', '--norc'] }, other: sleeper });
    await live.must('verify');
    expect(await live.pids()).toEqual(before);
  });
});
