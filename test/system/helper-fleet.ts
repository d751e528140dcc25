import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

/** What a program said, with both streams as text. */
export interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a program to its end, with this process's environment. */
export function run(program: string, ...args: readonly string[]): Said {
  const { TMUX: _tmux, TMUX_PANE: _pane, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(program, args, { encoding: 'utf8', timeout: 60_000, env });
  return { code: status, out: stdout, err: stderr };
}

/** Latin-1 text stands for bytes in `argv`, `env` and paths here, so that any byte can be sent. */
export interface AgentSettings {
  readonly argv: readonly string[];
  readonly resume?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly envFiles?: readonly string[];
  readonly cwd?: string;
  readonly path?: string;
  readonly unit?: string;
  readonly stopSec?: string;
}

/** A fleet written by hand: units, server file and launch files, as the helper expects them. */
export interface HelperFleet {
  readonly name: string;
  readonly home: string;
  readonly directory: string;
  /** A scratch directory with an ordinary name. */
  readonly scratch: string;
  readonly helper: string;
  add(agents: Readonly<Record<string, AgentSettings>>): void;
  unit(agent: string): string;
  systemctl(verb: string, ...agents: readonly string[]): Said;
  show(agent: string, property: string): string;
  tmux(...args: readonly string[]): Said;
  record(agent: string, name: string): string | undefined;
  /** The pid of the agent itself: the one child of the wrapper, which is its session's first process. */
  pid(agent: string): number;
  /** Runs one mode of the helper outside of any unit. */
  call(mode: string, agent: string): Said;
  destroy(): void;
}

const items = (list: readonly string[]): Buffer => Buffer.from(list.map((item) => `${item}\0`).join(''), 'latin1');
const quoted = (text: string): string =>
  `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%').replaceAll('$', '$$$$')}"`;

let fleets = 0;

/** Makes a fleet under a home with a hostile name and starts its server, unless supervisor is `tmux`. */
export function makeFleet(supervisor: 'systemd' | 'tmux' = 'systemd'): HelperFleet {
  const name = `t-${process.pid}-${(fleets += 1)}`;
  const scratch = mkdtempSync('/tmp/helper-');
  const home = join(scratch, `ho me%h 50% "q" 'q' $HOME $$ ; é #(x)`);
  const directory = join(home, 'fleets', name);
  const socket = join(scratch, 'socket');
  const helper = join(home, 'libexec/mosaic-agent');
  mkdirSync(join(directory, 'launch'), { recursive: true, mode: 0o700 });
  cpSync('libexec', join(home, 'libexec'), { recursive: true });
  const facts = [`home=${home}`, `supervisor=${supervisor}`, 'tmux=/usr/bin/tmux', `socket=${socket}`, 'size=100x30'];
  const server = [`mosaic=server v1 ${name} 0123`, ...facts, `uid=${process.getuid?.()}`, `unit=mosaic-${name}`];
  writeFileSync(join(directory, 'server'), items(server.map(latin)), { mode: 0o600 });

  const units = join(process.env['HOME'] ?? '', '.config/systemd/user');
  const unit = (agent: string): string => `mosaic-${name}@${agent}.service`;
  const configuration = join(scratch, 'tmux.conf');
  const tmux = (...args: readonly string[]): Said => run('/usr/bin/tmux', '-u', '-N', '-S', socket, ...args);
  const systemctl = (verb: string, ...agents: readonly string[]): Said =>
    run('systemctl', '--user', verb, ...agents.map(unit));
  writeFileSync(configuration, 'set -s exit-empty off\nset -g remain-on-exit off\nset -g update-environment ""\n');

  const show = (agent: string, property: string): string =>
    run('systemctl', '--user', 'show', '--value', '-p', property, unit(agent)).out.trim();
  const install = (agent: string, settings: AgentSettings): void => {
    const dropIn = join(units, `${unit(agent)}.d`);
    mkdirSync(dropIn, { recursive: true });
    const lines = `[Service]\nTimeoutStopSec=${settings.stopSec ?? '15'}\n${settings.unit ?? 'Restart=no'}\n`;
    writeFileSync(join(dropIn, '50-mosaic.conf'), lines);
    const link = join(units, `mosaic-${name}.target.wants`, unit(agent));
    if (!existsSync(link)) symlinkSync(`../mosaic-${name}@.service`, link);
  };
  const mode = (word: string): string => `/bin/bash ${quoted(helper)} ${word} ${quoted(directory)}`;
  if (supervisor === 'systemd') {
    // An active target that wants the agents keeps the manager from forgetting those that ended.
    mkdirSync(join(units, `mosaic-${name}.target.wants`), { recursive: true });
    writeFileSync(join(units, `mosaic-${name}.target`), '[Unit]\nDescription=test\n');
    writeFileSync(
      join(units, `mosaic-${name}-tmux.service`),
      serverUnit({ socket, configuration, wait: mode('wait-server') }),
    );
    writeFileSync(join(units, `mosaic-${name}@.service`), agentUnit(name, mode));
    run('systemctl', '--user', 'daemon-reload');
    run('systemctl', '--user', 'start', `mosaic-${name}.target`);
  } else {
    run('/usr/bin/tmux', '-u', '-S', socket, '-f', configuration, 'start-server');
  }

  return {
    name,
    home,
    directory,
    scratch,
    helper,
    unit,
    systemctl,
    tmux,
    add(agents) {
      for (const [agent, settings] of Object.entries(agents)) {
        const launch = launchItems(`${name}/${agent}`, home, settings);
        writeFileSync(join(directory, 'launch', agent), items(launch), { mode: 0o600 });
        if (supervisor === 'systemd') install(agent, settings);
      }
      if (supervisor === 'systemd') run('systemctl', '--user', 'daemon-reload');
    },
    show,
    record(agent, file) {
      const path = join(directory, 'record', agent, file);
      return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    },
    pid(agent) {
      const panes = tmux('list-panes', '-s', '-t', `=${agent}:`, '-F', '#{pane_pid}').out.trim().split('\n');
      return agentOf(panes.find((pid) => commandLine(pid).includes(`\0pane\0`)));
    },
    call: (word, agent) => run('/bin/bash', helper, word, directory, agent),
    destroy() {
      run('systemctl', '--user', 'stop', `mosaic-${name}@*.service`, `mosaic-${name}.target`);
      run('systemctl', '--user', 'stop', `mosaic-${name}-tmux.service`);
      run('systemctl', '--user', 'reset-failed');
      tmux('kill-server');
      run('bash', '-c', 'rm -rf -- "$1"/mosaic-"$2"[-@.]*', '_', units, name);
      run('systemctl', '--user', 'daemon-reload');
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** The only child of the wrapper, which is the first process of an agent's session; 0 where there is none. */
function agentOf(wrapper: string | undefined): number {
  const children = wrapper === undefined ? '' : readFileSync(`/proc/${wrapper}/task/${wrapper}/children`, 'utf8');
  return Number(children.trim().split(' ')[0]);
}

function launchItems(owner: string, home: string, settings: AgentSettings): readonly string[] {
  const [fleet, agent] = owner.split('/');
  const path = settings.path ?? '/usr/local/bin:/usr/bin:/bin';
  const person = 'HOME=/home/mosaic USER=mosaic LOGNAME=mosaic SHELL=/bin/bash LANG=C.UTF-8'.split(' ');
  const terminal = [`PATH=${path}`, 'TERM=tmux-256color', 'COLORTERM=truecolor'];
  const names = [`MOSAIC_FLEET=${fleet}`, `MOSAIC_AGENT=${agent}`, `MOSAIC_HOME=${latin(home)}`];
  return [
    `mosaic=launch v1 ${owner} 4567`,
    'description=of a test',
    'spec=v1:abc',
    'launcher=v1:def',
    `stop=${settings.stopSec ?? '15'}`,
    `cwd=${settings.cwd ?? '/tmp'}`,
    ...settings.argv.map((word) => `arg=${word}`),
    ...(settings.resume ?? []).map((word) => `resume=${word}`),
    ...[...person, ...terminal, ...names].map((item) => `base=${item}`),
    ...(settings.envFiles ?? []).map((file) => `envfile=${file}`),
    ...Object.entries(settings.env ?? {}).map(([key, value]) => `env=${key}=${value}`),
  ];
}

const serverUnit = (parts: { socket: string; configuration: string; wait: string }): string => `[Unit]
StartLimitIntervalSec=0
[Service]
ExecStart=/usr/bin/env -i LANG=C.UTF-8 PATH=/usr/local/bin:/usr/bin:/bin /usr/bin/tmux -u -S ${parts.socket} -f ${parts.configuration} -D
ExecStartPost=${parts.wait}
ExecStop=-/usr/bin/tmux -N -S ${parts.socket} kill-server
Restart=always
RestartSec=100ms
OOMPolicy=continue
`;

const agentUnit = (name: string, mode: (word: string) => string): string => `[Unit]
Requires=mosaic-${name}-tmux.service
After=mosaic-${name}-tmux.service
StartLimitIntervalSec=60
StartLimitBurst=4
[Service]
Type=forking
PIDFile=%t/mosaic-${name}@%i.pid
NotifyAccess=all
KillMode=mixed
Delegate=yes
ExecStart=${mode('run')} %i %t/mosaic-${name}@%i.pid
ExecStopPost=${mode('clean')} %i
RestartPreventExitStatus=72 73
RestartSec=100ms
`;

/** The `KEY=VALUE` lines of a record. */
export const fields = (text: string | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (text ?? '').split('\n').flatMap((line) => [line.split('=', 2)].filter((pair) => pair.length === 2)),
  );

/** The UTF-8 bytes of a text, as Latin-1. */
export const latin = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

/** The command lines that hold a text, now. */
export function processesWith(text: string): readonly string[] {
  const lines = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(commandLine);
  return lines.filter((line) => line.includes(text));
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1');
  } catch {
    return '';
  }
}
