import type { ProcessReader, ProcessStatus } from '../../src/model/host.ts';

interface Process {
  readonly argv: readonly string[];
  readonly cgroup: string;
  readonly parent: number;
}

/** A process table: each process has a parent and a cgroup, and takes its children with it when it ends. */
export class SimulatedProcesses implements ProcessReader {
  #table = new Map<number, Process>();
  #nextPid = 1000;

  /** Starts a process and gives its pid. Without a cgroup of its own it stays in its parent's. */
  spawn(
    argv: readonly string[],
    { parent = 1, cgroup }: { readonly parent?: number; readonly cgroup?: string },
  ): number {
    const pid = this.#nextPid++;
    this.#table.set(pid, { argv, parent, cgroup: cgroup ?? this.cgroupOf(parent) ?? '/' });
    return pid;
  }

  /** Moves a process and its children into another cgroup. */
  move(pid: number, cgroup: string): void {
    const now = this.#table.get(pid);
    if (now === undefined) return;
    this.#table.set(pid, { ...now, cgroup });
    for (const child of this.childrenOf(pid)) this.move(child, cgroup);
  }

  kill(pid: number): void {
    for (const child of this.childrenOf(pid)) this.kill(child);
    this.#table.delete(pid);
  }

  cgroupOf(pid: number): string | undefined {
    return this.#table.get(pid)?.cgroup;
  }

  childrenOf(pid: number): readonly number[] {
    return [...this.#table].filter(([, { parent }]) => parent === pid).map(([child]) => child);
  }

  commandLineOf(pid: number): readonly string[] | undefined {
    return this.#table.get(pid)?.argv;
  }

  hasEnded(pid: number): boolean {
    return !this.#table.has(pid);
  }

  /** Remembers who lives now, and gives the way back to it. */
  snapshot(): () => void {
    const table = new Map(this.#table);
    return () => {
      this.#table = new Map(table);
    };
  }

  /** Everything sleeps, in a group of its own and without a terminal. */
  statusOf(pid: number): ProcessStatus | undefined {
    return this.#table.has(pid) ? { state: 'S', group: pid } : undefined;
  }
}
