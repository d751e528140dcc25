import { FleetError, type ErrorCode } from '../../model/error.ts';
import { quoted } from '../../model/quoted.ts';
import {
  ExecFailure,
  type Exec,
  type ExecOptions,
  type ExecResult,
  type FileReader,
  type FileStat,
} from '../../model/host.ts';
import { octal } from '../../host/octal.ts';

const LOOK_MS = 5_000;

/** A tmux server's socket as the file system shows it, before any call. */
export type SocketState = 'absent' | 'present';

/** Refuses what is at a socket's path and is no socket of ours, and a directory that lets others at it. Never connects. */
export function socketState(files: FileReader, path: string, uid: number): SocketState {
  const above = parentOf(path);
  const directory = files.stat(above);
  if (directory === undefined) return 'absent';
  refuse(above, directoryProblem(directory, above, uid));
  const socket = files.stat(path);
  if (socket === undefined) return 'absent';
  refuse(path, socket.kind === 'socket' ? strangerOf(socket, uid) : `is a ${socket.kind}, not a tmux socket`);
  return 'present';
}

/** Refuses a socket's path whose tmux directory (`TMUX_TMPDIR`) is not there: no server could ever start on it. */
export function requireTmuxDirectory(files: FileReader, path: string): void {
  const directory = parentOf(parentOf(path)) || '/';
  const kind = files.stat(directory)?.kind;
  if (kind === 'directory') return;
  if (kind === undefined) refuse(directory, 'does not exist; make that directory, or correct `spec.tmux.tmpdir`');
  // A listing follows the link.
  else if (kind !== 'symlink' || files.list(directory) === undefined) refuse(directory, 'is not a directory');
}

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

const strangerOf = ({ uid: owner }: FileStat, uid: number): string | undefined =>
  owner === uid ? undefined : `belongs to uid ${owner}, not to you`;

function directoryProblem(stat: FileStat, path: string, uid: number): string | undefined {
  if (stat.kind !== 'directory') return `is a ${stat.kind}, not the directory of your tmux sockets`;
  const isOpen = (stat.mode & 0o077) !== 0;
  return (
    strangerOf(stat, uid) ??
    (isOpen ? `lets others in (mode ${octal(stat.mode)}): chmod 700 ${quoted(path)}` : undefined)
  );
}

function refuse(path: string, problem: string | undefined): void {
  if (problem !== undefined) throw new FleetError('E_TMUX_SOCKET', `${path} ${problem}`);
}

/** What tmux answered; `server` is false when no server lives on the socket. */
export interface Answer {
  readonly server: boolean;
  readonly exitCode: number;
  readonly stdout: string;
  /** The lines of `stdout` that are not empty. */
  readonly lines: readonly string[];
  readonly stderr: string;
}

/** Sends one command line to the server on `socket`. */
export type TmuxCall = (
  commands: readonly (readonly string[])[],
  options?: Pick<ExecOptions, 'outputBytes'> & { readonly input?: string },
) => Promise<Answer>;

export interface TmuxPlace {
  readonly tmux: string;
  readonly socket: string;
  readonly signal?: AbortSignal;
}

/** Calls on one absolute socket path. `-N`: no call through it can start a server. Rejects when nothing answers in time. */
export const tmuxCall =
  (exec: Exec, place: TmuxPlace): TmuxCall =>
  async (commands, options) =>
    answer(await run(exec, place, ['-N', ...joined(commands)], options), place.socket);

/**
 * The only call that may start a server: detached, with our configuration, which marks it. What `then` asks is answered by
 * the server on the socket, which is another one where somebody was quicker.
 */
export async function startServer(
  exec: Exec,
  place: TmuxPlace,
  conf: string,
  then: readonly (readonly string[])[],
): Promise<Answer> {
  const leaving: Exec = (argv, options) => exec(argv, { ...options, leavesServer: true });
  const result = await run(leaving, place, ['-f', conf, ...joined([['start-server'], ...then])]);
  if (result.exitCode !== 0) throw new FleetError('E_TMUX', `tmux could not start a server: ${result.stderr.trim()}`);
  return answer(result, place.socket);
}

/** True when nobody listens on the socket any more; a server on its way out is not gone yet. */
export async function serverIsGone(exec: Exec, place: TmuxPlace): Promise<boolean> {
  return !(await tmuxCall(exec, place)([['display-message', '-p', '#{pid}']])).server;
}

/** For a client that gets the caller's terminal: it can start no server either. */
export const terminalArgv = (
  place: TmuxPlace,
  commands: readonly (readonly string[])[],
): readonly [string, ...string[]] => argvOf(place, ['-N', ...joined(commands)]);

const argvOf = ({ tmux, socket }: TmuxPlace, args: readonly string[]): readonly [string, ...string[]] => [
  tmux,
  '-u',
  '-S',
  socket,
  ...args,
];

async function run(
  exec: Exec,
  place: TmuxPlace,
  args: readonly string[],
  options: Parameters<TmuxCall>[1] = {},
): Promise<ExecResult> {
  const argv = argvOf(place, args);
  const env = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const { signal } = place;
  try {
    return await exec(argv, {
      timeoutMs: LOOK_MS,
      env,
      ...options,
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    if (!(error instanceof ExecFailure) || error.reason === 'aborted') throw error;
    throw new FleetError(tmuxCodeOf(error), `tmux on ${place.socket}: ${error.message}`, { cause: error });
  }
}

/** The code of a call that came to no end. */
export const tmuxCodeOf = ({ reason }: ExecFailure): ErrorCode =>
  reason === 'missing' ? 'E_TMUX_MISSING' : reason === 'timeout' ? 'E_TMUX_TIMEOUT' : 'E_TMUX';

/** tmux reads an argument that ends in `;` as the end of a command, even in an argv (tmux(1), command parsing). */
const tmuxArgument = (text: string): string => (text.endsWith(';') ? `${text.slice(0, -1)}\\;` : text);

/** A word of tmux's configuration language that stands for exactly this text. */
export const tmuxWord = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

const joined = (commands: readonly (readonly string[])[]): readonly string[] =>
  commands.flatMap((command, at) => [...(at === 0 ? [] : [';']), ...command.map(tmuxArgument)]);

const NO_SERVER = /no server running|error connecting to .*(No such file|Connection refused)/;

/** What a client says of a server of another version; to none of our calls does a terminal matter. */
const SKEW = /protocol version mismatch|open terminal failed/;

/** Refuses what a client says that cannot talk to the server there: it is no answer, and no server that is gone. */
export function refuseSkew({ exitCode, stderr }: ExecResult, socket: string): void {
  if (exitCode !== 0 && SKEW.test(stderr)) throw new FleetError('E_TMUX_SKEW', `tmux on ${socket}: ${stderr.trim()}`);
}

/** Nobody listens on the socket. */
export const isNoServer = ({ exitCode, stderr }: ExecResult): boolean => exitCode !== 0 && NO_SERVER.test(stderr);

function answer(result: ExecResult, socket: string): Answer {
  refuseSkew(result, socket);
  const { exitCode, stdout, stderr } = result;
  const server = !isNoServer(result);
  return { server, exitCode, stdout, lines: stdout.split('\n').filter((line) => line !== ''), stderr: stderr.trim() };
}
