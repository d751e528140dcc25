import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, eventually, UNIT_DIRECTORY } from '../support/harness.ts';
import { sh, type Ended } from '../support/process.ts';
import { contents, liveFleet, sleeper, systemctl, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const KILLED = 137;

/** Runs `mosaic fleet apply` and kills it as it enters one system call; `filter` says which. */
function killedApply(live: LiveFleet, filter: readonly string[]): Promise<Ended> {
  const argv = [process.execPath, MOSAIC, 'fleet', 'apply', '--yes'];
  const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
  return sh(['strace', '-f', '-qq', '-o', '/dev/null', ...filter, ...argv], { env });
}

const inject = (calls: string, count: number): readonly string[] => [
  '-e',
  `trace=${calls}`,
  '-e',
  `inject=${calls}:signal=KILL:when=${count}`,
];

/** Files of a writer that never came to its rename. */
const leftovers = (live: LiveFleet): readonly string[] =>
  [...Object.keys(contents(live.home)), ...Object.keys(contents(UNIT_DIRECTORY))].filter((path) =>
    path.includes('/.mosaic-'),
  );

describe('an apply that was killed', () => {
  afterEach(cleanUp);

  it.each([
    ['rename', 1],
    ['rename', 4],
    ['rename', 8],
    ['rename', 11],
    ['rename', 12],
    ['fsync', 1],
    ['fsync', 6],
    ['fsync', 15],
    ['fsync', 24],
    ['fsync', 30],
    ['mkdir', 2],
    ['symlink', 1],
    ['symlink', 2],
  ])('at its %s no. %i is healed by the next one, which leaves nothing behind (F01)', async (call, count) => {
    const live = liveFleet({ a: sleeper, b: sleeper });
    expect((await killedApply(live, inject(call, count))).exitCode).toBe(KILLED);
    await live.must('apply', '--yes');
    expect(await live.plan()).toMatchObject({ empty: true });
    expect(leftovers(live)).toEqual([]);
    expect((await live.status()).agents.map(({ state }) => state)).toEqual(['running', 'running']);
  });

  it('between the units it wrote and their reload has the reload done by the next one (F29)', async () => {
    const live = liveFleet({ a: sleeper });
    await live.must('apply');
    const { a: pid } = await live.pids();
    const delay = async () => (await systemctl('show', '--value', '-p', 'RestartUSec', live.unit('a'))).stdout.trim();
    live.declare({ a: { ...sleeper, restart: { delay: '250ms' } } });
    const directory = join(UNIT_DIRECTORY, `${live.unit('a')}.d`);
    expect((await killedApply(live, ['-P', directory, ...inject('fsync', 1)])).exitCode).toBe(KILLED);
    expect(readFileSync(join(directory, '50-mosaic.conf'), 'utf8')).toContain('RestartSec=250ms');
    expect(await delay()).toBe('100ms');
    expect((await live.plan()).changes).toMatchObject([{ group: 'agent.a', action: 'update', reason: 'not_loaded' }]);
    await live.must('apply');
    expect(await delay()).toBe('250ms');
    expect(await live.pids()).toEqual({ a: pid });
    expect(await live.plan()).toMatchObject({ empty: true });
  });
});

describe('an apply', () => {
  afterEach(cleanUp);

  it('makes every directory durable that it wrote into, once where it wrote many', async () => {
    const live = liveFleet({ a: sleeper, b: sleeper, c: sleeper });
    const log = join(live.home, '../fsyncs');
    const argv = [process.execPath, MOSAIC, 'fleet', 'apply', '--yes'];
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    const { exitCode } = await sh(['strace', '-f', '-qq', '-y', '-e', 'trace=fsync', '-o', log, ...argv], { env });
    expect(exitCode).toBe(0);
    const synced = [...readFileSync(log, 'utf8').matchAll(/fsync\(\d+<([^>]+)>\) += 0/g)].map(([, path]) => path);
    const times = (path: string): number => synced.filter((one) => one === path).length;
    const dropIns = ['a', 'b', 'c'].map((name) => join(UNIT_DIRECTORY, `${live.unit(name)}.d`));
    const once = [join(live.home, 'fleets', live.fleet, 'launch'), join(live.home, 'libexec'), ...dropIns];
    expect(once.map(times)).toEqual(once.map(() => 1));
    expect(times(UNIT_DIRECTORY)).toBe(1);
    const files = synced.filter((path) => path?.includes('/.mosaic-') === true);
    expect(files.length).toBeGreaterThan(once.length);
  });
});

describe('two commands at once', () => {
  let live: LiveFleet;
  const lockFile = (): string => join(live.home, 'state/lock');
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
  beforeAll(async () => {
    const deaf = { command: [join(import.meta.dirname, '../fixtures/bin/ignores-term.sh')], stop: { timeout: '2s' } };
    live = liveFleet({ deaf, other: sleeper });
    await live.must('apply');
  });
  afterAll(cleanUp);

  it('end with 5 for the second, which is told who holds the lock, or wait when asked to (F77)', async () => {
    const first = live.mosaic(['restart', 'deaf']);
    const pid = await holder();
    const refused = await live.mosaic(['apply', '--lock-timeout', '100ms', '-o', 'json']);
    const waited = await live.mosaic(['apply', '--lock-timeout', '20s']);
    expect(refused).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining(`pid ${pid} (mosaic fleet restart deaf)`),
    });
    expect(refused.json()).toMatchObject({ error: { code: 'E_LOCKED', exit: 5 } });
    expect(waited).toMatchObject({ exitCode: 0 });
    expect(await first).toMatchObject({ exitCode: 0 });
  });

  it('stop when the lock file is taken away, instead of working beside another (F79)', async () => {
    const deaf = (word: string) => ({
      command: [join(import.meta.dirname, '../fixtures/bin/ignores-term.sh'), word],
      stop: { timeout: '2s' },
    });
    live.declare({ deaf: deaf('again'), other: sleeper, late: sleeper });
    const first = live.mosaic(['apply', '--yes']);
    await holder();
    await eventually(async () => (await live.agent('deaf')).state !== 'running');
    rmSync(lockFile());
    expect(await first).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/FAILED .*start session.late: the lock/),
    });
    live.declare({ deaf: deaf('again'), other: sleeper });
    await eventually(async () => (await live.mosaic(['apply', '--yes'])).exitCode === 0);
  });

  it('let looks through while a command holds the lock', async () => {
    const first = live.mosaic(['restart', 'deaf']);
    await holder();
    await live.must('status');
    await live.must('plan');
    expect(existsSync(`/proc/${await holder()}`)).toBe(true);
    expect(await first).toMatchObject({ exitCode: 0 });
  });

  it('end with 130 for the one that is interrupted, and the next apply heals (F03)', async () => {
    const { other } = await live.pids();
    live.declare({
      deaf: { command: [join(import.meta.dirname, '../fixtures/bin/ignores-term.sh'), 'x'], stop: { timeout: '2s' } },
      other: sleeper,
    });
    const first = live.mosaic(['apply', '--yes']);
    const pid = Number(await holder());
    await eventually(async () => (await live.agent('deaf')).state !== 'running');
    process.kill(pid, 'SIGINT');
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
