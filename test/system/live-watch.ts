import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { eventually } from '../support/harness.ts';
import { answer, type LiveFleet, type StatusAnswer } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const KEPT = ['PATH', 'HOME', 'USER', 'LOGNAME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'];

/** One line of a watcher's log. */
export interface LogLine {
  readonly pass: number;
  readonly msg: string;
  readonly level: number;
}

/** A watcher that runs as a user's would, in a terminal or a unit. */
export interface LiveWatch {
  readonly pid: number;
  readonly log: () => readonly LogLine[];
  /** Waits until a line holds this text. */
  said(text: string | RegExp, timeoutMs?: number): Promise<LogLine>;
  signal(name: NodeJS.Signals): void;
  /** Sends the signal and gives the exit code, or the name of the signal that ended it. */
  end(name?: NodeJS.Signals): Promise<number | string>;
}

const running: LiveWatch[] = [];

/** Starts `mosaic fleet watch ARGS` and waits until it has made its first pass. */
export async function startWatch(
  live: Pick<LiveFleet, 'home' | 'tmuxTmpdir'>,
  ...args: readonly string[]
): Promise<LiveWatch> {
  const kept = Object.fromEntries(KEPT.map((name) => [name, process.env[name]]));
  const env = { ...kept, MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
  const child = spawn(process.execPath, [MOSAIC, 'fleet', 'watch', ...args], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  const ended = new Promise<number | string>((done) => child.once('exit', (code, name) => done(code ?? name ?? '')));
  const log = (): readonly LogLine[] =>
    text
      .split('\n')
      .flatMap((line) => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as LogLine] : []));
  const watch: LiveWatch = {
    pid: child.pid ?? 0,
    log,
    said: (wanted, timeoutMs = 30_000) =>
      eventually(
        () => {
          const found = log().find(({ msg }) => (typeof wanted === 'string' ? msg.includes(wanted) : wanted.test(msg)));
          if (found === undefined) throw new Error(`not said: ${String(wanted)}\n${text}`);
          return found;
        },
        { timeoutMs },
      ),
    signal: (name) => void child.kill(name),
    end: (name = 'SIGTERM') => {
      child.kill(name);
      return ended;
    },
  };
  running.push(watch);
  await watch.said(/^(Ready|Stalled|Reconciling)/);
  return watch;
}

/** Ends what a test file left running. */
export async function endWatches(): Promise<void> {
  for (const watch of running.splice(0)) await watch.end('SIGKILL');
}

/** The watcher as `status -o json` tells it. */
export interface WatchAnswer {
  readonly running: boolean;
  readonly pid: number;
  readonly auto: string;
  readonly conditions: readonly { readonly type: string; readonly reason: string; readonly message: string }[];
  readonly agents: Readonly<Record<string, readonly { readonly type: string; readonly message: string }[]>>;
  readonly waits: readonly { readonly group: string; readonly reason: string; readonly message: string }[];
}

export const watchOf = async (live: LiveFleet): Promise<WatchAnswer | undefined> =>
  answer<StatusAnswer & { readonly watch?: WatchAnswer }>(await live.must('status', '-o', 'json')).watch;
