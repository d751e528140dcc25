import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { formerLockPath, homeHolder, isTaken, locked, lockPath, makeStateDirectory } from '../../src/cli/locked.ts';
import { readPort } from '../../src/cli/ports.ts';
import { systemClock } from '../../src/host/clock.ts';
import { createExec } from '../../src/host/exec.ts';
import { acquireLock, type Lock } from '../../src/host/lock.ts';
import type { WritePort } from '../../src/model/host.ts';
import type { FleetName } from '../../src/model/names.ts';
import { temporaryPlace } from '../host/support/place.ts';

const root = temporaryPlace();
const exec = createExec();
const named = (name: string): FleetName => name as FleetName;
let homes = 0;
let home: string;

beforeEach(() => {
  home = join(root, `home-${(homes += 1)}`);
  mkdirSync(join(home, 'state'), { recursive: true });
});

/** What a mosaic that knows only the former lock does. */
const former = (): Promise<Lock> =>
  acquireLock(formerLockPath(home), { exec, clock: systemClock, waitMs: 0, holder: 'mosaic fleet stop' });
const ours = <T>(act: (port: WritePort) => Promise<T>): Promise<T> =>
  locked({ home, exec, read: readPort(exec) }, { command: 'fleet apply', options: {} }, act);

describe('the lock of a home that an earlier mosaic has used', () => {
  beforeEach(() => writeFileSync(formerLockPath(home), ''));

  it('is not had while that one holds its own, and names it', async () => {
    const held = await former();
    await expect(ours(() => Promise.resolve())).rejects.toMatchObject({
      code: 'E_LOCKED',
      message: expect.stringContaining('state/lock is locked by pid'),
    });
    expect(homeHolder(home)?.command).toBe('mosaic fleet stop');
    held.release();
    expect(await ours(() => Promise.resolve('done'))).toBe('done');
  });

  it('keeps that one out as long as it is held, and no longer', async () => {
    await ours(async () => {
      await expect(former()).rejects.toMatchObject({ code: 'E_LOCKED' });
    });
    (await former()).release();
    expect(homeHolder(home)).toBeUndefined();
  });

  it('is held by the programs that were started under it, both of it', async () => {
    const inodes = await ours(async (port) => {
      const { stdout } = await port.exec(['stat', '-L', '-c', '%i', '/dev/fd/3', '/dev/fd/4'], { timeoutMs: 5000 });
      return stdout.trim().split('\n').map(Number);
    });
    expect(inodes).toEqual([lockPath(home), formerLockPath(home)].map((path) => statSync(path).ino));
  });

  it('gives way to the state of a fleet with that name, and then that one cannot lock at all', async () => {
    const { files } = readPort(exec);
    expect([isTaken(files, home, named('lock')), isTaken(files, home, named('lock-a'))]).toEqual([true, false]);
    await ours(async (port) => {
      makeStateDirectory(port, home, named('lock'));
      port.writer.write(`${home}/state/lock/journal.jsonl`, 'kept\n', 0o600);
      await expect(former()).rejects.toMatchObject({ code: 'E_NOT_DIR' });
    });
    await ours((port) => Promise.resolve(makeStateDirectory(port, home, named('lock'))));
    expect(readFileSync(join(home, 'state/lock/journal.jsonl'), 'utf8')).toBe('kept\n');
    await expect(former()).rejects.toMatchObject({ code: 'E_NOT_DIR' });
  });

  it('stays where it is for every other fleet', async () => {
    await ours((port) => Promise.resolve(makeStateDirectory(port, home, named('canary'))));
    expect(statSync(formerLockPath(home)).isFile()).toBe(true);
  });
});

describe('the lock of a new home', () => {
  it('leaves the former place free', async () => {
    await ours(() => Promise.resolve());
    expect([existsSync(lockPath(home)), existsSync(formerLockPath(home))]).toEqual([true, false]);
  });
});
