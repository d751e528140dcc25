import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { cleanUp, UNIT_DIRECTORY } from '../support/harness.ts';
import { sh, type Ended } from '../support/process.ts';
import { wholeCalls } from '../support/strace.ts';
import { liveFleet, sleeper, systemctl, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const KILLED = 137;

/** Runs a command and kills it as it enters one system call; `filter` says which. */
function killed(live: LiveFleet, command: string, filter: readonly string[]): Promise<Ended> {
  const argv = [process.execPath, MOSAIC, 'fleet', command, '--yes'];
  const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
  return sh(['strace', '-f', '-qq', '-o', '/dev/null', ...filter, ...argv], { env });
}

const inject = (calls: string, count: number): readonly string[] => [
  '-e',
  `trace=${calls}`,
  '-e',
  `inject=${calls}:signal=KILL:when=${count}`,
];

describe('an apply that was killed', () => {
  afterEach(cleanUp);

  it('between the units it wrote and their reload has the reload done by the next one (F29)', async () => {
    const live = liveFleet({ a: sleeper });
    await live.must('apply');
    const { a: pid } = await live.pids();
    const delay = async () => (await systemctl('show', '--value', '-p', 'RestartUSec', live.unit('a'))).stdout.trim();
    live.declare({ a: { ...sleeper, restart: { delay: '250ms' } } });
    const directory = join(UNIT_DIRECTORY, `${live.unit('a')}.d`);
    expect((await killed(live, 'apply', ['-P', directory, ...inject('fsync', 1)])).exitCode).toBe(KILLED);
    expect(readFileSync(join(directory, '50-mosaic.conf'), 'utf8')).toContain('RestartSec=250ms');
    expect(await delay()).toBe('100ms');
    expect((await live.plan()).changes).toMatchObject([{ group: 'agent.a', action: 'update', reason: 'not_loaded' }]);
    await live.must('apply');
    expect(await delay()).toBe('250ms');
    expect(await live.pids()).toEqual({ a: pid });
    expect(await live.plan()).toMatchObject({ empty: true });
  });
});

/** How often the first apply of a fleet like this calls chmod; the last times it is about the directories of its units. */
async function chmodsOfApply(): Promise<number> {
  const live = liveFleet({ a: sleeper });
  const log = join(live.root, 'chmods');
  await killed(live, 'apply', ['-e', 'trace=chmod', '-e', 'signal=none', '-o', log]);
  return readFileSync(log, 'utf8')
    .split('\n')
    .filter((line) => line.includes('chmod(')).length;
}

describe('an apply that was killed as it made a directory for units', () => {
  afterEach(cleanUp);

  it('leaves it with the mode that it is to have', async () => {
    const live = liveFleet({ a: sleeper });
    mkdirSync(join(UNIT_DIRECTORY, 'default.target.wants'), { recursive: true });
    expect((await killed(live, 'apply', inject('chmod', await chmodsOfApply()))).exitCode).toBe(KILLED);
    const made = readdirSync(UNIT_DIRECTORY).filter((name) => name.includes(live.fleet) && /\.(d|wants)$/.test(name));
    expect(made.length).toBeGreaterThan(0);
    expect(made.map((name) => statSync(join(UNIT_DIRECTORY, name)).mode & 0o777)).toEqual(made.map(() => 0o755));
  });
});

describe('a destroy that was killed after the record of the server was gone', () => {
  let live: LiveFleet;
  beforeEach(() => {
    live = liveFleet({ a: sleeper });
    mkdirSync(join(live.home, 'fleets', live.fleet, 'launch'), { recursive: true });
    mkdirSync(join(live.home, 'state', live.fleet), { recursive: true });
    writeFileSync(join(live.home, 'state/.lock'), '');
  });
  afterEach(cleanUp);

  it('is taken up by the next one, which leaves nothing but the manifest; the one after that has nothing to do', async () => {
    const { stdout } = await live.must('destroy', '--yes', '--fleet', live.fleet);
    expect(stdout).toBe(`Fleet ${live.fleet} is gone. What stays: ${live.manifest}\n`);
    expect(readdirSync(live.home)).toEqual(['fleet.yaml']);
    const again = await live.must('destroy', '--yes', '--fleet', live.fleet);
    expect(again.stdout).toBe(`Nothing to do: no fleet ${live.fleet} is installed in ${live.home}.\n`);
    expect(readdirSync(live.home)).toEqual(['fleet.yaml']);
    expect(await live.mosaic(['destroy', '--yes', '--fleet', 'other'])).toMatchObject({
      exitCode: 64,
      stderr: expect.stringContaining(`The manifest is about fleet ${live.fleet}.`),
    });
  });

  it('is not what there is where a unit or a file of the fleet still stands', async () => {
    const unit = join(UNIT_DIRECTORY, `mosaic-${live.fleet}-tmux.service`);
    const launch = join(live.home, 'fleets', live.fleet, 'launch/a');
    for (const path of [unit, launch]) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'text');
      expect(await live.mosaic(['destroy', '--yes'])).toMatchObject({ exitCode: 64 });
      expect(existsSync(join(live.home, 'state', live.fleet))).toBe(true);
      rmSync(path);
    }
  });
});

describe('a destroy that was killed once the server had ended', () => {
  afterEach(cleanUp);

  it('leaves its socket to the next one, which removes that as well', async () => {
    const live = liveFleet({ a: sleeper });
    await live.must('apply');
    // The second mark of a reload is written after the stops.
    expect((await killed(live, 'destroy', inject('rename', 2))).exitCode).toBe(KILLED);
    expect((await live.tmux('list-sessions')).exitCode).not.toBe(0);
    expect(existsSync(live.socket)).toBe(true);
    await live.must('destroy', '--yes');
    expect(existsSync(live.socket)).toBe(false);
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
    const lines = wholeCalls(readFileSync(log, 'utf8'));
    const synced = lines.flatMap((line) => /fsync\(\d+<([^>]+)>\) += 0/.exec(line)?.[1] ?? []);
    const times = (path: string): number => synced.filter((one) => one === path).length;
    const dropIns = ['a', 'b', 'c'].map((name) => join(UNIT_DIRECTORY, `${live.unit(name)}.d`));
    const once = [join(live.home, 'fleets', live.fleet, 'launch'), join(live.home, 'libexec'), ...dropIns];
    expect(once.map(times)).toEqual(once.map(() => 1));
    expect(times(UNIT_DIRECTORY)).toBe(1);
    const files = synced.filter((path) => path.includes('/.mosaic-'));
    expect(files.length).toBeGreaterThan(once.length);
  });
});
