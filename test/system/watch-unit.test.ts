import { mkdirSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outputValidator } from '../docs/output-schemas.ts';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanUp, eventually, tempHome, UNIT_DIRECTORY } from '../support/harness.ts';
import {
  answer,
  killNow,
  liveFleet,
  sleeper,
  systemctl,
  unitNames,
  type LiveFleet,
  type StatusAnswer,
} from './live-fleet.ts';
import { endWatches, startWatch } from './live-watch.ts';
import { shimmed } from './shims.ts';

interface WatchedStatus extends StatusAnswer {
  readonly watchUnit: { readonly state: string; readonly auto?: string; readonly outdated: boolean };
}

/** A home whose name means something to systemd, to the shell and to itself. */
const AWKWARD = 'my %h $HOME ${x} "m\\n';

describe('the watcher as a unit', () => {
  let live: LiveFleet;
  let unit = '';
  let file = '';

  beforeAll(async () => {
    live = liveFleet({ a: sleeper, b: sleeper }, {}, tempHome(AWKWARD));
    unit = `mosaic-${live.fleet}-watch.service`;
    file = join(UNIT_DIRECTORY, unit);
  });
  afterAll(async () => {
    await endWatches();
    await cleanUp();
  });

  const install = (...args: readonly string[]) => live.must('watch', '--install', ...args);
  const shown = async (property: string): Promise<string> =>
    (await systemctl('show', '--value', '-p', property, unit)).stdout.trim();
  const watcherPid = (): Promise<string> => shown('MainPID');
  const watchUnit = async (): Promise<WatchedStatus['watchUnit']> =>
    answer<WatchedStatus>(await live.must('status', '-o', 'json')).watchUnit;

  it('is refused before the fleet is installed, and without systemd', async () => {
    expect(await live.mosaic(['watch', '--install'])).toMatchObject({ exitCode: 4 });
    expect(existsSync(file)).toBe(false);
    await live.must('apply', '--yes');
    live.declare({ a: sleeper, b: sleeper }, { supervisor: 'tmux' });
    expect(await live.mosaic(['watch', '--install'])).toMatchObject({ exitCode: 4 });
    live.declare({ a: sleeper, b: sleeper });
    expect(await live.mosaic(['watch', '--install', '--uninstall'])).toMatchObject({ exitCode: 64 });
    expect(existsSync(file)).toBe(false);
  });

  it('runs as it was told, is enabled, says how the fleet is, and is no change of the plan', async () => {
    const pids = await live.pids();
    const { stdout } = await install();
    expect(stdout).toContain(`Fleet ${live.fleet} is watched by ${unit}, --auto safe.`);
    expect(await Promise.all(['ActiveState', 'UnitFileState'].map(shown))).toEqual(['active', 'enabled']);
    await eventually(async () => (await shown('StatusText')) === 'Ready: 2 agents as the manifest says');
    const pid = await watcherPid();
    const argv = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    expect(argv.slice(2, -1)).toEqual([
      'fleet',
      'watch',
      '--home',
      live.home,
      '--manifest',
      live.manifest,
      '--auto',
      'safe',
    ]);
    expect(readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0')).toContain(`TMUX_TMPDIR=${live.tmuxTmpdir}`);
    expect((await live.plan()).empty).toBe(true);
    expect((await live.must('verify')).exitCode).toBe(0);
    expect((await live.must('status')).stdout).toMatch(/^Watch: running since \S+Z, --auto safe$/m);
    expect(await live.pids()).toEqual(pids);
  });

  it('is left alone by a second installation, and started anew by another one that it keeps to', async () => {
    const pid = await watcherPid();
    await install();
    expect(await watcherPid()).toBe(pid);
    await install('--auto', 'all');
    expect(await watcherPid()).not.toBe(pid);
    await install();
    expect(await watchUnit()).toMatchObject({ state: 'running', auto: 'all', outdated: false });
  });

  it('is started anew by the next installation where one was killed before it could do that', async () => {
    await install('--auto', 'none');
    const pid = await watcherPid();
    const program = 'for word; do [[ $word == daemon-reload ]] && kill -KILL $PPID; done; exec "$real/systemctl" "$@"';
    const killed = await shimmed(live, { systemctl: program })(['watch', '--install', '--auto', 'all']);
    expect(killed.exitCode).not.toBe(0);
    expect(readFileSync(file, 'utf8')).toContain('--auto all');
    const seen = await watchUnit();
    expect(seen).toMatchObject({ state: 'running', outdated: true });
    expect(seen).not.toHaveProperty('auto');
    await install('--auto', 'all');
    expect(await watcherPid()).not.toBe(pid);
    expect(await watchUnit()).toMatchObject({ state: 'running', auto: 'all', outdated: false });
  });

  it('comes back when it is killed, and no agent notices', async () => {
    const [pids, pid] = [await live.pids(), await watcherPid()];
    killNow(pid);
    await eventually(async () => (await watchUnit()).state === 'restarting');
    await eventually(async () => (await watchUnit()).state === 'running', { timeoutMs: 30_000 });
    expect(await watcherPid()).not.toBe(pid);
    expect(await live.pids()).toEqual(pids);
  });

  it('keeps the fleet as the manifest says', async () => {
    const before = await live.agent('a');
    await systemctl('stop', live.unit('a'));
    await live.newPid('a', before.pid);
  });

  it('says that its unit was edited, and is installed anew with a copy of the edit kept', async () => {
    const edited = readFileSync(file, 'utf8').replace('RestartSec=5', 'RestartSec=50');
    writeFileSync(file, edited);
    expect((await live.must('status')).stdout).toMatch(/; its unit is outdated: mosaic fleet watch --install$/m);
    await install();
    expect(readFileSync(file, 'utf8')).toContain('RestartSec=5\n');
    expect(readFileSync(join(live.home, 'state', live.fleet, 'backup', unit), 'utf8')).toBe(edited);
    expect(await watchUnit()).toMatchObject({ state: 'running', outdated: false });
  });

  it('is gone without a trace when it is uninstalled, and no agent notices', async () => {
    const pids = await live.pids();
    const { stdout } = await live.must('watch', '--uninstall');
    expect(stdout).toBe(`${unit} is gone. Fleet ${live.fleet} runs on as it is.\n`);
    expect(unitNames(unit)).toEqual([]);
    expect(await Promise.all(['LoadState', 'ActiveState'].map(shown))).toEqual(['not-found', 'inactive']);
    expect((await live.must('watch', '--uninstall')).stdout).toBe(`${unit} is not installed; nothing was done.\n`);
    expect((await live.must('status')).stdout).not.toContain('Watch:');
    expect((await live.must('status', '-v')).stdout).toMatch(/^Watch: not installed$/m);
    expect(await live.pids()).toEqual(pids);
  });

  it('is ended by name when somebody deleted its files while it ran', async () => {
    await install();
    for (const path of [file, join(UNIT_DIRECTORY, 'default.target.wants', unit)]) rmSync(path);
    await live.must('watch', '--uninstall');
    expect(await shown('ActiveState')).toBe('inactive');
    expect(unitNames(unit)).toEqual([]);
  });

  it('is refused beside a watcher in a terminal, which is named; a unit that waits for one says so', async () => {
    const watch = await startWatch(live);
    expect(await live.mosaic(['watch', '--install'])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(
        new RegExp(
          `^error: fleet ${live.fleet} is watched already, by pid ${watch.pid} \\(mosaic fleet watch\\) since .*\\n.*kill ${watch.pid}`,
        ),
      ),
    });
    expect(existsSync(file)).toBe(false);
    expect(await watch.end()).toBe(0);
    await install();
    killNow(await watcherPid());
    const other = await startWatch(live);
    await eventually(async () => (await watchUnit()).state === 'restarting');
    expect((await live.must('status')).stdout).toContain(
      `(the fleet is watched by pid ${other.pid} (mosaic fleet watch)`,
    );
    expect(await other.end()).toBe(0);
    await eventually(async () => (await watchUnit()).state === 'running', { timeoutMs: 30_000 });
    await live.must('watch', '--uninstall');
  });

  it('never replaces, ends or removes what has its name and is not ours', async () => {
    mkdirSync(UNIT_DIRECTORY, { recursive: true });
    writeFileSync(file, '[Service]\nExecStart=sleep 3600\n');
    await systemctl('daemon-reload');
    await systemctl('start', unit);
    const pid = await watcherPid();
    for (const what of ['--install', '--uninstall']) {
      const { exitCode, stderr } = await live.mosaic(['watch', what]);
      expect([exitCode, stderr]).toEqual([
        4,
        expect.stringContaining(`${file} is not ours: it carries no mark of mosaic`),
      ]);
    }
    expect((await live.must('status')).stdout).toMatch(/^Watch: \S+ is not ours: it carries no mark of mosaic$/m);
    expect(await watcherPid()).toBe(pid);
    await systemctl('stop', unit);
    rmSync(file);
    await systemctl('daemon-reload');
  });

  it.each([['--install'], ['--uninstall']])('answers to %s as the schema says', async (what) => {
    const validate = outputValidator('watch-unit', { strict: true });
    validate((await live.must('watch', what, '-o', 'json')).json());
    expect(validate.errors ?? []).toEqual([]);
  });

  it('goes with its fleet', async () => {
    await install();
    const { stderr } = await live.must('destroy', '--yes');
    expect(stderr).toContain(`done     delete ${unit}`);
    expect(unitNames(live.fleet)).toEqual([]);
    expect(await Promise.all(['LoadState', 'ActiveState'].map(shown))).toEqual(['not-found', 'inactive']);
  });
});
