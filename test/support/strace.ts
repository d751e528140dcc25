const UNFINISHED = ' <unfinished ...>';
const RESUMED = /^(\d+) +<\.\.\. \w+ resumed>(.*)$/;

/** The lines of a log of `strace -f`, a call in each. strace cuts a call in two when another thread's comes between. */
export function wholeCalls(log: string): readonly string[] {
  const lines: string[] = [];
  const begun = new Map<string, number>();
  for (const line of log.split('\n')) {
    const [, pid = '', end = ''] = RESUMED.exec(line) ?? [];
    const at = begun.get(pid);
    if (at === undefined) {
      if (line.endsWith(UNFINISHED)) begun.set(line.split(' ', 1).join(''), lines.length);
      lines.push(line);
    } else {
      lines[at] = `${(lines[at] ?? '').slice(0, -UNFINISHED.length)}${end}`;
      begun.delete(pid);
    }
  }
  return lines;
}
