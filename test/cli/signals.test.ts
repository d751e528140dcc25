import { afterAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually, MOSAIC } from '../support/harness.ts';
import { liveFleet, sleeper, type FailureAnswer } from '../system/live-fleet.ts';

const children: ChildProcess[] = [];
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await cleanUp();
});

/** Starts a program, and hands out its pid and how it ended. */
function started(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const child = spawn(program, args, { env: { ...process.env, _: program, ...env } });
  children.push(child);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = new Promise<{ readonly code: number | null; readonly stdout: string }>((resolve) =>
    child.on('close', (code) => resolve({ code, stdout })),
  );
  return { child, pid: child.pid ?? 0, ended };
}

/** Waits until the process itself sees to that signal. */
const catches = (pid: () => number, signal: number): Promise<unknown> =>
  eventually(
    () => {
      const mask = /^SigCgt:\s*(\w+)$/m.exec(readFileSync(`/proc/${pid()}/status`, 'utf8'))?.[1] ?? '0';
      return ((BigInt(`0x${mask}`) >> BigInt(signal - 1)) & 1n) === 1n;
    },
    { timeoutMs: 60_000 },
  );

const opened = (pid: number): readonly string[] =>
  readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));

const childOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ')[0]);

describe('a command that is told to end', () => {
  it('ends with the code that its JSON tells', async () => {
    const live = liveFleet({ a: sleeper }, { supervisor: 'tmux' });
    mkdirSync(join(live.home, 'state'), { mode: 0o700 });
    const lock = started('flock', [join(live.home, 'state/lock'), 'sleep', '600']);
    await eventually(() => childOf(lock.pid) > 0);
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    const apply = started(process.execPath, [MOSAIC, 'fleet', 'apply', '--lock-timeout', '1h', '-o', 'json'], env);
    // Node catches TERM by itself; who waits for the lock has asked for it, too.
    await eventually(() => opened(apply.pid).includes(join(live.home, 'state/lock')), { timeoutMs: 60_000 });
    apply.child.kill('SIGTERM');
    const { code, stdout } = await apply.ended;
    const { error } = JSON.parse(stdout) as FailureAnswer;
    expect([code, error.code, error.exit]).toEqual([143, 'E_INTERRUPTED', 143]);
    process.kill(childOf(lock.pid), 'SIGKILL');
    await lock.ended;
  });
});

describe('SIGHUP', () => {
  const validate = [MOSAIC, 'fleet', 'validate', '-'] as const;

  it('stays ignored under nohup(1)', async () => {
    const { child, pid, ended } = started('bash', ['-c', 'nohup "$0" "$@"', process.execPath, ...validate]);
    await catches(() => pid, 1);
    child.kill('SIGHUP');
    child.stdin.end('kind: Fleet\n');
    expect(await ended).toEqual({ code: 65, stdout: 'stdin: not valid\n' });
  });

  it('stays ignored where the one who starts it ignores it', async () => {
    const script = 'trap "" HUP; "$0" "$@"; exit $?';
    const { child, pid, ended } = started('bash', ['-c', script, process.execPath, ...validate]);
    await eventually(() => childOf(pid) > 0);
    const own = childOf(pid);
    await catches(() => own, 1);
    process.kill(own, 'SIGHUP');
    child.stdin.end('kind: Fleet\n');
    expect(await ended).toEqual({ code: 65, stdout: 'stdin: not valid\n' });
  });

  it('ends it elsewhere', async () => {
    const { child, ended } = started(process.execPath, validate);
    child.kill('SIGHUP');
    expect(await ended).toMatchObject({ code: null });
  });
});
