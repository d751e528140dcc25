import { describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runMosaic } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { answer, sleeper, standingFleet, type FailureAnswer, type LiveFleet, type PlanAnswer } from './live-fleet.ts';
import { shimmed } from './shims.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');

let live: LiveFleet;
standingFleet((made) => (live = made));

const blocks = (plan: PlanAnswer): readonly string[] => [...new Set(plan.blocked.map(({ reason }) => reason))];

describe('a tmux that cannot talk to the running server', () => {
  it.each([
    ['F50', 'protocol version mismatch (client 8, server 7)'],
    ['F51', 'open terminal failed: not a terminal'],
  ])('ends no agent and starts no server, and doctor says what to do (F50, F51): %s', async (_row, words) => {
    const other = shimmed(live, {
      tmux: `[[ $1 == -V ]] && exec "$real/tmux" -V; echo "$*" >>"$real/calls"; echo "${words}" >&2; exit 1`,
    });
    live.declare({ a: { command: ['sleep', '3601'] } });
    const plan = answer<PlanAnswer>(await other(['plan', '-o', 'json']));
    expect(plan.changes.filter(({ action }) => action !== 'update')).toEqual([]);
    expect(blocks(plan)).toEqual(['unknown']);
    expect(await other(['apply', '--yes'])).toMatchObject({ exitCode: 3 });
    expect(await other(['doctor'])).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(new RegExp(`${words.slice(0, 12)}.*\\n +tmux was replaced while its server ran`)),
    });
  });
});

describe('a tmux that does not run at all', () => {
  it.each([
    ['exit 127', /^BAD +tmux: \/usr\/bin\/tmux -V ends with 127: no version\n +Try it: \/usr\/bin\/tmux -V$/m],
    ['kill -SEGV $$', /^BAD +tmux: \/usr\/bin\/tmux does not run: /m],
  ])('is a check that fails, and no fault of the manifest: %s', async (script, line) => {
    const { exitCode, stdout } = await shimmed(live, { tmux: script })(['doctor']);
    expect(exitCode).toBe(1);
    expect(stdout).toMatch(line);
    expect(stdout).toMatch(/^ok +manifest: /m);
  });
});

describe('a systemctl', () => {
  it('that cannot reload fails the settings it was to load, and the next apply loads them (F30)', async () => {
    const deaf = shimmed(live, {
      systemctl: `[[ $* == *daemon-reload* ]] && { echo "Failed to reload daemon: timed out" >&2; exit 1; }; exec "$real/systemctl" "$@"`,
    });
    live.declare({ a: { ...sleeper, restart: { delay: '350ms' } }, b: sleeper });
    expect(await deaf(['apply'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(/FAILED .*50-mosaic\.conf: .*Failed to reload daemon/),
    });
    expect((await live.plan()).changes).toMatchObject([{ group: 'agent.a', reason: 'not_loaded' }]);
  });

  it('that says yes and does nothing is not believed (F44)', async () => {
    const lying = shimmed(live, {
      systemctl: `[[ $2 == start ]] && exit 0; exec "$real/systemctl" "$@"`,
    });
    live.declare({ a: sleeper, b: sleeper, c: sleeper });
    expect(await lying(['apply'])).toMatchObject({
      exitCode: 3,
      stdout: expect.stringContaining('1 agent to start'),
      stderr: expect.stringMatching(/FAILED .*start session\.c: systemctl says yes, but .*@c\.service was not started/),
    });
    expect(await lying(['verify'])).toMatchObject({ exitCode: 2 });
  });

  it('that says yes to a restart and does nothing is not believed (F44)', async () => {
    const lying = shimmed(live, { systemctl: `[[ $2 == restart ]] && exit 0; exec "$real/systemctl" "$@"` });
    const was = await live.pids();
    expect(await lying(['restart', 'a'])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringMatching(
        /FAILED .*restart session\.a: systemctl says yes, but .*@a\.service was not restarted/,
      ),
    });
    expect(await live.pids()).toEqual(was);
  });

  it('and a busctl that answer with nonsense are no answer: nothing is changed (F43)', async () => {
    const nonsense = { systemctl: 'echo "Zustand: %%%"; exit 0', busctl: 'echo "{ kaputt"; exit 0' };
    live.declare({ a: sleeper });
    const odd = shimmed(live, nonsense);
    // Without a bus of its own to ask, it asks them.
    const env = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' };
    const plan = answer<PlanAnswer>(await odd(['plan', '-o', 'json'], env));
    expect([plan.changes, blocks(plan)]).toEqual([[], ['unknown']]);
    expect(await odd(['apply', '--yes'], env)).toMatchObject({ exitCode: 3 });
    expect(await odd(['verify'], env)).toMatchObject({ exitCode: 2 });
  });
});

describe('a user manager', () => {
  it('that is dead, its socket left behind, ends every look with 69 (F38)', async () => {
    const path = join(live.root, 'bus');
    const listener =
      'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))';
    await sh([process.execPath, '-e', listener, path]);
    expect(existsSync(path)).toBe(true);
    const env = { XDG_RUNTIME_DIR: undefined, DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` };
    const ended = await live.mosaic(['plan', '-o', 'json'], { env });
    expect(ended.exitCode).toBe(69);
    expect(answer<FailureAnswer>(ended).error.code).toBe('E_NO_USER_MANAGER');
  });
});

describe('the caller’s environment', () => {
  it('cannot put another program in the place of one that mosaic runs (F98)', async () => {
    const trap = join(live.root, 'trap');
    mkdirSync(trap);
    for (const name of ['tmux', 'systemctl', 'busctl', 'flock', 'bash']) {
      writeFileSync(join(trap, name), `#!/bin/sh\ntouch '${trap}/sprung'\nexit 1\n`);
      chmodSync(join(trap, name), 0o755);
    }
    live.declare({ a: { ...sleeper, restart: { delay: '450ms' } }, b: sleeper });
    const env = { PATH: `.:${trap}:${process.env['PATH']}`, MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    expect(await sh([process.execPath, MOSAIC, 'fleet', 'apply'], { env, cwd: trap })).toMatchObject({ exitCode: 0 });
    expect(existsSync(join(trap, 'sprung'))).toBe(false);
  });

  it('loads nothing into an agent or its server (F99)', async () => {
    const env = { LD_PRELOAD: 'libc.so.6', NODE_OPTIONS: '--no-deprecation', BASH_ENV: '/nowhere' };
    live.declare({ a: sleeper, b: sleeper, c: { command: ['env'], restart: { policy: 'never' } } });
    expect([0, 3]).toContain((await live.mosaic(['apply'], { env })).exitCode);
    const { stdout } = await runMosaic(['agent', 'tail', 'c'], { home: live });
    expect(stdout).toMatch(/^MOSAIC_AGENT=c$/m);
    expect(stdout).not.toMatch(/LD_PRELOAD|NODE_OPTIONS|BASH_ENV/);
  });
});
