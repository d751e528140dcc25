import { describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { runMosaic, UNIT_DIRECTORY } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import {
  answer,
  contents,
  sleeper,
  standingFleet,
  systemctl,
  type FailureAnswer,
  type LiveFleet,
} from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');

let live: LiveFleet;
standingFleet((made) => (live = made));

const launch = (): string => join(live.home, 'fleets', live.fleet, 'launch');
const state = (): string => join(live.home, 'state', live.fleet);
const template = (): string => join(UNIT_DIRECTORY, `mosaic-${live.fleet}@.service`);

describe('a directory of ours', () => {
  it('that is gone is made again with all that was in it (F15)', async () => {
    const were = contents(launch());
    rmSync(launch(), { recursive: true });
    await live.must('apply');
    expect(contents(launch())).toEqual(were);
  });

  it('for which a file stands is left so, and what depends on it is not touched (F15)', async () => {
    renameSync(launch(), join(live.root, 'launch'));
    writeFileSync(launch(), 'mine');
    expect(await live.mosaic(['apply', '--yes'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(`${launch()}: not a directory`),
    });
    expect(readFileSync(launch(), 'utf8')).toBe('mine');
    rmSync(launch());
    renameSync(join(live.root, 'launch'), launch());
  });

  it('for records that is full or read-only costs nothing but a warning (F08)', async () => {
    for (const options of ['size=4k', 'ro']) {
      const script =
        'mount -t tmpfs -o "$1,mode=700" none "$2"; uid=$3; shift 3; exec unshare -U --map-user="$uid" --map-group="$uid" "$@"';
      const places = [options, state(), String(process.getuid?.())];
      const argv = [process.execPath, MOSAIC, 'fleet', 'apply', '--yes'];
      const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
      live.declare({ a: { ...sleeper, restart: { delay: options === 'ro' ? '150ms' : '250ms' } }, b: sleeper });
      const ended = await sh(['unshare', '-Urm', 'sh', '-ec', script, 'sh', ...places, ...argv], { env });
      expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringMatching(/^warning: .*exec\.log: /m) });
      expect(ended.stdout).toContain('The fleet matches the manifest.');
    }
  });

  it('for the lock that cannot be written to ends the command, and nothing is done (F80)', async () => {
    chmodSync(join(live.home, 'state/.lock'), 0o400);
    live.declare({ a: sleeper });
    const ended = await live.mosaic(['apply', '--yes', '-o', 'json']);
    chmodSync(join(live.home, 'state/.lock'), 0o600);
    expect(ended.exitCode).toBe(1);
    expect(answer<FailureAnswer>(ended).error).toMatchObject({
      code: 'E_PERMISSION',
      message: expect.stringContaining('state/.lock'),
    });
  });
});

