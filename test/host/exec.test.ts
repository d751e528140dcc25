import { execFileSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createExec, runOnTerminal, type ExecRecord } from '../../src/host/exec.ts';
import { childrenOf, commandLineOf, statusOf } from '../../src/host/process.ts';
import { ExecFailure } from '../../src/model/host.ts';
import { bundleProgram, startProgram } from './support/program.ts';
import { eventually, temporaryPlace } from './support/place.ts';

const place = temporaryPlace();
const exec = createExec();
const limit = { timeoutMs: 20_000 };
const sh = (text: string): [string, ...string[]] => ['sh', '-c', text];
const alive = (pid: number): boolean => ![undefined, 'Z'].includes(statusOf(pid)?.state);
const childOf = (parent: number, lastArgument: string): number | undefined =>
  childrenOf(parent)?.find((pid) => commandLineOf(pid)?.at(-1) === lastArgument);
const strays: number[] = [];
afterEach(() => strays.splice(0).forEach((pid) => alive(pid) && process.kill(pid, 'SIGKILL')));

async function failureOf(call: Promise<unknown>): Promise<ExecFailure> {
  const error: unknown = await call.catch((reason: unknown) => reason);
  if (error instanceof ExecFailure) return error;
  throw new Error(`no ExecFailure: ${String(error)}`);
}

describe('createExec', () => {
  it('resolves with code and both outputs, untouched, whatever the code is', async () => {
    const result = await exec(sh('printf "a\\n\\n"; printf "é" >&2; exit 3'), limit);
    expect(result).toEqual({ exitCode: 3, stdout: 'a\n\n', stderr: 'é' });
  });

  it('hands arguments over byte by byte, without a shell', async () => {
    const args = ['a b', '$HOME', '*', ';', '"', '', '\\', 'ü\n'];
    const { stdout } = await exec(['printf', '[%s]', ...args], limit);
    expect(stdout).toBe(args.map((arg) => `[${arg}]`).join(''));
  });

  it('gives the child the given environment and nothing else', async () => {
    const { stdout } = await exec(['/usr/bin/env'], { ...limit, env: { ONLY: 'this' } });
    expect(stdout).toBe('ONLY=this\n');
  });

  it('gives the clean environment where none is given', async () => {
    const { stdout } = await createExec({ env: { A: '1' } })(['/usr/bin/env'], limit);
    expect(stdout).toBe('A=1\n');
  });

  it('feeds input of any size, and survives a program that does not read it', async () => {
    const input = 'x'.repeat(3_000_000);
    expect((await exec(['wc', '-c'], { ...limit, input })).stdout.trim()).toBe('3000000');
    expect((await exec(['true'], { ...limit, input })).exitCode).toBe(0);
    expect((await exec(['cat'], { ...limit, input: '' })).stdout).toBe('');
  });

  it('gives a program without input an empty one, not ours', async () => {
    expect((await exec(['readlink', '/proc/self/fd/0'], limit)).stdout).toBe('/dev/null\n');
  });

  it('hands an open file over as descriptor 3', async () => {
    const descriptor = openSync(`${place}/handed`, 'w');
    await exec(sh('echo through >&3'), { ...limit, descriptors: [descriptor] });
    closeSync(descriptor);
    expect(readFileSync(`${place}/handed`, 'utf8')).toBe('through\n');
  });

  it('returns soon after the exit although a grandchild keeps the pipes open, and leaves the grandchild alone (F52)', async () => {
    const started = performance.now();
    const { exitCode, stdout } = await exec(sh('sleep 1000 & echo $!'), limit);
    strays.push(Number(stdout));
    expect(exitCode).toBe(0);
    expect(performance.now() - started).toBeLessThan(3000);
    expect(alive(Number(stdout))).toBe(true);
  });

  it('reads to the end what was written right before the exit', async () => {
    const { stdout } = await exec(sh('head -c 4000000 /dev/zero | tr "\\0" x'), limit);
    expect(stdout).toHaveLength(4_000_000);
  });

  it('still reads what arrives shortly after the exit', async () => {
    expect((await exec(sh('(sleep 0.05; echo late) &'), limit)).stdout).toBe('late\n');
  });

  it('is not disturbed by a stall of our own that lasts beyond the time-out', async () => {
    const call = exec(['sleep', '0.2'], { timeoutMs: 400 });
    await eventually(() => childOf(process.pid, '0.2'));
    // The turn of the event loop after this one runs the expired timers before it hears of the exit.
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 800));
    expect((await call).exitCode).toBe(0);
  });
});

