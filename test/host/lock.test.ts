import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/host/clock.ts';
import { createExec } from '../../src/host/exec.ts';
import { acquireLock, type LockOptions } from '../../src/host/lock.ts';
import { childrenOf, statusOf } from '../../src/host/process.ts';
import { bundleProgram, startProgram, type Running } from './support/program.ts';
import { eventually, temporaryPlace } from './support/place.ts';

const place = temporaryPlace();
const program = bundleProgram('lock-holder', place);
const options: LockOptions = { exec: createExec(), clock: systemClock, waitMs: 0, holder: 'mosaic fleet apply' };
const started: Running[] = [];
let files = 0;
const newPath = (): string => `${place}/lock-${(files += 1)}`;

afterEach(async () => {
  started.forEach(({ child }) => child.kill('SIGKILL'));
  await Promise.all(started.splice(0).map(({ ended }) => ended));
});

function start(...args: string[]): Running {
  const running = startProgram(program, args);
  started.push(running);
  return running;
}

async function startHolder(path: string): Promise<Running> {
  const holder = start(path, 'hold');
  await eventually(() => holder.output().includes('held'));
  return holder;
}

describe('acquireLock', () => {
  it('gives the lock to one at a time, and again after the release', async () => {
    const path = newPath();
    const first = await acquireLock(path, options);
    await expect(acquireLock(path, options)).rejects.toMatchObject({ code: 'E_LOCKED' });
    first.release();
    first.release();
    const second = await acquireLock(path, options);
    expect([first.isHeld(), second.isHeld()]).toEqual([false, true]);
    second.release();
  });

  it('is held by several at once where they share it, and by one alone otherwise', async () => {
    const path = newPath();
    const shared = { ...options, shared: true };
    const [first, second] = [await acquireLock(path, shared), await acquireLock(path, shared)];
    await expect(acquireLock(path, options)).rejects.toMatchObject({ code: 'E_LOCKED' });
    first.release();
    await expect(acquireLock(path, options)).rejects.toMatchObject({ code: 'E_LOCKED' });
    second.release();
    const alone = await acquireLock(path, options);
    await expect(acquireLock(path, shared)).rejects.toMatchObject({ code: 'E_LOCKED' });
    alone.release();
  });

  it('is waited for in the queue of the kernel, by one program however long it takes', async () => {
    const path = newPath();
    const first = await acquireLock(path, options);
    const calls: string[] = [];
    const exec: LockOptions['exec'] = (argv, rest) => {
      calls.push(argv.join(' '));
      return options.exec(argv, rest);
    };
    const waiting = acquireLock(path, { ...options, exec, waitMs: 10_000, inTurn: true });
    await systemClock.sleep(400);
    first.release();
    const second = await waiting;
    expect(second.isHeld()).toBe(true);
    expect(calls).toEqual([expect.stringMatching(/^flock -x -w \d+\.\d{3} 3$/)]);
    await expect(acquireLock(path, { ...options, waitMs: 100, inTurn: true })).rejects.toMatchObject({
      code: 'E_LOCKED',
    });
    second.release();
  });

  it('says who holds it, with which command and since when', async () => {
    const path = newPath();
    const holder = await startHolder(path);
    await expect(acquireLock(path, options)).rejects.toThrow(
      new RegExp(`${path} is locked by pid ${holder.child.pid} \\(test hold\\) since \\d{4}-\\d\\d-\\d\\dT[\\d:.]+Z$`),
    );
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('says that a stopped holder is stopped, and how it goes on (F78)', async () => {
    const path = newPath();
    const { child } = await startHolder(path);
    child.kill('SIGSTOP');
    await eventually(() => statusOf(child.pid ?? 0)?.state === 'T');
    await expect(acquireLock(path, options)).rejects.toMatchObject({
      message: expect.stringContaining('it is stopped (state T)'),
      hint: `Let it go on: kill -CONT ${child.pid}`,
    });
  });

  it('does not name a dead process when a stranger holds the file (F81)', async () => {
    const path = newPath();
    writeFileSync(path, JSON.stringify({ pid: process.pid, startTime: 1, command: 'old', since: 'then' }));
    const stranger = options.exec(['flock', path, 'sleep', '1000'], { timeoutMs: 3000 }).catch(() => undefined);
    await eventually(() => lockedBySomebody(path));
    await expect(acquireLock(path, options)).rejects.toThrow(`${path} is locked by another process`);
    await stranger;
  });

  it('is free at once when the holder was killed (F77)', async () => {
    const path = newPath();
    const holder = await startHolder(path);
    holder.child.kill('SIGKILL');
    await holder.ended;
    const lock = await acquireLock(path, options);
    expect(lock.isHeld()).toBe(true);
    lock.release();
  });

  it('is not free before a call has ended that a killed holder had under way', async () => {
    const path = newPath();
    const go = `${path}.go`;
    const holder = start(path, 'call', `touch "${path}.begun"; until [ -e "${go}" ]; do sleep 0.05; done`);
    await eventually(() => existsSync(`${path}.begun`));
    holder.child.kill('SIGKILL');
    await holder.ended;
    await expect(acquireLock(path, options)).rejects.toThrow(`${path} is locked by another process`);
    writeFileSync(go, '');
    (await acquireLock(path, { ...options, waitMs: 10_000 })).release();
  });

  it('waits as long as it may for the holder to end', async () => {
    const path = newPath();
    const first = await acquireLock(path, options);
    const begun = performance.now();
    await expect(acquireLock(path, { ...options, waitMs: 300 })).rejects.toMatchObject({ code: 'E_LOCKED' });
    expect(performance.now() - begun).toBeGreaterThanOrEqual(300);
    const second = acquireLock(path, { ...options, waitMs: 10_000 });
    first.release();
    (await second).release();
  });

  it('stops waiting when it is told to, and holds nothing then', async () => {
    const path = newPath();
    const first = await acquireLock(path, options);
    const { signal, abort } = abortable();
    const waiting = acquireLock(path, { ...options, waitMs: 10_000, signal });
    setTimeout(abort, 50);
    await expect(waiting).rejects.toThrow('told to stop');
    first.release();
    (await acquireLock(path, options)).release();
  });

  it('never lets ten takers overlap (F77)', async () => {
    const path = newPath();
    const journal = `${path}.journal`;
    const takers = Array.from({ length: 10 }, () => start(path, 'rounds', journal, '10'));
    expect(await Promise.all(takers.map(({ ended }) => ended))).toEqual(takers.map(() => 0));
    const lines = readFileSync(journal, 'utf8').trim().split('\n');
    expect(lines).toHaveLength(200);
    const pairs = lines.filter((line, index) => index % 2 === 1 && lines[index - 1] === line.replace('out', 'in'));
    expect(pairs).toHaveLength(100);
  }, 60_000);

  it('does not take a file that was deleted while it waited, but the one that is there now (F79)', async () => {
    const path = newPath();
    const first = await acquireLock(path, options);
    let deleted = false;
    const exec: LockOptions['exec'] = (argv, run) => {
      if (!deleted) {
        rmSync(path);
        first.release();
      }
      deleted = true;
      return options.exec(argv, run);
    };
    const second = await acquireLock(path, { ...options, exec, waitMs: 5000 });
    expect(second.isHeld()).toBe(true);
    await expect(acquireLock(path, options)).rejects.toMatchObject({ code: 'E_LOCKED' });
    second.release();
  });

  it('lets a holder see that its file was deleted (F79)', async () => {
    const path = newPath();
    const first = await acquireLock(path, options);
    rmSync(path);
    expect(first.isHeld()).toBe(false);
    first.release();
  });

  it('refuses a symbolic link (F80)', async () => {
    const path = newPath();
    symlinkSync(`${place}/victim`, path);
    await expect(acquireLock(path, options)).rejects.toMatchObject({ code: 'E_SYMLINK' });
  });

  it('makes the directory of the file: whoever removed the last fleet took it along', async () => {
    const lock = await acquireLock(`${place}/none/lock`, options);
    expect(lock.isHeld()).toBe(true);
    lock.release();
  });

  it('says what to install where there is no flock', async () => {
    const exec = createExec({ path: [place] });
    await expect(acquireLock(newPath(), { ...options, exec })).rejects.toMatchObject({
      code: 'E_IO',
      hint: 'Install util-linux, which has flock.',
    });
  });

  it('leaves no child behind', async () => {
    const lock = await acquireLock(newPath(), options);
    expect(childrenOf(process.pid)?.filter((pid) => statusOf(pid)?.state !== 'Z')).toEqual([]);
    lock.release();
  });
});

function lockedBySomebody(path: string): boolean {
  try {
    execFileSync('flock', ['-n', path, 'true']);
    return false;
  } catch {
    return true;
  }
}

function abortable(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort(new Error('told to stop')) };
}
