import { closeSync, constants, fstatSync, ftruncateSync, lstatSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { FleetError } from '../model/error.ts';
import { ExecFailure, type Clock } from '../model/host.ts';
import { ensureDirectory } from './directory.ts';
import type { HostExec } from './exec.ts';
import { createFileReader } from './files.ts';
import { ioError } from './io-error.ts';
import { startTimeOf, statusOf } from './process.ts';

export interface LockOptions {
  readonly exec: HostExec;
  readonly clock: Clock;
  /** 0 tries once. */
  readonly waitMs: number;
  /** The command that takes it, as others are told. */
  readonly holder: string;
  /** Several may hold it at once, as long as nobody holds it alone. */
  readonly shared?: boolean;
  /** Wait in the kernel's queue, in turn: for locks that many want for a moment each. */
  readonly inTurn?: boolean;
  readonly signal?: AbortSignal;
}

export interface Lock {
  /** False once somebody deleted or replaced the lock file: then another process may hold the new one. */
  readonly isHeld: () => boolean;
  /** A child that is given these keeps the lock as long as it lives, even when we do not live to see its end. */
  readonly descriptors: readonly number[];
  /** Idempotent. The file stays: deleting it would let two processes hold two files. */
  readonly release: () => void;
}

/**
 * Takes the lock on a file, which is created when missing, with its directory. E_LOCKED after `waitMs`.
 *
 * flock(2) belongs to the open file, not to the process that asked: `flock` locks the descriptor it inherits and ends,
 * and the lock lasts until our own descriptor is closed, by us or, however we die, by the kernel.
 */
export async function acquireLock(path: string, options: LockOptions): Promise<Lock> {
  const deadline = performance.now() + options.waitMs;
  for (let pauseMs = 10; ; pauseMs = Math.min(pauseMs * 2, 200)) {
    options.signal?.throwIfAborted();
    const fd = openLockFile(path);
    const leftMs = (): number => deadline - performance.now();
    if (await takeOrClose(fd, path, { ...options, waitMs: leftMs() })) return hold(fd, path, options);
    if (leftMs() <= 0) throw lockedError(path);
    await options.clock.sleep(Math.max(0, Math.min(pauseMs, leftMs())), options.signal);
  }
}

function openLockFile(path: string): number {
  // Whoever removed the last fleet took the directory with the lock file.
  ensureDirectory(dirname(path), 0o700);
  try {
    return openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  } catch (error) {
    throw ioError('lock', path, error);
  }
}

async function takeOrClose(fd: number, path: string, options: LockOptions): Promise<boolean> {
  let taken = false;
  try {
    taken = (await tryLock(fd, path, options)) && isFileAt(fd, path);
  } finally {
    if (!taken) closeSync(fd);
  }
  return taken;
}

async function tryLock(descriptor: number, path: string, options: LockOptions): Promise<boolean> {
  const { exec, signal, shared = false } = options;
  const waitMs = options.inTurn === true ? Math.max(0, options.waitMs) : 0;
  try {
    const limits = { timeoutMs: waitMs + 5000, descriptors: [descriptor], ...(signal === undefined ? {} : { signal }) };
    const { exitCode, stderr } = await exec(['flock', shared ? '-s' : '-x', ...patienceOf(waitMs), '3'], limits);
    if (exitCode > 1) throw new FleetError('E_IO', `cannot lock ${path}: ${stderr.trim()}`);
    return exitCode === 0;
  } catch (error) {
    signal?.throwIfAborted();
    throw error instanceof ExecFailure ? lockFailure(path, error) : error;
  }
}

function lockFailure(path: string, error: ExecFailure): FleetError {
  if (error.reason === 'spawn') return ioError('lock', path, error.cause);
  const hint = error.reason === 'missing' ? { hint: 'Install util-linux, which has flock.' } : {};
  return new FleetError('E_IO', `cannot lock ${path}: ${error.message}`, { ...hint, cause: error });
}

const patienceOf = (waitMs: number): readonly string[] => (waitMs > 0 ? ['-w', (waitMs / 1000).toFixed(3)] : ['-n']);

/** The file may have been deleted between open and lock; then others lock another one. */
function isFileAt(fd: number, path: string): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  const ours = fstatSync(fd);
  return there !== undefined && there.ino === ours.ino && there.dev === ours.dev;
}

function hold(fd: number, path: string, { clock, holder, shared = false }: LockOptions): Lock {
  const since = new Date(clock.nowMs()).toISOString();
  // One of many cannot say that it is the one.
  if (!shared)
    note(fd, JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid), command: holder, since }));
  let open = true;
  return {
    isHeld: () => open && isFileAt(fd, path),
    descriptors: [fd],
    release: () => {
      if (!open) return;
      open = false;
      if (!shared) note(fd, '');
      closeSync(fd);
    },
  };
}

/** What stands in the file is for people's eyes alone: a full disk must not keep anybody from holding the lock. */
function note(fd: number, text: string): void {
  try {
    ftruncateSync(fd, 0);
    writeSync(fd, text, 0);
  } catch {
    return;
  }
}

/** Who holds a lock, by the note in its file. */
export interface Holder {
  readonly pid: number;
  readonly startTime: number;
  readonly command: string;
  readonly since: string;
}

function lockedError(path: string): FleetError {
  const holder = lockHolder(path);
  if (holder === undefined) return new FleetError('E_LOCKED', `${path} is locked by another process`);
  const { pid, command, since } = holder;
  const who = `${path} is locked by pid ${pid} (${command}) since ${since}`;
  if (!/^[Tt]$/.test(statusOf(pid)?.state ?? '')) return new FleetError('E_LOCKED', who);
  return new FleetError('E_LOCKED', `${who}; it is stopped (state T)`, { hint: `Let it go on: kill -CONT ${pid}` });
}

/** The holder of a lock that lives; undefined for what a dead process left, too. */
export function lockHolder(path: string): Holder | undefined {
  try {
    const holder = toHolder(JSON.parse(createFileReader().read(path, 65_536) ?? ''));
    return holder !== undefined && startTimeOf(holder.pid) === holder.startTime ? holder : undefined;
  } catch {
    return undefined;
  }
}

function toHolder(value: unknown): Holder | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { pid, startTime, command, since } = value as Partial<Holder>; // parsed: each field is checked below
  if (typeof pid !== 'number' || typeof startTime !== 'number') return undefined;
  return typeof command === 'string' && typeof since === 'string' ? { pid, startTime, command, since } : undefined;
}
