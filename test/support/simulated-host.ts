import { ExecFailure, type Exec, type ExecResult, type WritePort } from '../../src/model/host.ts';
import { MemoryFiles } from './memory-files.ts';
import { SimulatedProcesses } from './simulated-processes.ts';
import { SimulatedSystemd } from './simulated-systemd.ts';
import { SimulatedTmux } from './simulated-tmux.ts';

const UID = 1000;
const SLICE = '/user.slice/user-1000.slice/user@1000.service/app.slice';

/** Where things are on a simulated machine. */
export const PLACES = {
  uid: UID,
  userHome: '/home/u',
  home: '/home/u/.config/mosaic',
  unitDirectory: '/home/u/.config/systemd/user',
  socketDirectory: '/tmp/tmux-1000',
} as const;

/** A machine in memory: files, processes, a user manager, tmux servers and our helper, behind the real ports. */
export class SimulatedHost {
  readonly files: MemoryFiles;
  readonly processes = new SimulatedProcesses();
  readonly tmux: SimulatedTmux;
  readonly systemd: SimulatedSystemd;
  readonly port: WritePort;
  /** While set, a call of a program with this name does not end in time. */
  silent: string | undefined;
  #nowMs = 1_700_000_000_000;
  /** The fleet's directory of every unit that was started. */
  #directories = new Map<string, string>();

  constructor() {
    const tick = (): number => (this.#nowMs += 1);
    this.files = new MemoryFiles(UID, tick);
    this.tmux = new SimulatedTmux(this.files, this.processes, (argv) => this.#noteStart(argv));
    this.systemd = new SimulatedSystemd(this.files, PLACES.unitDirectory, tick, {
      start: (unit, text) => this.#startUnit(unit, text),
      stop: (unit) => this.#stopUnit(unit),
    });
    const clock = {
      nowMs: () => this.#nowMs,
      sleep: (ms: number) => {
        this.#nowMs += ms;
        return Promise.resolve();
      },
    };
    this.port = { files: this.files, processes: this.processes, writer: this.files, clock, exec: this.#exec };
    for (const directory of [PLACES.home, PLACES.unitDirectory, PLACES.socketDirectory]) {
      this.files.plant(directory, { kind: 'directory', mode: 0o700 });
    }
  }

  /** Everything that lasts, as text, but for records of when things happened. Two histories that should end alike give the same. */
  state(): string {
    const files = this.files.tree(/\/record(\/|$)/);
    return [files, this.systemd.state(), this.tmux.state()].join('\n---\n');
  }

  /** Remembers the whole machine but for its clock, and gives the way back to it. */
  snapshot(): () => void {
    const ways = [this.files, this.processes, this.tmux, this.systemd].map((part) => part.snapshot());
    const directories = new Map(this.#directories);
    return () => {
      for (const back of ways) back();
      this.#directories = new Map(directories);
    };
  }

  readonly #exec: Exec = async (argv, options) => {
    const program = argv[0].split('/').at(-1) ?? '';
    await Promise.resolve();
    if (program === this.silent) throw new ExecFailure('timeout', argv, `${program} did not end in time`);
    if (program === 'busctl' || program === 'systemctl') return this.systemd.exec(argv);
    if (program === 'tmux') return this.tmux.exec(argv.slice(1), options);
    if (program === 'bash') return this.#helper(argv.slice(2));
    throw new ExecFailure('missing', argv, `${program} is not there`);
  };

  /** `mosaic-agent end FLEET_DIRECTORY AGENT`: ends the session that carries our mark, and no other. */
  #helper([mode, directory = '', agent = '']: readonly string[]): ExecResult {
    const socket = this.#serverItem(directory, 'socket');
    const owner = ownerMark(directory, agent);
    if (socket === '') return { exitCode: 70, stdout: '', stderr: 'server: not a server file of ours\n' };
    const marked = this.tmux.ownerOf(socket, agent) === owner;
    if (mode === 'end' && marked) this.#endSession(socket, { directory, agent, name: agent });
    return { exitCode: mode === 'end' ? 0 : 64, stdout: '', stderr: '' };
  }

  #startUnit(unit: string, text: string): boolean {
    if (unit.endsWith('.target')) return true;
    if (unit.endsWith('-tmux.service')) {
      const [, socket = '', conf = ''] = /-S "([^"]*)" -f "([^"]*)" -D$/m.exec(text) ?? [];
      this.#directories.set(unit, conf.slice(0, conf.lastIndexOf('/')));
      this.tmux.start(socket, conf, `${SLICE}/${unit}`);
      return true;
    }
    return this.#startAgent(unit, text);
  }

  /** What `mosaic-agent run FLEET_DIRECTORY AGENT PIDFILE` does: a session with its marks, its processes in the unit's cgroup. */
  #startAgent(unit: string, text: string): boolean {
    const directory = firstGroup(/mosaic-agent" run "([^"]*)" %i /m, text);
    const agent = firstGroup(/@(.*)\.service$/, unit);
    this.#directories.set(unit, directory);
    const launch = items(this.files.read(`${directory}/launch/${agent}`));
    const owner = firstGroup(/^launch v1 (\S+)/, launch.get('mosaic'));
    if (owner !== ownerMark(directory, agent)) return this.#fail(directory, agent, 'launch: not a launch file of ours');
    const socket = this.#serverItem(directory, 'socket');
    const mark = (name: string, value = ''): string[] => ['set-option', '-t', `=${agent}:`, `@mosaic_${name}`, value];
    // What is left of an earlier run gives way.
    if (this.tmux.ownerOf(socket, agent) === owner) this.tmux.endSession(socket, agent);
    const made = this.tmux.run(socket, [
      ['new-session', '-d', '-s', agent, '/bin/bash', 'mosaic-agent', 'pane', directory, agent],
      mark('owner', owner),
      mark('spec', launch.get('spec')),
      mark('launcher', launch.get('launcher')),
    ]);
    if (made.exitCode === 0) this.processes.move(this.tmux.panePid(socket, agent), `${SLICE}/${unit}`);
    return made.exitCode === 0 || this.#fail(directory, agent, `tmux: ${made.stderr}`);
  }

  /** What the helper leaves behind when it gives up. */
  #fail(directory: string, agent: string, fault: string): false {
    this.files.plant(`${directory}/record/${agent}/fault`, { content: fault });
    return false;
  }

  #stopUnit(unit: string): void {
    const agent = firstGroup(/^mosaic-.*?@(.*)\.service$/, unit);
    const directory = this.#directories.get(unit) ?? '';
    if (unit.endsWith('-tmux.service')) return this.#stopServer(unit);
    for (const place of this.tmux.sockets()) {
      const own = this.tmux.sessionsOn(place).filter(({ panePid }) => this.#isIn(panePid, unit));
      for (const { name } of own) this.#endSession(place, { directory, agent, name });
    }
  }

  #stopServer(unit: string): void {
    const sockets = this.tmux.sockets().filter((socket) => this.#isIn(this.tmux.serverPid(socket), unit));
    for (const socket of sockets) this.tmux.end(socket);
  }

  #isIn(pid: number, unit: string): boolean {
    return this.processes.cgroupOf(pid)?.endsWith(`/${unit}`) === true;
  }

