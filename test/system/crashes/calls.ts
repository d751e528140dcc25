/** One system call, as `strace -y` tells it when it begins. */
export interface Call {
  readonly pid: string;
  readonly name: string;
  /** What stands behind the opening parenthesis. */
  readonly rest: string;
}

/** A system call at which a later run of the same command can be ended or be told an error. */
export interface Point {
  /** The words of the program that mosaic started, and which of those with the same words; undefined is mosaic itself. */
  readonly child?: { readonly words: string; readonly turn: number };
  readonly call: string;
  /** Which call of this name in its process, from 1. */
  readonly nth: number;
  /** Which of those with the same `what`, from 1: others of that name may come and go. */
  readonly turn: number;
  /** For people, and to tell whether a later run came to the same one. */
  readonly what: string;
  /** Whether the call changes anything: only those are points to be ended at. */
  readonly changes: boolean;
}

/** Calls that change what is on the disk, or start another program. */
const CHANGING = `rename renameat renameat2 unlink unlinkat rmdir mkdir mkdirat link linkat symlink symlinkat
  chmod fchmod fchmodat fsync fdatasync ftruncate truncate clone clone3 fork vfork kill`.split(/\s+/);
const WRITING = ['write', 'pwrite64', 'writev'];
const TALKING = ['execve', 'flock', 'connect', 'sendmsg'];
/** Calls of mosaic that change nothing and may fail none the less. */
const LOOKING = ['pipe2', 'socket'];
export const CALLS: readonly string[] = [...CHANGING, ...WRITING, ...TALKING, ...LOOKING, 'openat'];

/** The calls of a log in the order in which they began. */
export const callsOf = (log: string): readonly Call[] =>
  log.split('\n').flatMap((line) => {
    const [, pid, name, rest] = /^(\d+)\s+(\w+)\((.*)$/.exec(line) ?? [];
    return pid === undefined || name === undefined || rest === undefined ? [] : [{ pid, name, rest }];
  });

/** The points of a recorded run: those of mosaic itself, then those of the programs it started. */
export function pointsOf(calls: readonly Call[]): readonly Point[] {
  const own = calls[0]?.pid;
  const others = [...new Set(calls.map(({ pid }) => pid))].filter((pid) => pid !== own);
  const turns = new Map<string, number>();
  const children = others.flatMap((pid) => {
    const part = calls.filter((call) => call.pid === pid);
    const words = wordsOf(part);
    if (words === undefined) return [];
    const turn = (turns.get(words) ?? 0) + 1;
    turns.set(words, turn);
    return counted(part, isLook(words) ? () => false : isTalk).map((point) => ({ ...point, child: { words, turn } }));
  });
  return [...counted(calls.filter(({ pid }) => pid === own).slice(1), isChange), ...children];
}

function counted(calls: readonly Call[], changes: (call: Call) => boolean): readonly Point[] {
  const seen = new Map<string, number>();
  const next = (key: string): number => {
    const count = (seen.get(key) ?? 0) + 1;
    seen.set(key, count);
    return count;
  };
  return calls.map((call) => {
    const what = describe(call);
    return { call: call.name, nth: next(call.name), turn: next(what), what, changes: changes(call) };
  });
}

function isChange({ name, rest }: Call): boolean {
  if (name === 'openat') return /O_CREAT|O_TRUNC/.test(rest);
  if (WRITING.includes(name)) return isKept(rest);
  if (name.startsWith('clone')) return !rest.includes('CLONE_THREAD');
  return CHANGING.includes(name);
}

/** Into a file; not to those who only answer, nor to the caller. */
const isKept = (rest: string): boolean => /^\d+<\/(?!dev|proc|sys)/.test(rest);

/** Programs that are only asked something. */
const isLook = (words: string): boolean =>
  /^"[^"]*\/busctl"|"--user", "(show|list-units)"|"(display-message|list-sessions)"/.test(words);

/** The file that a call writes into, where its name does not differ from run to run. */
export function writtenPath({ call, what }: Point): string | undefined {
  const path = WRITING.includes(call) ? /<(\/[^>]*)>/.exec(what)?.[1] : undefined;
  return path?.includes('….tmp') === true ? undefined : path;
}

/** The last message of a conversation is empty. */
const isTalk = ({ name, rest }: Call): boolean =>
  TALKING.includes(name) && !rest.includes('nscd') && !(name === 'sendmsg' && rest.includes('msg_iovlen=0'));

/** What a process of ours became; one that became nothing is a thread. Names that differ from run to run are left out. */
export function wordsOf(calls: readonly Call[]): string | undefined {
  const rest = calls.find(({ name }) => name === 'execve')?.rest;
  const words = /\[(.*?)\](?:, 0x|, \[|$)/.exec(rest ?? '')?.[1];
  return words?.replaceAll(/[$%@]\d+/g, '$N').replaceAll(/\d{4,}/g, 'N');
}

/** A call without what differs from run to run: descriptors, hidden names, times, pids. */
export function describe({ name, rest }: Call): string {
  const text = rest
    .replace(/ = .*$/, '')
    .replace(/ <unfinished \.\.\.>$/, '')
    .replaceAll(/\.mosaic-[0-9a-f]+\.tmp/g, '.mosaic-….tmp')
    .replaceAll(/"\/proc\/self\/fd\/\d+\/?/g, '"…/')
    .replaceAll(/\d+<([^>]*)>/g, '<$1>')
    .replaceAll(/socket:\[\d+\]/g, 'socket');
  const kept = [...WRITING, 'sendmsg'].includes(name) ? text.replace(/>.*$/, '>') : text;
  return `${name}(${/^(clone|fork|vfork)/.test(name) ? ')' : kept.slice(0, 160).trimEnd()}`;
}
