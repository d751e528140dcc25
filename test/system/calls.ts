/** A time in which something of the fleet was being changed; seconds. */
export interface Section {
  readonly what: string;
  readonly from: number;
  readonly to: number;
}

/** What strace is to note of a command and of all it starts: programs, and names that come, change or go. */
export const TRACED = 'execve,rename,renameat,renameat2,unlink,unlinkat,symlink,symlinkat,rmdir';

/** `PID SECONDS CALL(…`; the second half of a call that was cut in two names nothing and is passed over. */
const CALL = /^(\d+) +(\d+\.\d+) (\w+)\((.*)$/;
const END = /^(\d+) +(\d+\.\d+) \+\+\+ /;
const CHANGES =
  /^"[^"]*\/(?:systemctl|tmux|bash)", .*"(end|start-server|start|stop|restart|daemon-reload|reset-failed|kill|kill-session|kill-server|set-option|rename-session|new-session|source-file)"/;
/** Every change of a file goes by a descriptor of its directory. The cache is nobody's truth and has no lock. */
const OURS = /"\/proc\/self\/fd\/(?!.*manifest\.json)/;

/**
 * From the first to the last change that a command made, by what the kernel saw. A program that changes units or
 * sessions counts from its start to its end, should it outlive the command.
 */
export function sectionOf(trace: string): Section | undefined {
  const lines = trace.split('\n');
  const ends = new Map(lines.map((line) => END.exec(line)).map((found) => [found?.[1], Number(found?.[2])]));
  const changes = lines.flatMap((line): readonly Section[] => {
    const [, pid, at, call, rest = ''] = CALL.exec(line) ?? [];
    const from = Number(at);
    if (call === 'execve') return CHANGES.test(rest) ? [{ what: rest, from, to: ends.get(pid) ?? Infinity }] : [];
    return call !== undefined && OURS.test(rest) ? [{ what: `${call} ${rest}`, from, to: from }] : [];
  });
  if (changes.length === 0) return undefined;
  const from = Math.min(...changes.map((change) => change.from));
  const last = changes.reduce((late, change) => (change.to > late.to ? change : late));
  return { what: last.what, from, to: last.to };
}

/** The pairs of sections that were under way at the same time. */
export function overlaps(sections: readonly Section[]): readonly (readonly [Section, Section])[] {
  const inOrder = sections.toSorted((a, b) => a.from - b.from);
  return inOrder.flatMap((one, at) =>
    inOrder.slice(at + 1).flatMap((other) => (other.from < one.to ? [[one, other] as const] : [])),
  );
}
