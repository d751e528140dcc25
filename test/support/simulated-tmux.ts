import type { ExecOptions, ExecResult } from '../../src/model/host.ts';
import type { MemoryFiles } from './memory-files.ts';
import type { SimulatedProcesses } from './simulated-processes.ts';
import { expand, meaning, sorted, split, words, type Values } from './simulated-tmux-words.ts';

/** A session with its one pane. */
export interface Session {
  readonly id: number;
  readonly name: string;
  readonly panePid: number;
  readonly options: Readonly<Record<string, string>>;
  readonly isDead: boolean;
}

interface Server {
  readonly pid: number;
  options: Readonly<Record<string, string>>;
  sessions: readonly Session[];
}

const DEFAULTS = {
  prefix: 'C-b',
  mouse: '0',
  'mode-keys': 'emacs',
  status: 'on',
  'remain-on-exit': 'off',
  'history-limit': '2000',
};
const FLAGS: Readonly<Record<string, string>> = { on: '1', off: '0' };
const ok = (stdout = ''): ExecResult => ({ exitCode: 0, stdout, stderr: '' });
const bad = (stderr: string): ExecResult => ({ exitCode: 1, stdout: '', stderr: `${stderr}\n` });

/** The tmux servers of a simulated machine, one per socket: exactly the commands our client sends, answered as 3.3a does. */
export class SimulatedTmux {
  #servers = new Map<string, Server>();
  readonly #files: MemoryFiles;
  readonly #processes: SimulatedProcesses;
  readonly #onPane: (argv: readonly string[]) => void;
  #sessionIds = 0;

  /** `onPane` hears the argv of every pane that starts. */
  constructor(files: MemoryFiles, processes: SimulatedProcesses, onPane: (argv: readonly string[]) => void) {
    this.#files = files;
    this.#processes = processes;
    this.#onPane = onPane;
  }

