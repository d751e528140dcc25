import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { ExecFailure, type Exec } from '../../src/model/host.ts';
import { createExec } from '../../src/host/exec.ts';
import { lifeOf } from '../../src/host/process.ts';
import { editLines, processNow, queuesOf, readSince, readsOf } from '../../src/agent/witness.ts';
import { eventually } from '../support/harness.ts';

const children: ChildProcess[] = [];
const start = (...argv: readonly string[]): number => {
  const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['pipe', 'ignore', 'ignore'] });
  children.push(child);
  return child.pid ?? 0;
};

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe('what a process has read', () => {
  it('counts what it and its children read, and what children read that have ended', async () => {
    const pid = start('bash', '-c', 'read x; head -c 5000 /dev/zero >/dev/null; sleep 0.1; read y');
    const before = await eventually(() => readsOf(pid) ?? false);
    children.at(-1)?.stdin?.write('a line\n');
    await eventually(() => readSince(before, readsOf(pid) ?? before) >= 5007);
  });

  it('is unknown of a process that is gone', () => {
    expect(readsOf(4_194_305)).toBeUndefined();
  });

  it.each([
    [[[1, 10]], [[1, 15]], 5],
    [
      [[1, 10]],
      [
        [1, 10],
        [2, 7],
      ],
      7,
    ],
    [
      [
        [1, 10],
        [2, 100],
      ],
      [[1, 12]],
      2,
    ],
  ] as const)('grew from %j to %j by %i', (before, now, grown) => {
    expect(readSince(new Map(before), new Map(now))).toBe(grown);
  });
});

describe('a process', () => {
  it('is the same, stopped or gone, and never another of its pid (F81)', async () => {
    const pid = start('sleep', '60');
    const life = await eventually(() => lifeOf(pid) ?? false);
    expect(processNow(life)).toBe('same');
    expect(processNow({ ...life, startTime: life.startTime - 1 })).toBe('gone');
    process.kill(pid, 'SIGSTOP');
    await eventually(() => processNow(life) === 'stopped');
    process.kill(pid, 'SIGKILL');
    await eventually(() => processNow(life) === 'gone');
  });
});

describe('the queue of a terminal', () => {
  const place = mkdtempSync(join(tmpdir(), 'mosaic-test-'));
  const socket = join(place, 'tmux');
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).trim();
  const exec = createExec();
  let tty = '';
  beforeAll(() => {
    tty = tmux('new-session', '-d', '-P', '-F', '#{pane_tty}', 'sleep 60');
  });
  afterAll(() => {
    tmux('kill-server');
    rmSync(place, { recursive: true });
  });

  it('is drained, pending or gone, for each in its place', async () => {
    expect(await queuesOf(exec, '/bin/bash', [tty, '/dev/pts/no-such', tty])).toEqual(['drained', 'gone', 'drained']);
    tmux('send-keys', 'x', 'Enter');
    await eventually(async () => (await queuesOf(exec, '/bin/bash', [tty]))[0] === 'pending');
  });

  it.each(['timeout', 'spawn', 'signal'] as const)('is unknown when bash gives no answer: %s', async (reason) => {
    const failing: Exec = (argv) => Promise.reject(new ExecFailure(reason, argv, reason));
    expect(await queuesOf(failing, '/bin/bash', [tty, tty])).toEqual(['unknown', 'unknown']);
    await expect(editLines(failing, '/bin/bash', [tty])).rejects.toMatchObject({
      code: reason === 'timeout' ? 'E_TIMEOUT' : 'E_LIMIT',
    });
  });

  it('edits lines, unless it is raw', async () => {
    expect(await editLines(exec, '/bin/bash', [tty])).toEqual([true]);
    execFileSync('stty', ['-F', tty, 'raw']);
    expect(await editLines(exec, '/bin/bash', [tty, '/dev/pts/no-such'])).toEqual([false, false]);
  });
});
