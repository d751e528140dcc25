import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';
import type { ProcessStatus } from '../model/host.ts';
import { errnoOf, ioError } from './io-error.ts';

/** Readers of /proc (proc(5)). A process that is gone, or not ours to look at, is `undefined`. */

/** Path of the process in the unified hierarchy; on hybrid machines the v1 lines are passed over. */
export function cgroupOf(pid: number): string | undefined {
  const line = readProc(pid, 'cgroup')
    ?.split('\n')
    .find((entry) => entry.startsWith('0::'));
  return line?.slice('0::'.length);
}

/** Pids of the direct children, of every thread or of these, ascending. */
export function childrenOf(pid: number, threads = threadsOf(pid)): readonly number[] | undefined {
  return threads
    ?.flatMap((thread) => (readProc(pid, `task/${thread}/children`) ?? '').split(' '))
    .filter((text) => text !== '')
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** The link count of the directory tells without a listing that there is but one. */
const threadsOf = (pid: number): readonly (number | string)[] | undefined =>
  tolerate(pid, () => {
    const tasks = `/proc/${pid}/task`;
    return statSync(tasks).nlink === LINKS_OF_ONE ? [pid] : readdirSync(tasks);
  });

/** `.`, `..` and the thread itself. */
const LINKS_OF_ONE = 3;

/** Clock ticks from boot to the start of the process: with the pid, it names one process for ever. */
export function startTimeOf(pid: number): number | undefined {
  const text = statFields(pid)?.[22 - FIRST_FIELD];
  return text === undefined ? undefined : Number(text);
}

/** State, process group and the foreground group of its terminal, of one moment. */
export function statusOf(pid: number): ProcessStatus | undefined {
  const fields = statFields(pid);
  const state = fields?.[3 - FIRST_FIELD];
  if (fields === undefined || state === undefined) return undefined;
  const [group, foreground] = [5, 8].map((field) => Number(fields[field - FIRST_FIELD]));
  if (group === undefined || foreground === undefined) return undefined;
  return { state, group, ...(foreground > 0 ? { foregroundGroup: foreground } : {}) };
}

/** True also of one that nobody has waited for; false of one that lives and lets nobody look. */
export function hasEnded(pid: number, look = statusOf): boolean {
  const status = look(pid);
  return status === undefined ? !isThere(pid) : /^[ZXx]$/.test(status.state);
}

/** The kernel tells that of every process, also where /proc is mounted to hide others'. */
function isThere(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return errnoOf(error) !== 'ESRCH';
  }
}

/** Path of the pseudo-terminal that is the process's standard input; of one that is just ending nobody can tell. */
export function terminalOf(pid: number): string | undefined {
  const path = tolerate(pid, () => readlinkSync(`/proc/${pid}/fd/0`));
  return path !== undefined && /^\/dev\/pts\/\d+$/.test(path) ? path : undefined;
}

/** The argv of the process; empty for kernel threads and processes that ended and are not yet reaped. */
export function commandLineOf(pid: number): readonly string[] | undefined {
  const text = readProc(pid, 'cmdline');
  if (text === undefined || text === '') return text === undefined ? undefined : [];
  return text.replace(/\0$/, '').split('\0');
}

/** One process for ever: its pid can be another's one day, with the time of its start it cannot. */
export interface ProcessId {
  readonly pid: number;
  readonly startTime: number;
}

/** State and group of the process, and the time of its start, by one read. */
export function lifeOf(pid: number): (ProcessId & Pick<ProcessStatus, 'state' | 'group'>) | undefined {
  const fields = statFields(pid);
  const [state, group, startTime] = [3, 5, 22].map((field) => fields?.[field - FIRST_FIELD]);
  if (state === undefined || group === undefined || startTime === undefined) return undefined;
  return { pid, startTime: Number(startTime), state, group: Number(group) };
}

/** Clock ticks a second in all of /proc, on every Linux (proc(5), USER_HZ). */
const TICKS = 100;

/** Seconds since that process was started. */
export const ageSecOf = ({ startTime }: ProcessId): number =>
  Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) - startTime / TICKS;

/** Parents of a process, nearest first, up to the first of the system. */
export function ancestorsOf(pid: number): readonly number[] {
  const parent = Number(statFields(pid)?.[4 - FIRST_FIELD] ?? 0);
  return parent > 0 && parent !== pid ? [parent, ...ancestorsOf(parent)] : [];
}

/** Bytes the process has read so far, by any system call; those of children it has reaped count as its own. */
export function bytesReadBy(pid: number): number | undefined {
  const text = /^rchar: (\d+)$/m.exec(readProc(pid, 'io') ?? '')?.[1];
  return text === undefined ? undefined : Number(text);
}

/** Whether SIGHUP does nothing to that process: bit 0 of the mask. What it starts inherits that. */
export const ignoresHangup = (pid: number): boolean => /^SigIgn:\s.*[13579bdf]$/m.test(readProc(pid, 'status') ?? '');

/** nohup(1) replaces a terminal on stdin by /dev/null, open for writing alone. */
export const isStdinOfNohup = (): boolean =>
  /^flags:\s.*1$/m.test(readProc(process.pid, 'fdinfo/0') ?? '') &&
  tolerate(process.pid, () => readlinkSync('/proc/self/fd/0')) === '/dev/null';

/** This process's own arguments as they were given: a string of Node has lost what is not UTF-8. */
export const rawArguments = (): Uint8Array => readFileSync('/proc/self/cmdline');

const FIRST_FIELD = 3;

/** The fields after the name; the name may itself hold `)` and spaces, so the last `)` counts. */
function statFields(pid: number): readonly string[] | undefined {
  const text = readProc(pid, 'stat');
  return text
    ?.slice(text.lastIndexOf(')') + 2)
    .trimEnd()
    .split(' ');
}

/** Most of /proc is a line or two, given by one read; looks at hundreds of agents live on that. */
const LINES = Buffer.alloc(4096);

const readProc = (pid: number, file: string): string | undefined =>
  tolerate(pid, () => {
    const path = `/proc/${pid}/${file}`;
    const fd = openSync(path, 'r');
    try {
      const length = readSync(fd, LINES);
      return length < LINES.length ? LINES.toString('utf8', 0, length) : readFileSync(path, 'utf8');
    } finally {
      closeSync(fd);
    }
  });

const GONE = new Set(['ENOENT', 'ESRCH', 'EACCES', 'EPERM']);

function tolerate<T>(pid: number, look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (GONE.has(errnoOf(error) ?? '')) return undefined;
    throw ioError('read', `/proc/${pid}`, error);
  }
}
