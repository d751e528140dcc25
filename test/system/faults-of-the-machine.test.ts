import { describe, expect, it } from '@jest/globals';
import { chmodSync, lstatSync, mkdirSync, rmSync, symlinkSync, statSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { sh } from '../support/process.ts';
import { liveFleet, sleeper, standingFleet, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');

let live: LiveFleet;
standingFleet((made) => (live = made));

describe('a clock', () => {
  it.each([10, -10])('that is wrong by %i years changes no decision (F84)', async (years) => {
    const shift = `const now=Date.now;Date.now=()=>now()+${years * 365 * 24 * 3600_000}`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(shift)}` };
    expect(await live.mosaic(['verify'], { env })).toMatchObject({ exitCode: 0 });
    live.declare({ a: sleeper, b: { ...sleeper, restart: { delay: `${200 + years}ms` } } });
    expect(await live.mosaic(['apply'], { env })).toMatchObject({ exitCode: 0 });
  });
});

describe('a machine that fails a call', () => {
  const failing = (calls: string, error: string, from: string) =>
    [
      'strace',
      '-f',
      '-qq',
      '-o',
      '/dev/null',
      '-e',
      `trace=${calls}`,
      '-e',
      `inject=${calls}:error=${error}:when=${from}`,
    ] as const;
  const apply = (strace: ReturnType<typeof failing>) =>
    sh([...strace, process.execPath, MOSAIC, 'fleet', 'apply'], {
      env: { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir },
    });

  it('of the disk counts what was not synced as not written (F09)', async () => {
    live.declare({ a: sleeper, b: { ...sleeper, restart: { delay: '650ms' } } });
    expect(await apply(failing('fsync', 'EIO', '2+'))).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/FAILED .*50-mosaic\.conf: cannot .*i\/o error \(EIO\)/),
    });
    expect((await live.plan()).changes).toMatchObject([{ group: 'agent.b', action: 'update' }]);
  });

  it.each([
    ['its lock', '1+', 1, /cannot lock .*EAGAIN.*\n.*`ulimit -a`/],
    ['its first look', '2+', 3, /tmux could not be observed: .*EAGAIN/],
    ['the reload', '3+', 3, /FAILED .*50-mosaic\.conf: cannot run systemctl: EAGAIN/],
  ])('of a new process does what it can without %s, and says so (F14)', async (_, from, exitCode, why) => {
    live.declare({ a: sleeper, b: { ...sleeper, restart: { delay: `75${from[0]}ms` } } });
    const ended = await apply(failing('clone,fork,vfork', 'EAGAIN', from));
    expect(ended).toMatchObject({ exitCode, stderr: expect.stringMatching(why) });
    expect(ended.stderr).not.toContain('bug in mosaic');
  });
});

describe('a slow machine', () => {
  it('takes its time and fails nothing (F95)', async () => {
    const slow = ['-e', 'trace=openat,read,write,connect', '-e', 'inject=openat,read,write,connect:delay_exit=2000'];
    const argv = ['strace', '-f', '-qq', '-o', '/dev/null', ...slow, process.execPath, MOSAIC, 'fleet'] as const;
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    live.declare({ a: sleeper, b: { ...sleeper, restart: { delay: '550ms' } } });
    expect(await sh([...argv, 'apply'], { env, timeoutMs: 60_000 })).toMatchObject({ exitCode: 0 });
  });
});

describe('what stands at the path of the fleet’s socket', () => {
  const other = liveFleet({ a: sleeper });
  const sockets = dirname(other.socket);

  it.each<[string, () => void]>([
    ['a file', () => writeFileSync(other.socket, 'mine')],
    ['a link to a server of somebody else', () => symlinkSync(live.socket, other.socket)],
  ])('is left there when it is %s, and no server is started (F54)', async (_, plant) => {
    mkdirSync(sockets, { recursive: true, mode: 0o700 });
    plant();
    const was = lstatSync(other.socket);
    expect(await other.mosaic(['apply', '--yes'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(`${other.socket} is a `),
    });
    expect(lstatSync(other.socket)).toMatchObject({ ino: was.ino, mode: was.mode, mtimeMs: was.mtimeMs });
    rmSync(other.socket);
  });

  it('is not looked at in a directory that lets others in, whose mode stays (F53)', async () => {
    mkdirSync(sockets, { recursive: true });
    chmodSync(sockets, 0o755);
    expect(await other.mosaic(['apply', '--yes'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining(`chmod 700 ${sockets}`),
    });
    expect(statSync(sockets).mode & 0o777).toBe(0o755);
  });
});
