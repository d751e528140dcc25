/** The ports to the machine. Everything outside `src/host` reaches it through these alone. */

export interface ExecResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ExecOptions {
  readonly timeoutMs: number;
  readonly input?: string | Uint8Array;
  /** Bytes it may write to both streams together; 8 MiB unless told otherwise. */
  readonly outputBytes?: number;
  /** The child's whole environment; the caller's is never inherited. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** What it starts stays when it has ended: such a program is not given our lock to hold. */
  readonly leavesServer?: boolean;
}

/** Runs one program to its end. Resolves for every exit code. Rejects with `ExecFailure` when there is none to give. */
export type Exec = (argv: readonly [string, ...string[]], options: ExecOptions) => Promise<ExecResult>;

/** A question to the user's message bus (D-Bus); `body` fits `signature`. */
export interface BusCall {
  readonly destination: string;
  readonly path: string;
  readonly interface: string;
  readonly member: string;
  readonly signature?: string;
  readonly body?: readonly (string | readonly string[])[];
}

/**
 * Asks several questions at once; an answer is the values of its body. Undefined when the bus cannot be asked this way or
 * one of them was refused. Rejects with `ExecFailure` for a timeout or an abort.
 */
export type Bus = (
  calls: readonly BusCall[],
  options: Pick<ExecOptions, 'timeoutMs' | 'signal'>,
) => Promise<readonly (readonly unknown[])[] | undefined>;

/** Why a program gave no exit code: not there, out of time, killed by a signal, too much output, or aborted. */
export class ExecFailure extends Error {
  override readonly name = 'ExecFailure';
  readonly reason: 'missing' | 'timeout' | 'signal' | 'overflow' | 'aborted' | 'spawn';
  readonly argv: readonly string[];
  constructor(reason: ExecFailure['reason'], argv: readonly string[], message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.argv = argv;
  }
}

export interface FileStat {
  readonly kind: 'file' | 'directory' | 'symlink' | 'socket' | 'other';
  readonly mode: number;
  readonly uid: number;
  readonly size: number;
  readonly inode: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** Looks. A missing path is `undefined`; every other failure throws. */
export interface FileReader {
  /** lstat: never follows a symbolic link. */
  stat(path: string): FileStat | undefined;
  /**
   * Text of a regular file; refuses symbolic links (E_SYMLINK), and anything above `maxBytes`. `seen` is what `stat` said
   * of it a moment ago, and spares a second look.
   */
  read(path: string, maxBytes?: number, seen?: FileStat): string | undefined;
  readLink(path: string): string | undefined;
  /** Names in a directory, sorted. */
  list(path: string): readonly string[] | undefined;
}

/** Acts. Every write is atomic, and durable when the call returns: its own, or that of `together` around it. */
export interface FileWriter {
  write(path: string, content: string, mode: number): void;
  link(path: string, target: string): void;
  /** Creates a directory and its missing parents; an existing one must be a real directory. */
  makeDirectory(path: string, mode: number): void;
  remove(path: string): void;
  /** Removes a directory when it is empty; otherwise leaves it. */
  removeDirectory(path: string): void;
  /**
   * Makes the names of everything that `act` writes or removes durable in one go, a directory once, before it returns or
   * throws. A crash in between keeps any part of them, in no order.
   */
  together<T>(act: () => T): T;
}

export interface Clock {
  nowMs(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** `/proc`, tolerant: a process that is gone is `undefined`. */
export interface ProcessReader {
  /** The cgroup v2 path (the `0::` line), for example `/user.slice/…/mosaic-canary@coder.service`. */
  cgroupOf(pid: number): string | undefined;
  childrenOf(pid: number): readonly number[];
  commandLineOf(pid: number): readonly string[] | undefined;
  statusOf(pid: number): ProcessStatus | undefined;
  /** Whether anybody has waited for it or not. A process that may not be looked at has not ended. */
  hasEnded(pid: number): boolean;
}

export interface ProcessStatus {
  /** One letter of proc(5): R running, S sleeping, D waiting on a device, T stopped, t traced, Z ended. */
  readonly state: string;
  readonly group: number;
  /** The process group that its terminal listens to; undefined without a terminal. */
  readonly foregroundGroup?: number;
}

/** What a provider may look at: no member of it changes anything. */
export interface ReadPort {
  readonly files: FileReader;
  readonly processes: ProcessReader;
  readonly exec: Exec;
  /** Where it is missing, programs do the asking. */
  readonly bus?: Bus;
}

/** What only the executor hands out. */
export interface WritePort extends ReadPort {
  readonly writer: FileWriter;
  readonly clock: Clock;
}