describe('a unit', () => {
  it('whose settings of a person’s own change what it starts is named so (F25)', async () => {
    const own = join(UNIT_DIRECTORY, `${live.unit('a')}.d/90-mine.conf`);
    writeFileSync(own, '[Service]\nExecStart=\nExecStart=/bin/false\n');
    await systemctl('daemon-reload');
    const { conditions } = await live.status();
    await live.must('apply');
    expect(conditions.find(({ type }) => type === 'Override')?.message).toContain('90-mine.conf');
    expect(conditions.find(({ type }) => type === 'StartReplaced')?.message).toContain(
      `${live.unit('a')}.d/90-mine.conf`,
    );
    expect((await live.must('plan')).stdout).toContain('StartReplaced: ExecStart= in ');
    expect(existsSync(own)).toBe(true);
    rmSync(own);
    await systemctl('daemon-reload');
  });

  it('that systemd refuses for such settings cannot be started again, and can be stopped (F25)', async () => {
    live.declare({ a: sleeper, b: sleeper, c: sleeper });
    await live.must('apply');
    const name = `${live.unit('c')}.d/90-mine.conf`;
    const [own, pid] = [join(UNIT_DIRECTORY, name), await live.newPid('c')];
    writeFileSync(own, '[Service]\nExecStart=/bin/false\n');
    await systemctl('daemon-reload');
    const told = `NextStartFails: c runs, but could not be started again: systemd refuses its unit (bad-setting); correct ${name}, `;
    for (const look of ['plan', 'verify', 'doctor']) expect((await live.must(look)).stdout).toContain(told);
    expect((await live.must('plan')).stdout).not.toContain('StartReplaced');
    expect(await live.mosaic(['restart', 'c'])).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('c is blocked (unit-refused)'),
      stderr: expect.stringContaining(`Correct ${name}, then systemctl --user daemon-reload`),
    });
    expect(await live.agent('c')).toMatchObject({ state: 'running', pid });
    await live.must('stop', 'c');
    expect(await live.agent('c')).toMatchObject({ state: 'stopped', held: true, pid: null });
    rmSync(own);
    await systemctl('daemon-reload');
    await live.must('start', 'c');
  });

  it('whose name a link to nowhere has taken blocks its agent alone, and the link stays (F27)', async () => {
    const link = join(UNIT_DIRECTORY, live.unit('b'));
    symlinkSync('/nowhere/to/be/found', link);
    await systemctl('daemon-reload');
    live.declare({ a: { ...sleeper, description: 'goes on' }, b: { ...sleeper, description: 'waits' } });
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 3 });
    const { blocked } = await live.plan();
    expect(blocked).toMatchObject([{ group: 'agent.b', reason: 'foreign' }]);
    expect(readlinkSync(link)).toBe('/nowhere/to/be/found');
    rmSync(link);
    await systemctl('daemon-reload');
  });

  it('whose file is gone while agents run by it is written again (F28)', async () => {
    for (const reload of [true, false]) {
      rmSync(template());
      if (reload) await systemctl('daemon-reload');
      expect((await live.plan()).changes).toMatchObject([{ action: 'create', disruption: 'none' }]);
      await live.must('apply');
      expect((await systemctl('show', '--value', '-p', 'LoadState', live.unit('a'))).stdout).toBe('loaded\n');
    }
  });

  it('that others changed and did not load is loaded, all with one reload (F29)', async () => {
    for (const file of [template(), join(UNIT_DIRECTORY, `mosaic-${live.fleet}.target`)])
      appendFileSync(file, '# by hand\n');
    const reloads = (): number => readFileSync(join(state(), 'exec.log'), 'utf8').split('"daemon-reload"').length;
    const were = reloads();
    expect((await live.plan()).changes).toHaveLength(2);
    await live.must('apply');
    expect(reloads()).toBe(were + 1);
    expect((await systemctl('show', '--value', '-p', 'NeedDaemonReload', live.unit('a'))).stdout).toBe('no\n');
  });
});

describe('what is remembered between commands', () => {
  it.each<[string, (path: string) => void]>([
    ['was cut in half', (path) => truncateSync(path, Math.floor(statSync(path).size / 2))],
    ['was emptied', (path) => truncateSync(path)],
    ['is of a newer version', (path) => writeFileSync(path, '{"formatVersion":"99.0","version":"99.0","key":"x"}\n')],
    [
      'tells times that cannot be',
      (path) => writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/\d{9,}/g, '9'.repeat(16))),
    ],
    ['is no text', (path) => writeFileSync(path, Buffer.from(Array.from({ length: 999 }, (_, at) => at % 256)))],
  ])('changes no plan and ends nothing when it %s (F83)', async (_, damage) => {
    const files = [state(), join(live.home, 'fleets', live.fleet, 'record')].flatMap((place) =>
      Object.keys(contents(place)),
    );
    expect(files.length).toBeGreaterThan(6);
    files.forEach(damage);
    expect(await live.plan()).toMatchObject({ empty: true });
    const looks = [
      ['fleet', 'status'],
      ['fleet', 'log'],
      ['agent', 'status'],
    ];
    const ended = await Promise.all(looks.map((look) => runMosaic(look, { home: live })));
    expect(ended).toMatchObject(looks.map(() => ({ exitCode: 0 })));
  });
});
