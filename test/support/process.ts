import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/** How a program ended. One that a signal ended has the exit code 128 + its number, as in a shell. */
export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The standard output as JSON; throws with the whole story when it is none. */
  json(): unknown;
}

export interface RunOptions {
  /** Added to, and stronger than, the clean environment; `undefined` takes a name out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  readonly timeoutMs?: number;
}

const KEPT = 'PATH HOME USER LOGNAME SHELL LANG XDG_RUNTIME_DIR DBUS_SESSION_BUS_ADDRESS TMUX_TMPDIR'.split(' ');
/** How long output may still come once the program has ended: a daemon it left behind may hold the pipe for ever. */
const DRAIN_MS = 250;

/** Runs one program to its end in a clean environment. Rejects only when it cannot start or does not end in time. */
export function sh(argv: readonly [string, ...string[]], options: RunOptions = {}): Promise<Ended> {
  const [program, ...args] = argv;
  const timeoutMs = options.timeoutMs ?? 30_000;
  const child = spawn(program, args, { cwd: options.cwd, env: { ...cleanEnvironment(), ...options.env } });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  child.stdin.on('error', ignoreClosedPipe).end(options.input ?? '');
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`${argv.join(' ')}: did not end within ${timeoutMs} ms\n${stdout()}${stderr()}`));
    }, timeoutMs);
    const finish = (code: number | null, signal: NodeJS.Signals | null): void => {
      clearTimeout(timer);
      resolve(ended(argv, code ?? 128 + constants.signals[signal ?? 'SIGKILL'], [stdout(), stderr()]));
    };
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.on('close', finish);
    child.on('exit', (code, signal) => {
      setTimeout(() => {
        child.stdout.destroy();
        child.stderr.destroy();
        finish(code, signal);
      }, DRAIN_MS).unref();
    });
  });
}

/** What every program of a test starts from: who and where, and nothing else of the caller. */
function cleanEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(KEPT.map((name) => [name, process.env[name]]));
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

/** A program may end without reading its input; that is its business. */
function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
}

function ended(argv: readonly string[], exitCode: number, [stdout, stderr]: readonly [string, string]): Ended {
  const json = (): unknown => {
    try {
      return JSON.parse(stdout);
    } catch (cause) {
      throw new Error(`${argv.join(' ')}: exit ${exitCode}, no JSON\n${stdout}\n${stderr}`, { cause });
    }
  };
  return { exitCode, stdout, stderr, json };
}
