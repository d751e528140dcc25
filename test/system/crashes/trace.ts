import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { MOSAIC } from '../../support/harness.ts';
import { sh, type Ended } from '../../support/process.ts';
import type { LiveFleet } from '../live-fleet.ts';
import { CALLS, callsOf, describe, pointsOf, wordsOf, writtenPath, type Call, type Point } from './calls.ts';

/** What is done to a run at a point: a signal to mosaic as it enters the call, or an error that the call ends with. */
export type Fault = { readonly signal: 'KILL' | 'INT' | 'TERM' } | { readonly error: string };

/** A run that was disturbed, and whether it was where it was meant to be. */
export interface Disturbed {
  readonly ended: Ended;
  readonly isThere: boolean;
  /** Where the call was found instead, or is to be looked for next. */
  readonly instead?: number;
  /** Resolves once no program of the run is left. */
  readonly over: Promise<unknown>;
}

type Argv = readonly [string, ...string[]];

const TIMEOUT_MS = 120_000;
/** How long a call of a child is held back, so that whoever reads the log can end it before it happens. */
const HELD_US = 100_000;

const commandOf = (args: readonly string[]): readonly string[] => [process.execPath, MOSAIC, 'fleet', ...args];
const environment = (live: LiveFleet) => ({ MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir });

/** Runs a command to its end and gives every point that a later run may be disturbed at. */
export async function record(live: LiveFleet, args: readonly string[]): Promise<readonly Point[]> {
  const log = join(live.root, 'golden');
  const filter = ['-f', '-qq', '-y', '-s', '200', '-e', `trace=${CALLS.join()}`, '-e', 'signal=none', '-o', log];
  const { exitCode, stderr } = await sh(['strace', ...filter, ...commandOf(args)], { env: environment(live) });
  if (exitCode !== 0) throw new Error(`the undisturbed ${args.join(' ')} ended with ${exitCode}\n${stderr}`);
  const points = pointsOf(callsOf(readFileSync(log, 'utf8')));
  rmSync(log);
  return points;
}

/** Runs a command that meets a fault in a call of its own: strace then follows no other process, and counts exactly. */
export async function disturb(
  live: LiveFleet,
  args: readonly string[],
  { point, fault }: { readonly point: Point; readonly fault: Fault },
): Promise<Disturbed> {
  const log = join(live.root, 'disturbed');
  const what = 'signal' in fault ? `signal=${fault.signal}` : `error=${fault.error}`;
  const path = writtenPath(point);
  // Of one file alone, strace counts the calls exactly.
  const [when, only] = path === undefined ? [point.nth, []] : [point.turn, ['-P', path]];
  const inject = `inject=${point.call}:${what}:when=${when}`;
  const filter = [...only, '-qq', '-y', '-s', '200', '-e', `trace=${point.call}`, '-e', 'signal=none', '-e', inject];
  const argv: Argv = ['strace', ...filter, '-o', log, ...commandOf(args)];
  const ended = await sh(argv, { env: environment(live), timeoutMs: TIMEOUT_MS });
  const calls = callsOf(readFileSync(log, 'utf8').replaceAll(/^/gm, '1 '));
  const same = calls.flatMap((call, at) => (describe(call) === point.what ? [at + 1] : []));
  const place = same[point.turn - 1];
  return { ended, isThere: place === when, instead: place ?? point.nth + 1, over: Promise.resolve() };
}

/**
 * Runs a command and ends it with SIGKILL while a program it started enters a call: that call is held back, and the log
 * read as it comes. With `both`, the program dies as well; else it goes on without mosaic.
 */
export async function killBeside(
  live: LiveFleet,
  args: readonly string[],
  { point, both }: { readonly point: Point; readonly both: boolean },
): Promise<Disturbed> {
  const log = join(live.root, 'beside');
  const held = `inject=${point.call}:delay_enter=${HELD_US}:when=${point.nth}`;
  const trace = ['-f', '-qq', '-y', '-s', '200', '-e', `trace=execve,${point.call}`, '-e', 'signal=none', '-e', held];
  const argv: Argv = ['strace', ...trace, '-o', log, ...commandOf(args)];
  rmSync(log, { force: true });
  let isOver = false;
  const over = sh(argv, { env: environment(live), timeoutMs: TIMEOUT_MS }).finally(() => (isOver = true));
  const found = await lookOut(log, point, () => isOver);
  if (found === undefined) return { ended: await over, isThere: false, over };
  kill(found.own);
  if (both) kill(found.child);
  await gone(found.own);
  // Without mosaic nothing is waited for: the next command meets whatever still goes on.
  return { ended: { exitCode: 137, stdout: '', stderr: '', json: () => undefined }, isThere: true, over };
}

/** Reads the log as it grows until the child stands before the call it is to be ended at. */
async function lookOut(
  log: string,
  point: Point,
  isOver: () => boolean,
): Promise<{ readonly own: string; readonly child: string } | undefined> {
  while (!isOver()) {
    await pause(2);
    const calls = existsSync(log) ? callsOf(readFileSync(log, 'utf8')) : [];
    const own = calls[0]?.pid;
    const child = childOf(calls, point);
    const reached = calls.filter(({ pid, name }) => pid === child && name === point.call).length;
    if (own !== undefined && child !== undefined && reached >= point.nth) return { own, child };
  }
  return undefined;
}

function childOf(calls: readonly Call[], { child }: Point): string | undefined {
  const pids = [...new Set(calls.map(({ pid }) => pid))].slice(1);
  const same = pids.filter((pid) => wordsOf(calls.filter((call) => call.pid === pid)) === child?.words);
  return same[(child?.turn ?? 1) - 1];
}

function kill(pid: string): void {
  try {
    process.kill(Number(pid), 'SIGKILL');
  } catch {
    // It has just ended by itself: the point was missed, and what it did stands.
  }
}

/** Resolves once a process is no more, or only its entry is left. */
async function gone(pid: string): Promise<void> {
  for (let left = 2000; left > 0 && isLiving(pid); left -= 1) await pause(2);
}

function isLiving(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
