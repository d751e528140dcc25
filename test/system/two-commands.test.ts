import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually, MOSAIC } from '../support/harness.ts';
import { liveFleet, sleeper, systemctl, type LiveFleet } from './live-fleet.ts';

/** What a process holds open; a descriptor may go while it is looked at. */
const openFiles = (pid: number): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));

describe('two commands at once', () => {
  let live: LiveFleet;
  let holding: ChildProcess | undefined;
  afterEach(() => {
    holding?.kill();
    holding = undefined;
  });
  const lockFile = (): string => join(live.home, 'state/.lock');
  const holder = () =>
    eventually(() => {
      const text = existsSync(lockFile()) ? readFileSync(lockFile(), 'utf8') : '';
      const pid = /"pid":(\d+)/.exec(text)?.[1];
      return pid !== undefined && pid;
    });
  /** Only once it says so does it ignore being asked to end. */
  const isDeaf = () =>
    eventually(async () => (await live.tmux('capture-pane', '-p', '-t', '=deaf:')).stdout.includes('deaf'));
  beforeEach(isDeaf);
  /** An agent that ends by being killed alone, so that whoever stops it stays at it. */
  const deaf = (...words: readonly string[]) => ({
    command: [join(import.meta.dirname, '../fixtures/bin/ignores-term.sh'), ...words],
    stop: { timeout: '10m' },
  });
  /** Once it is being stopped, it is ended. */
  const release = async (): Promise<void> => {
    const state = ['show', '--value', '--property=ActiveState', live.unit('deaf')];
    await eventually(async () => (await systemctl(...state)).stdout === 'deactivating\n');
    await systemctl('kill', '--signal=KILL', live.unit('deaf'));
  };
  beforeAll(async () => {
    live = liveFleet({ deaf: deaf(), other: sleeper });
    await live.must('apply');
  });
  afterAll(async () => {
    await systemctl('stop', '--no-block', live.unit('deaf'));
    await release();
    await cleanUp();
  });

  it('end with 5 for the second, which is told who holds the lock, or wait when asked to (F77)', async () => {
    const first = live.mosaic(['restart', 'deaf']);
    const pid = await holder();
    const refused = await live.mosaic(['apply', '--lock-timeout', '100ms', '-o', 'json']);
    const waited = live.mosaic(['apply', '--lock-timeout', '10m']);
    await release();
    expect(refused).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining(`pid ${pid} (mosaic fleet restart deaf)`),
    });
    expect(refused.json()).toMatchObject({ error: { code: 'E_LOCKED', exit: 5 } });
    expect(await waited).toMatchObject({ exitCode: 0 });
    expect(await first).toMatchObject({ exitCode: 0 });
  });

  it('stop when the lock file is taken away, instead of working beside another (F79)', async () => {
    live.declare({ deaf: deaf('again'), other: sleeper, late: sleeper });
    const first = live.mosaic(['apply', '--yes']);
    await holder();
    await eventually(async () => (await live.agent('deaf')).state !== 'running');
    rmSync(lockFile());
    await release();
    expect(await first).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/FAILED .*start session.late: the lock/),
    });
    live.declare({ deaf: deaf('again'), other: sleeper });
    await eventually(async () => (await live.mosaic(['apply', '--yes'])).exitCode === 0);
  });

  it('end with 130 for one that is interrupted while it waits, and say nothing of a bug', async () => {
    holding = spawn('flock', ['--no-fork', '-x', lockFile(), 'sleep', '600']);
    const { pid } = holding;
    await eventually(() => openFiles(pid ?? 0).includes(lockFile()));
    const env = { ...process.env, MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    const waiting = spawn(process.execPath, [MOSAIC, 'fleet', 'apply', '--lock-timeout', '10m'], { env });
    let said = '';
    waiting.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
    const code = new Promise((done) => waiting.once('close', done));
    await eventually(() => openFiles(waiting.pid ?? 0).includes(lockFile()));
    waiting.kill('SIGINT');
    expect(await code).toBe(130);
    expect(said).toContain('error: stopped by a signal');
    expect(said).not.toMatch(/bug in mosaic|^\s+at /m);
  });

  it('let looks through while a command holds the lock', async () => {
    const first = live.mosaic(['restart', 'deaf']);
    await holder();
    await live.must('status');
    await live.must('plan');
    expect(existsSync(`/proc/${await holder()}`)).toBe(true);
    await release();
    expect(await first).toMatchObject({ exitCode: 0 });
  });

  it('end with 130 for the one that is interrupted, and the next apply heals (F03)', async () => {
    const { other } = await live.pids();
    live.declare({ deaf: deaf('x'), other: sleeper });
    const first = live.mosaic(['apply', '--yes']);
    const pid = Number(await holder());
    await eventually(async () => (await live.agent('deaf')).state !== 'running');
    process.kill(pid, 'SIGINT');
    await release();
    // The step under way is finished and told; nothing is called a bug.
    const ended = await first;
    expect(ended).toMatchObject({ exitCode: 130, stderr: expect.stringContaining('stopping') });
    expect(ended.stderr).toContain('done     restart session.deaf');
    expect(ended.stderr).not.toMatch(/bug in mosaic|aborted/);
    await eventually(async () => (await live.mosaic(['apply', '--yes'])).exitCode === 0);
    expect(await live.plan()).toMatchObject({ empty: true });
    expect(await live.pids()).toMatchObject({ other, deaf: expect.any(Number) });
  });
});
