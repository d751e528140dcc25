import { FleetError } from '../model/error.ts';
import { ExecFailure, type Exec } from '../model/host.ts';
import { bytesReadBy, childrenOf, lifeOf, type ProcessId } from '../host/process.ts';

/** What the kernel tells of who read what: the only witness that no program on the screen can forge. */

/** Bytes read so far by a process and all below it, by pid. */
export type Reads = ReadonlyMap<number, number>;

/** Undefined where the process itself cannot be looked into. */
export function readsOf(pid: number): Reads | undefined {
  const own = bytesReadBy(pid);
  if (own === undefined) return undefined;
  const reads = new Map([[pid, own]]);
  for (const child of childrenOf(pid) ?? []) for (const [below, bytes] of readsOf(child) ?? []) reads.set(below, bytes);
  return reads;
}

/** Bytes read since; what a new process read counts, and what a process that ended read counts with its parent. */
export function readSince(before: Reads, now: Reads): number {
  let sum = 0;
  for (const [pid, bytes] of now) sum += Math.max(0, bytes - (before.get(pid) ?? 0));
  return sum;
}

/** What is in a terminal's input queue; `gone` when the terminal could not be opened, `unknown` when nobody could look. */
export type Queue = 'drained' | 'pending' | 'gone' | 'unknown';

const LIMIT_MS = 5_000;
/** `read -t 0` looks without taking anything (bash(1)); one bash looks at all of them. */
const LOOK = 'for tty; do { read -t 0 <&3 && echo pending || echo drained; } 3<"$tty" || echo gone; done 2>/dev/null';
const MODES =
  'for tty; do [[ $(stty -a <"$tty") == *[[:space:]]icanon* ]] && echo icanon || echo raw; done 2>/dev/null';

/** Looks into the input queues of these terminals, in their order. Never rejects for want of an answer: text was typed. */
export async function queuesOf(exec: Exec, bash: string, ttys: readonly string[]): Promise<readonly Queue[]> {
  try {
    const words = await wordsOf(exec, [bash, '-c', LOOK, 'mosaic', ...ttys]);
    return ttys.map((_tty, at) => toQueue(words[at]));
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return ttys.map(() => 'unknown');
  }
}

/** A word per line; rejects with a FleetError when bash gave no answer. */
async function wordsOf(exec: Exec, argv: Parameters<Exec>[0]): Promise<readonly string[]> {
  try {
    const { stdout } = await exec(argv, { timeoutMs: LIMIT_MS });
    return stdout.split('\n');
  } catch (error) {
    if (!(error instanceof ExecFailure)) throw error;
    const code = error.reason === 'timeout' ? 'E_TIMEOUT' : 'E_LIMIT';
    throw new FleetError(code, `the agents' terminals could not be looked into: ${error.message}`, { cause: error });
  }
}

const toQueue = (word = ''): Queue => (word === 'drained' || word === 'pending' ? word : 'gone');

/**
 * Which of these terminals edit lines themselves (canonical mode, termios(3)): those cut a line that is too long. Rejects
 * when nobody could look.
 */
export async function editLines(exec: Exec, bash: string, ttys: readonly string[]): Promise<readonly boolean[]> {
  const words = await wordsOf(exec, [bash, '-c', MODES, 'mosaic', ...ttys]);
  return ttys.map((_tty, at) => words[at] === 'icanon');
}

export type ProcessNow = 'same' | 'stopped' | 'gone';

/** Whether it is still there and runs. */
export function processNow({ pid, startTime }: ProcessId): ProcessNow {
  const life = lifeOf(pid);
  if (life?.startTime !== startTime || /^[ZX]$/.test(life.state)) return 'gone';
  return /^[Tt]$/.test(life.state) ? 'stopped' : 'same';
}
