import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, eventually, runMosaic, tempHome } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const CALLS = 'socket,connect,execve,open,openat,openat2,stat,lstat,statx,newfstatat';

let live: LiveFleet;
let keys: string;
/** Every such call of an apply that starts the fleet, and of the programs it runs. */
let calls: readonly string[];
beforeAll(async () => {
  live = liveFleet({});
  keys = join(live.root, 'keys.env');
  writeFileSync(keys, 'KEY=value\n', { mode: 0o600 });
  live.declare({ keyed: { ...sleeper, envFiles: [keys] } });
  const log = join(live.root, 'calls');
  const argv = [
    'strace',
    '-f',
    '-qq',
    '-s',
    '256',
    '-e',
    `trace=${CALLS}`,
    '-o',
    log,
    process.execPath,
    MOSAIC,
  ] as const;
  const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
  expect(await sh([...argv, 'fleet', 'apply'], { env })).toMatchObject({ exitCode: 0 });
  calls = readFileSync(log, 'utf8').split('\n');
});
afterAll(cleanUp);

describe('an apply', () => {
  it('opens no connection but to sockets of this machine', () => {
    const sockets = calls.filter((call) => / (socket|connect)\(/.test(call));
    expect(sockets.length).toBeGreaterThan(3);
    expect(sockets.filter((call) => !/AF_UNIX|AF_NETLINK/.test(call))).toEqual([]);
  });

  it('runs nothing as another user', () => {
    const programs = calls.flatMap((call) => / execve\("([^"]+)"/.exec(call)?.[1] ?? []);
    expect(programs).toContain('/usr/bin/tmux');
    expect(programs.filter((path) => /\/(sudo|su|pkexec|doas|runuser|setpriv)$/.test(path))).toEqual([]);
  });

  it('looks at who may read an env file, and never reads it', () => {
    const about = calls.filter((call) => call.includes(`"${keys}"`));
    expect(about.length).toBeGreaterThan(0);
    expect(about.filter((call) => / open/.test(call))).toEqual([]);
  });
});

describe('an agent that only listens', () => {
  it('hears nothing, whatever is asked and applied, but what is sent to it', async () => {
    const heard = join(live.root, 'heard');
    const listener = { shell: `exec cat >${heard}` };
    live.declare({ keyed: { ...sleeper, envFiles: [keys] }, listener });
    await live.must('apply');
    live.declare({ keyed: { ...sleeper, envFiles: [keys], description: 'changed' }, listener });
    for (const command of ['plan', 'status', 'apply', 'verify', 'snapshot', 'log', 'doctor'])
      await live.mosaic([command]);
    for (const command of [['status'], ['tail', 'listener'], ['roster']])
      await runMosaic(['agent', ...command], { home: live });
    expect(readFileSync(heard, 'utf8')).toBe('');
    await runMosaic(['agent', 'send', 'listener', 'hello'], { home: live });
    await eventually(() => readFileSync(heard, 'utf8') === 'hello\n');
  });
});

describe('init', () => {
  it('makes a home for its owner alone, and every command asks for that', async () => {
    const home = tempHome();
    const fresh = { ...home, home: join(home.root, 'not/there/yet') };
    mkdirSync(join(home.root, 'not'));
    expect(await runMosaic(['fleet', 'init'], { home: fresh })).toMatchObject({ exitCode: 0 });
    expect(statSync(fresh.home).mode & 0o777).toBe(0o700);
    chmodSync(fresh.home, 0o755);
    for (const command of ['plan', 'apply', 'status', 'verify'])
      expect(await runMosaic(['fleet', command], { home: fresh })).toMatchObject({
        exitCode: 1,
        stderr: expect.stringContaining(`chmod 0700 ${fresh.home}`),
      });
  });
});