  /** Remembers what lives now, and gives the way back to it. */
  snapshot(): () => void {
    const copy = (servers: ReadonlyMap<string, Server>): Map<string, Server> =>
      new Map([...servers].map(([socket, server]) => [socket, { ...server }]));
    const kept = copy(this.#servers);
    return () => {
      this.#servers = copy(kept);
    };
  }

  /** Sockets with a living server. */
  sockets(): readonly string[] {
    return [...this.#servers.keys()];
  }

  /** The process of the server on a socket; 0 when none lives there. */
  serverPid(socket: string): number {
    return this.#servers.get(socket)?.pid ?? 0;
  }

  readonly sessionsOn = (socket: string): readonly Session[] => this.#servers.get(socket)?.sessions ?? [];

  /** What the tmux program does with these arguments: `-u -S SOCKET`, then `-N` or `-f CONF`, then commands. */
  exec(args: readonly string[], { input = '' }: Pick<ExecOptions, 'input'> = {}): ExecResult {
    const [, , socket = '', mode, ...rest] = args;
    const commands = split(mode === '-f' ? rest.slice(1) : rest);
    if (mode === '-f') this.start(socket, rest[0] ?? '');
    return this.run(socket, commands, String(input));
  }

  /** Starts a server unless one is there. With a `cgroup`, as a unit does. */
  start(socket: string, conf: string, cgroup = '/user.slice/session-1.scope'): number {
    const now = this.#servers.get(socket);
    if (now !== undefined) return now.pid;
    const pid = this.#processes.spawn(['tmux', '-S', socket], { cgroup });
    this.#servers.set(socket, { pid, options: { ...DEFAULTS, 'exit-empty': '1' }, sessions: [] });
    this.#files.plant(socket, { kind: 'socket', mode: 0o700 });
    const text = this.#files.stat(conf)?.kind === 'file' ? this.#files.read(conf) : undefined;
    const lines = (text ?? '').split('\n').filter((line) => line.startsWith('set -'));
    for (const line of lines) this.run(socket, [['set-option', ...words(line).slice(1).map(meaning)]]);
    return pid;
  }

  /** Ends a server; its socket stays behind, as after a crash. */
  end(socket: string): void {
    const server = this.#servers.get(socket);
    if (server === undefined) return;
    this.#processes.kill(server.pid);
    this.#servers.delete(socket);
  }

  /** Runs commands one by one and stops at the first that fails. */
  run(socket: string, commands: readonly (readonly string[])[], input = ''): ExecResult {
    let stdout = '';
    for (const command of commands) {
      const server = this.#servers.get(socket);
      if (server === undefined) return bad(`no server running on ${socket}`);
      const result = this.#command(server, socket, command, input);
      stdout += result.stdout;
      if (result.exitCode !== 0) return { ...result, stdout };
    }
    return ok(stdout);
  }

  /** Everything that lives, as text, without numbers that depend on the order of events. */
  state(): string {
    const row = ({ name, options }: Session): string => `  ${name} ${JSON.stringify(sorted(options))}`;
    return [...this.#servers]
      .map(([socket, { options, sessions }]) =>
        [`${socket} ${JSON.stringify(sorted(options))}`, ...sessions.map(row).toSorted()].join('\n'),
      )
      .toSorted()
      .join('\n');
  }

  #command(server: Server, socket: string, [name = '', ...args]: readonly string[], input: string): ExecResult {
    const commands: Readonly<Record<string, () => ExecResult>> = {
      'start-server': () => ok(),
      'display-message': () => ok(`${expand(args[1] ?? '', serverValues(server))}\n`),
      'show-options': () => ok(`${server.options[args[1] ?? ''] ?? ''}\n`),
      'list-panes': () => listPanes(server, args[2] ?? ''),
      'set-option': () => setOption(server, args),
      'new-session': () => this.#newSession(server, args),
      'rename-session': () => rename(server, args),
      'if-shell': () => (args[1] === `#{==:#{pid},${server.pid}}` ? this.#killServer(socket) : killDead(server, args)),
      'source-file': () => this.#source(socket, input),
      'kill-server': () => this.#killServer(socket),
    };
    return commands[name]?.() ?? bad(`unknown command: ${name}`);
  }

  #killServer(socket: string): ExecResult {
    this.end(socket);
    return ok();
  }

  /** Lines fail by themselves; the exit code tells that one did. */
  #source(socket: string, input: string): ExecResult {
    const lines = input.split('\n').filter((line) => line !== '');
    const commands = lines.map((line) => split(words(line)).map((command) => command.map(meaning)));
    const failed = commands.map((line) => this.run(socket, line)).filter(({ exitCode }) => exitCode !== 0);
    return failed.length === 0 ? ok() : bad(failed.map(({ stderr }) => stderr.trim()).join('\n'));
  }

  #newSession(server: Server, [, , name = '', ...rest]: readonly string[]): ExecResult {
    if (server.sessions.some((session) => session.name === name)) return bad(`duplicate session: ${name}`);
    const argv = rest[0] === '-x' ? rest.slice(4) : rest;
    const panePid = this.#processes.spawn(argv, { parent: server.pid });
    this.#onPane(argv);
    this.#processes.spawn(['agent'], { parent: panePid });
    server.sessions = [...server.sessions, { id: this.#sessionIds++, name, panePid, options: {}, isDead: false }];
    return ok();
  }

  /** The owner mark of a session. */
  ownerOf(socket: string, name: string): string | undefined {
    return this.#session(socket, name)?.options['@mosaic_owner'];
  }

  /** The process of a session's pane; 0 when there is no such session. */
  panePid(socket: string, name: string): number {
    return this.#session(socket, name)?.panePid ?? 0;
  }

  /** Ends a session's process and keeps its pane, as `remain-on-exit` does. */
  endPane(socket: string, name: string): void {
    this.#processes.kill(this.panePid(socket, name));
    const server = this.#servers.get(socket) ?? { sessions: [] };
    server.sessions = server.sessions.map((one) => (one.name === name ? { ...one, isDead: true } : one));
  }

  #session(socket: string, name: string): Session | undefined {
    return this.#servers.get(socket)?.sessions.find((session) => session.name === name);
  }

  /** Ends one session with its processes, as `kill-session` or the end of its only pane does. */
  endSession(socket: string, name: string): void {
    const server = this.#servers.get(socket);
    const session = this.#session(socket, name);
    if (server === undefined || session === undefined) return;
    this.#processes.kill(session.panePid);
    server.sessions = server.sessions.filter((candidate) => candidate !== session);
  }
}

function listPanes(server: Server, format: string): ExecResult {
  if (server.sessions.length === 0) return bad('no current target');
  const rows = server.sessions.map((session) => expand(format, { ...serverValues(server), ...sessionValues(session) }));
  return ok(rows.map((row) => `${row}\n`).join(''));
}

function setOption(server: Server, args: readonly string[]): ExecResult {
  return args[0] === '-t' ? setOfSession(server, args.slice(1)) : setOfServer(server, args.slice(1));
}

function setOfServer(server: Server, [name = '', value = '']: readonly string[]): ExecResult {
  const isFlag = name === 'mouse' || name === 'exit-empty';
  server.options = { ...server.options, [name]: isFlag ? (FLAGS[value] ?? value) : value };
  return ok();
}

function setOfSession(server: Server, [target = '', name = '', value = '']: readonly string[]): ExecResult {
  const found = server.sessions.find((session) => `=${session.name}:` === target);
  if (found === undefined) return bad(`no such session: ${target}`);
  server.sessions = server.sessions.map((session) =>
    session === found ? { ...session, options: { ...session.options, [name]: value } } : session,
  );
  return ok();
}

function rename(server: Server, [, target = '', name = '']: readonly string[]): ExecResult {
  const found = server.sessions.find(({ id }) => `$${id}` === target);
  if (found === undefined) return bad(`can't find session: ${target}`);
  if (server.sessions.some((session) => session.name === name)) return bad(`duplicate session: ${name}`);
  server.sessions = server.sessions.map((session) => (session === found ? { ...session, name } : session));
  return ok();
}

/** `if-shell -F -t $ID: "dead, and of this owner" kill-session`, the one condition our client writes. */
function killDead(server: Server, [, , target, condition = '']: readonly string[]): ExecResult {
  const isOwner = (owner = ''): boolean => condition.endsWith(`#{pane_dead},#{==:#{@mosaic_owner},${owner}}}`);
  server.sessions = server.sessions.filter(
    ({ id, isDead, options }) => `$${id}:` !== target || !isDead || !isOwner(options['@mosaic_owner']),
  );
  return ok();
}

const serverValues = ({ pid, options }: Server): Values => ({
  ...options,
  pid: String(pid),
  start_time: '1700000000',
  version: '3.3a',
});

const sessionValues = ({ id, name, panePid, options, isDead }: Session): Values => ({
  ...options,
  session_id: `$${id}`,
  session_name: name,
  session_attached: '0',
  pane_id: `%${id}`,
  pane_pid: String(panePid),
  pane_dead: isDead ? '1' : '0',
});
