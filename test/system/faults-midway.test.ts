import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { answer, killNow, liveFleet, sleeper, systemctl, type FailureAnswer, type LiveFleet } from './live-fleet.ts';
import { openOuter } from './outer.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const DEAF = join(import.meta.dirname, '../fixtures/bin/ignores-term.sh');
const INTERNAL = /bug in mosaic|\n +at /;

let live: LiveFleet;
let words = 0;
/** An agent that takes its time to end, with a command it did not have before. */
const deaf = (timeout = '1s'): object => ({ command: [DEAF, String((words += 1))], stop: { timeout } });
beforeAll(async () => {
  live = liveFleet({ deaf: deaf(), other: sleeper });
  await live.must('apply');
});
afterAll(cleanUp);
beforeEach(async () => {
  await eventually(async () => (await live.tmux('capture-pane', '-p', '-t', '=deaf:')).stdout.includes('deaf'));
  live.declare({ deaf: deaf(), other: sleeper });
});

/** Waits until the command that has the lock is ending the agent, and gives its pid. */
async function midway(): Promise<number> {
  await eventually(async () => (await systemctl('is-active', live.unit('deaf'))).stdout === 'deactivating\n');
  return Number(/"pid":(\d+)/.exec(readFileSync(join(live.home, 'state/.lock'), 'utf8'))?.[1]);
}

/** One apply sets everything right, and nobody else was disturbed. */
async function heals(other: number | null | undefined): Promise<void> {
  await eventually(async () => (await live.mosaic(['apply', '--yes'])).exitCode === 0);
  expect(await live.pids()).toMatchObject({ other, deaf: expect.any(Number) });
}

describe('an apply', () => {
  it('that is told to end finishes its step, says so with 143, and is healed by the next (F04)', async () => {
    const { other } = await live.pids();
    const apply = live.mosaic(['apply', '--yes']);
    process.kill(await midway(), 'SIGTERM');
    const ended = await apply;
    expect(ended).toMatchObject({ exitCode: 143, stderr: expect.stringContaining('done     restart session.deaf') });
    expect(ended.stderr).not.toMatch(INTERNAL);
    await heals(other);
  });

  it('that is told twice ends at once (F04)', async () => {
    const { other } = await live.pids();
    const apply = live.mosaic(['apply', '--yes']);
    const pid = await midway();
    await eventually(() => {
      if (!existsSync(`/proc/${pid}`)) return true;
      process.kill(pid, 'SIGTERM');
      return false;
    });
    const ended = await apply;
    expect(ended).toMatchObject({ exitCode: 143, stderr: expect.not.stringContaining('done     restart') });
    await heals(other);
  });

  it('whose terminal is closed finishes its step and ends with 129 (F05)', async () => {
    const { other } = await live.pids();
    const code = join(live.root, 'code');
    const outer = await openOuter(live);
    // To close a terminal takes a while on a busy machine.
    live.declare({ deaf: deaf('5s'), other: sleeper });
    await outer.type(`bash -c 'trap : HUP; ${process.execPath} ${MOSAIC} fleet apply --yes; echo $? >${code}'`);
    await midway();
    await outer.close();
    await eventually(() => existsSync(code) && readFileSync(code, 'utf8') !== '');
    expect(readFileSync(code, 'utf8')).toBe('129\n');
    await heals(other);
  });

  it('below which the tmux server is killed fails its step at most, and is healed by the next (F49)', async () => {
    const before = await live.pids();
    const apply = live.mosaic(['apply', '--yes']);
    await midway();
    const server = await systemctl('show', '--value', '-p', 'MainPID', `mosaic-${live.fleet}-tmux.service`);
    killNow(server.stdout);
    const ended = await apply;
    expect([0, 3]).toContain(ended.exitCode);
    expect(ended.stderr).not.toMatch(INTERNAL);
    await heals(await live.newPid('other', before['other']));
  });

  it('ends as the manifest was when it began, and what was written meanwhile is the next plan (F89)', async () => {
    const { other } = await live.pids();
    const agents = { deaf: deaf(), other: sleeper };
    live.declare(agents);
    const apply = live.mosaic(['apply', '--yes']);
    await midway();
    live.declare({ ...agents, late: sleeper });
    expect(await apply).toMatchObject({ exitCode: 0 });
    const groups = (await live.plan()).changes.map(({ group }) => group);
    expect(new Set(groups)).toEqual(new Set(['agent.late']));
    live.declare(agents);
    await heals(other);
  });
});

describe('a mistake of our own', () => {
  const dies = (script: string): string =>
    `--max-old-space-size=32 --import=data:text/javascript,setTimeout(()=>{${encodeURIComponent(script)}},300)`;

  it('that nobody waited for is told as one, and frees the lock (F97)', async () => {
    const { other } = await live.pids();
    const env = { NODE_OPTIONS: dies('throw new TypeError("boom")') };
    const ended = await live.mosaic(['apply', '--yes', '-o', 'json'], { env });
    expect(ended.exitCode).toBe(1);
    expect(answer<FailureAnswer>(ended).error).toMatchObject({
      code: 'E_INTERNAL',
      message: expect.stringContaining('boom'),
      hint: expect.stringContaining('report it'),
    });
    await heals(other);
  });

  it('that takes all memory ends the command, and is healed by the next (F13)', async () => {
    const { other } = await live.pids();
    const env = { NODE_OPTIONS: dies('const all=[];for(;;)all.push(new Array(10000).fill(all.length+0.5))') };
    expect(await live.mosaic(['apply', '--yes'], { env })).toMatchObject({ exitCode: 134 });
    await heals(other);
  });
});
