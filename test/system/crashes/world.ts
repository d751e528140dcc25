import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { UNIT_DIRECTORY } from '../../support/harness.ts';
import { sh } from '../../support/process.ts';
import { systemctl, type LiveFleet } from '../live-fleet.ts';

/** Everything of a fleet that has to be the same after a crash that was healed as without one. */
export interface Sight {
  /** By path: kind, mode, and contents or target. */
  readonly files: Readonly<Record<string, string>>;
  readonly units: string;
  readonly sessions: string;
  /** What is not ours, to the inode and the pid. */
  readonly foreign: string;
  /** Pids of each agent's processes, by its name. */
  readonly processes: Readonly<Record<string, string>>;
}

const SEEN = 'Id,LoadState,ActiveState,SubState,UnitFileState,NeedDaemonReload,FragmentPath,DropInPaths,ControlGroup';
const TEMPORARY = /\/\.mosaic-[0-9a-f]+\.tmp$/;
/** Times, pids and counters: their presence is no difference, and deleting them changes no plan. */
const VARYING = /\/(state|record)(\/|$)/;
const FOREIGN_TEXT = '# somebody else wrote this\n';

const stranger = (live: LiveFleet): string => `stranger-${live.fleet}.service`;
const defaultSocket = (live: LiveFleet): string => join(dirname(live.socket), 'default');
const otherSocket = (live: LiveFleet): string => join(dirname(live.socket), 'other');

const foreignFiles = (live: LiveFleet): readonly string[] => [
  join(live.home, 'notes.txt'),
  join(live.home, 'secrets/key.env'),
  join(live.home, 'libexec/mine.sh'),
  join(UNIT_DIRECTORY, stranger(live)),
  join(UNIT_DIRECTORY, `${live.unit('b')}.d/10-mine.conf`),
  join(live.root, 'elsewhere/work.txt'),
];

/** Puts beside the fleet what is not ours: files, a unit that runs, the default tmux server, another server. */
export async function seedForeign(live: LiveFleet): Promise<void> {
  for (const path of foreignFiles(live)) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    const isUnit = path.endsWith('.service');
    writeFileSync(path, isUnit ? '[Service]\nExecStart=/usr/bin/sleep infinity\n' : FOREIGN_TEXT);
  }
  await systemctl('daemon-reload');
  await systemctl('start', stranger(live));
  mkdirSync(dirname(live.socket), { mode: 0o700, recursive: true });
  for (const socket of [defaultSocket(live), otherSocket(live)]) await newSession(socket);
}

const newSession = (socket: string) =>
  sh(['tmux', '-S', socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'mine', 'sleep', '86400']);

/** Ends what {@link seedForeign} started. */
export async function endForeign(live: LiveFleet): Promise<void> {
  await systemctl('stop', stranger(live));
}

/** A session of a person's own on the fleet's server. */
export async function seedSession(live: LiveFleet): Promise<void> {
  if ((await live.tmux('has-session', '-t', '=mine')).exitCode !== 0) await newSession(live.socket);
}

export async function lookAround(live: LiveFleet): Promise<Sight> {
  const agents = ['a', 'b', 'c', 'd'];
  const units = [
    `mosaic-${live.fleet}-tmux.service`,
    `mosaic-${live.fleet}.target`,
    ...agents.map((name) => live.unit(name)),
  ];
  const [shown, sessions, options, foreign] = await Promise.all([
    systemctl('show', '-p', SEEN, ...units),
    live.tmux('list-sessions', '-F', '#{session_name} #{@mosaic_owner} #{@mosaic_spec} #{session_windows}'),
    live.tmux('show-options', '-g'),
    lookAtForeign(live),
  ]);
  const blocks = shown.stdout.trim().split('\n\n');
  return {
    files: filesOf(live),
    units: blocks.map((block) => block.replace(/^ControlGroup=.*\n?/m, '')).join('\n'),
    sessions: `socket ${existsSync(live.socket)}\n${sessions.stdout}${options.stdout}`,
    foreign,
    processes: Object.fromEntries(agents.map((name, at) => [name, processesOf(blocks[at + 2] ?? '')])),
  };
}

function processesOf(block: string): string {
  const group = /^ControlGroup=(.+)$/m.exec(block)?.[1];
  if (group === undefined) return '';
  try {
    return readFileSync(`/sys/fs/cgroup${group}/cgroup.procs`, 'utf8').trim().split('\n').join(' ');
  } catch {
    return '';
  }
}

/** All of the fleet's files and of those beside them, but for what differs from run to run. */
export const filesOf = (live: LiveFleet): Readonly<Record<string, string>> => ({
  ...treeOf(live.home, (path) => !VARYING.test(path.slice(live.home.length)) || TEMPORARY.test(path)),
  ...treeOf(UNIT_DIRECTORY, (path) => path.includes(`mosaic-${live.fleet}`) || TEMPORARY.test(path)),
});

/** Every path that is left of a fleet's own places, its state and records included. */
export const everythingOf = (live: LiveFleet): readonly string[] => [
  ...Object.keys(treeOf(live.home, () => true)),
  ...Object.keys(treeOf(UNIT_DIRECTORY, (path) => path.includes(`mosaic-${live.fleet}`) || TEMPORARY.test(path))),
];

export const isTemporary = (path: string): boolean => TEMPORARY.test(path);

function treeOf(root: string, isWanted: (path: string) => boolean): Readonly<Record<string, string>> {
  const paths = readdirSync(root, { recursive: true, encoding: 'utf8' }).map((name) => join(root, name));
  return Object.fromEntries(
    paths
      .filter(isWanted)
      .toSorted()
      .map((path) => [path, stateOf(path)]),
  );
}

function stateOf(path: string): string {
  const stats = lstatSync(path);
  const mode = (stats.mode & 0o7777).toString(8);
  if (stats.isSymbolicLink()) return `link ${readlinkSync(path)}`;
  if (!stats.isFile()) return `directory ${mode}`;
  // When somebody was stopped stands in the hold.
  const text = readFileSync(path, 'latin1').replace(/ at=\d+\n$/, '');
  return `file ${mode} ${text}`;
}

async function lookAtForeign(live: LiveFleet): Promise<string> {
  const servers = [defaultSocket(live), otherSocket(live)].map((socket) =>
    sh(['tmux', '-N', '-S', socket, 'list-panes', '-a', '-F', '#{pid} #{start_time} #{session_id} #{pane_pid}']),
  );
  const own = live.tmux('list-panes', '-s', '-t', '=mine:', '-F', '#{session_id} #{pane_pid}');
  const unit = systemctl('show', '-p', 'ActiveState,MainPID', stranger(live));
  const said = await Promise.all([...servers, own, unit]);
  const files = foreignFiles(live).map((path) => {
    const { ino, mtimeMs, mode } = lstatSync(path);
    return `${path} ${ino} ${mtimeMs} ${mode} ${readFileSync(path, 'utf8')}`;
  });
  return [...files, ...said.map(({ stdout }) => stdout)].join('\n');
}
