import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { ExecFailure, type ExecOptions, type ExecResult } from '../model/host.ts';
import { cleanEnvironment, findProgram, SAFE_PATH } from './environment.ts';
import { errnoOf } from './io-error.ts';
import { statusOf } from './process.ts';

/** Bytes of stdout and stderr together that a program may write whose caller does not say. */
const OUTPUT_BYTES = 8 * 1024 * 1024;
/** How long is read on after the program's exit: a server it started may hold the pipes open for ever. */
const DRAIN_MS = 250;

type Argv = readonly [string, ...string[]];
type Reason = ExecFailure['reason'];

export interface ExecRecord {
  readonly argv: Argv;
  readonly startedAtMs: number;
  readonly ms: number;
  readonly outcome: { readonly exitCode: number } | { readonly failure: Reason };
}

export interface ExecSettings {
  /** The environment of calls that bring none. */
  readonly env?: Readonly<Record<string, string>>;
  /** Directories for bare program names; relative ones are ignored. */
  readonly path?: readonly string[];
  /** Told about every call once it is over. */
  readonly onCall?: (record: ExecRecord) => void;
}

/** What the host room itself may ask for beyond the port. */
export interface HostExecOptions extends ExecOptions {
  /** Open files of ours that become the child's descriptors from 3 on. */
  readonly descriptors?: readonly number[];
}

/** An `Exec` that can also hand open files to the child. */
export type HostExec = (argv: Argv, options: HostExecOptions) => Promise<ExecResult>;

/**
 * The door to other programs. A child runs in `/`, in a process group of its own (a Ctrl-C on the terminal is not
 * for it), and does not outlive us. Time-out, abort and overflow kill the group with SIGKILL.
 */
export function createExec(settings: ExecSettings = {}): HostExec {
  const env = settings.env ?? cleanEnvironment();
  const path = settings.path ?? SAFE_PATH;
  return async (argv, options) => {
    const startedAtMs = Date.now();
    const started = monotonicMs();
    const report = (outcome: ExecRecord['outcome']): void =>
      settings.onCall?.({ argv, startedAtMs, ms: monotonicMs() - started, outcome });
    try {
      const result = await run(argv, { env, ...options }, path);
      report({ exitCode: result.exitCode });
      return result;
    } catch (error) {
      if (error instanceof ExecFailure) report({ failure: error.reason });
      throw error;
    }
  };
}

/** Runs a program on the caller's own terminal and resolves to its exit code, or 128 + n after signal n. */
export async function runOnTerminal(argv: Argv, env: Readonly<Record<string, string>>): Promise<number> {
  const [file, args] = locate(argv, SAFE_PATH);
  const { execa } = await import('execa');
  const { constants } = await import('node:os');
  const child = execa(file, args, { stdio: 'inherit', env, extendEnv: false, reject: false });
  const watch = setInterval(() => stopWith(child.pid), SUSPEND_MS);
  const result = await child.finally(() => clearInterval(watch));
  if (result.signal !== undefined) return 128 + constants.signals[result.signal];
  if (result.exitCode === undefined) throw spawnFailure(argv, result.cause);
  return result.exitCode;
}

/** `performance` alone would load a dozen modules of Node. */
const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

const SUSPEND_MS = 200;

/** A child that stopped itself for the shell (Ctrl-Z) is waited for by nobody unless we stop as well; `fg` wakes both. */
function stopWith(pid: number | undefined): void {
  if (pid !== undefined && statusOf(pid)?.state === 'T') process.kill(process.pid, 'SIGSTOP');
}

function locate(argv: Argv, path: readonly string[]): [file: string, args: readonly string[]] {
  const [program, ...args] = argv;
  const file = findProgram(program, path);
  if (file === undefined) throw new ExecFailure('missing', argv, `${program} is not in ${path.join(':')}`);
  return [file, args];
}

/** A child process and its end, however it came about. */
interface Child {
  readonly process: Pick<ChildProcess, 'pid' | 'exitCode' | 'signalCode' | 'stdout' | 'stderr' | 'once'>;
  readonly ended: Promise<Ended>;
}

interface Ended {
  readonly exitCode?: number | undefined;
  readonly signal?: string | undefined;
  readonly cause?: unknown;
}

async function run(argv: Argv, options: HostExecOptions, path: readonly string[]): Promise<ExecResult> {
  const [file, args] = locate(argv, path);
  if (options.signal?.aborted === true) throw new ExecFailure('aborted', argv, `${argv[0]} was not started: aborted`);
  const child = start(file, args, options);
  return finish(argv, child, options);
}