  /** What the helper writes when its agent starts. */
  #noteStart([, , mode, directory = '', agent = '']: readonly string[]): void {
    if (mode !== 'pane') return;
    const record = `${directory}/record/${agent}`;
    const spec = items(this.files.read(`${directory}/launch/${agent}`)).get('spec') ?? '';
    this.files.plant(`${record}/starts`, { content: `count=1\nat=${this.port.clock.nowMs()}\nspec=${spec}\n` });
    this.files.uproot(`${record}/fault`);
  }

  /** Ends a session, and notes that somebody asked for it. */
  #endSession(socket: string, { directory, agent, name }: { directory: string; agent: string; name: string }): void {
    const at = this.port.clock.nowMs();
    this.files.plant(`${directory}/record/${agent}/exit`, { content: `signal=TERM\nasked=stop\nat=${at}\n` });
    this.tmux.endSession(socket, name);
  }

  #serverItem(directory: string, key: string): string {
    return items(this.files.read(`${directory}/server`)).get(key) ?? '';
  }
}

const ownerMark = (directory: string, agent: string): string =>
  `${directory.slice(directory.lastIndexOf('/') + 1)}/${agent}`;

const firstGroup = (pattern: RegExp, text = ''): string => pattern.exec(text)?.[1] ?? '';

/** The `key=value` items of a file of ours, as the helper reads them; of a repeated key the last. */
function items(text = ''): ReadonlyMap<string, string> {
  const found = text.split('\0').filter((item) => item.includes('='));
  return new Map(found.map((item) => [item.slice(0, item.indexOf('=')), item.slice(item.indexOf('=') + 1)]));
}