describe('a call that gives no exit code', () => {
  it('is `missing` for a program that is nowhere, named bare or by its path', async () => {
    expect(await failureOf(exec(['no-such-program'], limit))).toMatchObject({ reason: 'missing' });
    expect(await failureOf(exec(['/no/such/program'], limit))).toMatchObject({ reason: 'missing' });
  });

  it('is `missing` for relative names and for what only a relative directory holds (F98)', async () => {
    expect(await failureOf(exec(['bin/true'], limit))).toMatchObject({ reason: 'missing' });
    const inRelative = createExec({ path: [relative(process.cwd(), '/bin'), '.', ''] });
    expect(await failureOf(inRelative(['true'], limit))).toMatchObject({ reason: 'missing' });
  });

  it('is `spawn` for a file that cannot be executed', async () => {
    writeFileSync(`${place}/plain`, 'text', { mode: 0o644 });
    expect(await failureOf(exec([`${place}/plain`], limit))).toMatchObject({
      reason: 'spawn',
      argv: [`${place}/plain`],
    });
  });

  it('is `signal` for a program that a signal ended', async () => {
    const failure = await failureOf(exec(sh('kill -TERM $$'), limit));
    expect(failure).toMatchObject({ reason: 'signal', message: 'sh was ended by SIGTERM' });
  });

  it('is `timeout`, and the whole group is gone, also what ignores SIGTERM', async () => {
    const pids = `${place}/group`;
    const script = `trap '' TERM; sleep 1000 & echo $! > ${pids}; echo $$ >> ${pids}; wait`;
    expect(await failureOf(exec(sh(script), { timeoutMs: 500 }))).toMatchObject({ reason: 'timeout' });
    const [child, parent] = readFileSync(pids, 'utf8').trim().split('\n').map(Number);
    await eventually(() => !alive(child ?? 0) && !alive(parent ?? 0));
  });

  it('is `overflow` above eight MiB of both outputs together', async () => {
    const flood = 'head -c 5000000 /dev/zero; head -c 5000000 /dev/zero >&2; sleep 1000';
    expect(await failureOf(exec(sh(flood), limit))).toMatchObject({ reason: 'overflow' });
    expect(await failureOf(exec(['yes'], limit))).toMatchObject({ reason: 'overflow' });
  });

  it('is `aborted` by the signal, before the start and after it', async () => {
    const late = new AbortController();
    const call = exec(['sleep', '1000'], { ...limit, signal: late.signal });
    const pid = await eventually(() => childOf(process.pid, '1000'));
    late.abort();
    expect(await failureOf(call)).toMatchObject({ reason: 'aborted' });
    await eventually(() => !alive(pid));
    const early = exec(['touch', `${place}/never`], { ...limit, signal: AbortSignal.abort() });
    expect(await failureOf(early)).toMatchObject({ reason: 'aborted' });
    expect(existsSync(`${place}/never`)).toBe(false);
  });
});

describe('the record of calls', () => {
  it('is given every call with its outcome', async () => {
    const records: ExecRecord[] = [];
    const observed = createExec({ onCall: (record) => records.push(record) });
    await observed(sh('exit 4'), limit);
    await failureOf(observed(['sleep', '1000'], { timeoutMs: 50 }));
    await failureOf(observed(['no-such-program'], limit));
    expect(records.map((record) => record.outcome)).toEqual([
      { exitCode: 4 },
      { failure: 'timeout' },
      { failure: 'missing' },
    ]);
    expect(records[0]?.argv).toEqual(sh('exit 4'));
    expect(records[1]?.ms).toBeGreaterThanOrEqual(50);
  });
});

describe('a child', () => {
  it('runs in a group of its own and in the root directory', async () => {
    const { stdout } = await exec(sh('ps -o pgid= -p $$; echo $$; pwd'), limit);
    const [group, pid, directory] = stdout.trim().split(/\s+/);
    expect(group).toBe(pid);
    expect(directory).toBe('/');
  });

  it('does not outlive us', async () => {
    const parent = startProgram(bundleProgram('exec-parent', place), []);
    const child = await eventually(() => childOf(parent.child.pid ?? 0, '1000'));
    strays.push(child);
    parent.child.stdin?.write('go\n');
    expect(await parent.ended).toBe(0);
    await eventually(() => !alive(child));
  });
});

describe('runOnTerminal', () => {
  it('resolves to the exit code, or to 128 and the signal', async () => {
    expect(await runOnTerminal(sh('exit 7'), {})).toBe(7);
    expect(await runOnTerminal(sh('kill -TERM $$'), {})).toBe(143);
    expect(await failureOf(runOnTerminal(['/no/such'], {}))).toMatchObject({ reason: 'missing' });
  });
});

it('finds a program of the first directory that has it, and passes over what is no program', async () => {
  execFileSync('mkdir', ['-p', `${place}/a/tool`, `${place}/b`]);
  writeFileSync(`${place}/b/tool`, '#!/bin/sh\necho b\n');
  chmodSync(`${place}/b/tool`, 0o755);
  const { stdout } = await createExec({ path: [`${place}/a`, `${place}/b`] })(['tool'], limit);
  expect(stdout).toBe('b\n');
});