/** In the very call that asks for it: loading execa first costs 25 ms. */
function start(file: string, args: readonly string[], { env = {}, descriptors = [], input }: HostExecOptions): Child {
  const first = input === undefined ? 'ignore' : 'pipe';
  const stdio: StdioOptions = [first, 'pipe', 'pipe', ...descriptors];
  const child = spawn(file, args, { stdio, env, cwd: '/', detached: true });
  const ended = new Promise<Ended>((resolve) => {
    child.once('error', (cause) => resolve({ cause }));
    // Not at `exit`: what the program wrote last may still be in the pipe.
    child.once('close', (exitCode, signal) =>
      resolve({ exitCode: exitCode ?? undefined, signal: signal ?? undefined }),
    );
  });
  // A program may stop reading at any time: its exit tells the rest.
  child.stdin?.on('error', () => undefined).end(input);
  return { process: child, ended };
}

/** Waits for the exit, never for the end of the streams. */
async function finish(argv: Argv, child: Child, options: HostExecOptions): Promise<ExecResult> {
  const timers: NodeJS.Timeout[] = [];
  const gaveUp = new AbortController();
  let failure: Reason | undefined;
  // After a stall of our own, the exit or the output may be queued already: the poll phase before the act sees them.
  const later = (ms: number, act: () => void): number => timers.push(setTimeout(() => setImmediate(act), ms));
  const stop = (reason: Reason): void => {
    if (hasEnded(child) && reason !== 'overflow') return;
    failure ??= reason;
    killGroup(child);
    later(DRAIN_MS, () => gaveUp.abort());
  };
  const output = collect(child.process, outputBytes(options), () => stop('overflow'));
  const onAbort = (): void => stop('aborted');
  options.signal?.addEventListener('abort', onAbort);
  later(options.timeoutMs, () => stop('timeout'));
  child.process.once('exit', () => later(DRAIN_MS, output.close));
  const release = killWhenWeExit(child);
  try {
    const result = await Promise.race([child.ended, aborted(gaveUp.signal)]);
    if (failure !== undefined) throw new ExecFailure(failure, argv, failureText(failure, argv, options));
    return toResult(argv, result, output);
  } finally {
    timers.forEach(clearTimeout);
    options.signal?.removeEventListener('abort', onAbort);
    output.close();
    release();
  }
}

function toResult(argv: Argv, result: Ended | undefined, output: Output): ExecResult {
  if (result?.signal !== undefined) {
    throw new ExecFailure('signal', argv, `${argv[0]} was ended by ${result.signal}`);
  }
  if (result?.exitCode === undefined) throw spawnFailure(argv, result?.cause);
  return { exitCode: result.exitCode, stdout: output.stdout(), stderr: output.stderr() };
}

function spawnFailure(argv: Argv, cause: unknown): ExecFailure {
  const missing = errnoOf(cause) === 'ENOENT';
  const words = missing ? 'it, or the interpreter it names, is not there' : String(errnoOf(cause) ?? cause);
  return new ExecFailure(missing ? 'missing' : 'spawn', argv, `cannot run ${argv[0]}: ${words}`, cause);
}

function failureText(reason: Reason, argv: Argv, options: HostExecOptions): string {
  if (reason === 'timeout') return `${argv[0]} did not end within ${options.timeoutMs} ms`;
  if (reason === 'overflow') return `${argv[0]} wrote more than ${outputBytes(options)} bytes`;
  return `${argv[0]} was ended: ${reason}`;
}

interface Output {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly close: () => void;
}

const outputBytes = (options: HostExecOptions): number => options.outputBytes ?? OUTPUT_BYTES;

function collect(child: Child['process'], bytes: number, onOverflow: () => void): Output {
  let room = bytes;
  const gather = (stream: Child['process']['stdout']): (() => string) => {
    const chunks: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => {
      room -= chunk.length;
      if (room >= 0) chunks.push(chunk);
      else onOverflow();
    });
    return () => Buffer.concat(chunks).toString('utf8');
  };
  const close = (): void => [child.stdout, child.stderr].forEach((stream) => stream?.destroy());
  return { stdout: gather(child.stdout), stderr: gather(child.stderr), close };
}

const hasEnded = ({ process: child }: Child): boolean => child.exitCode !== null || child.signalCode !== null;

/** A group whose leader has been reaped is left alone: its number may be somebody else's by now. */
function killGroup(child: Child): void {
  const { pid } = child.process;
  if (pid === undefined || hasEnded(child)) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch (error) {
    if (errnoOf(error) !== 'ESRCH') throw error;
  }
}

const running = new Set<Child>();
const killAll = (): void => running.forEach(killGroup);

function killWhenWeExit(child: Child): () => void {
  if (running.size === 0) process.on('exit', killAll);
  running.add(child);
  return () => {
    running.delete(child);
    if (running.size === 0) process.off('exit', killAll);
  };
}

const aborted = (signal: AbortSignal): Promise<undefined> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(undefined), { once: true }));
