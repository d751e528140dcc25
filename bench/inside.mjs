// Runs inside the private user manager; see run.mjs.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CLI, env, HOME, manifest, median, ROOT } from './fleet.mjs';

const ROUNDS = 9;
const sizes = process.argv.slice(2).map(Number);
const SIZES = sizes.length > 0 ? sizes : [1, 100, 500];

/** Wall and CPU milliseconds of a command and of everything it waited for, by bash's own `time`. */
function timed(argv, allowed = [0]) {
  const script = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" >/dev/null 2>/dev/null; } 2>&1; exit ${PIPESTATUS[0]}';
  const { stdout, status } = spawnSync('/bin/bash', ['-c', script, 'bench', ...argv], { env, encoding: 'utf8' });
  if (!allowed.includes(status)) throw new Error(`${argv.join(' ')} ended with ${status}`);
  const [wall, user, sys] = stdout
    .trim()
    .split(' ')
    .map((text) => Number(text) * 1000);
  return { wall, cpu: user + sys };
}

const mosaic = (...args) => [process.execPath, CLI, ...args];

/** All commands in turn, round by round, so that a drift of the machine meets all of them alike. */
function interleaved(commands) {
  const seen = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    for (const [name, { argv, before }] of Object.entries(commands)) {
      before?.();
      const figure = timed(argv);
      if (round > 0) seen[name].push(figure);
    }
  }
  return Object.fromEntries(
    Object.entries(seen).map(([name, figures]) => [
      name,
      { wall: median(figures.map(({ wall }) => wall)), cpu: median(figures.map(({ cpu }) => cpu)) },
    ]),
  );
}

/** How many programs of each kind one command starts, by its own debug log. */
function calls(...args) {
  const { stderr } = spawnSync(process.execPath, [CLI, ...args, '--log-level', 'debug'], { env, encoding: 'utf8' });
  const argvs = stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line).argv ?? []);
  const kind = ([program = '']) =>
    program.endsWith('tmux') ? 'tmux' : /systemctl$|busctl$|^user-bus$/.test(program) ? 'systemd' : 'other';
  const count = (name) => argvs.filter((argv) => kind(argv) === name).length;
  return `tmux ${count('tmux')}, systemd ${count('systemd')}, other ${count('other')}`;
}

/** CPU milliseconds that everything in this private manager has used so far: tmux and systemd too. */
function wholeCpu() {
  const root = readFileSync('/proc/self/cgroup', 'utf8').match(/^0::(\/[^/\n]+)/m)[1];
  const [, usec] = readFileSync(`/sys/fs/cgroup${root}/cpu.stat`, 'utf8').match(/usage_usec (\d+)/);
  return Number(usec) / 1000;
}

/** What `act` costs the whole machine, with a pause for those who work on behind it. */
function costOf(act) {
  const before = wholeCpu();
  const started = performance.now();
  act();
  const wall = performance.now() - started;
  spawnSync('sleep', ['0.5']);
  return { wall, cpu: wholeCpu() - before };
}

const run = (...argv) => {
  const { status, stderr } = spawnSync(argv[0], argv.slice(1), { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr}`);
};

/** The least a fleet's start can cost: its sessions in one tmux call, and its units in one systemctl call. */
function batchedFloors(count) {
  const file = join(process.env.HOME, 'floor.conf');
  const socket = join(process.env.HOME, 'floor.sock');
  const sessions = Array.from({ length: count }, (_, at) => `new-session -d -s f-${at} sleep infinity\n`).join('');
  writeFileSync(file, `set -s exit-empty off\n${sessions}`);
  const tmux = costOf(() => run('/usr/bin/tmux', '-S', socket, '-f', file, 'start-server'));
  run('/usr/bin/tmux', '-S', socket, 'kill-server');
  const units = join(process.env.HOME, '.config/systemd/user');
  mkdirSync(units, { recursive: true });
  writeFileSync(join(units, 'floor@.service'), '[Service]\nExecStart=/bin/sleep infinity\n');
  const names = Array.from({ length: count }, (_, at) => `floor@${at}.service`);
  const systemd = costOf(() => {
    run('systemctl', '--user', 'daemon-reload');
    run('systemctl', '--user', 'start', ...names);
  });
  run('systemctl', '--user', 'stop', ...names);
  rmSync(join(units, 'floor@.service'));
  return { wall: tmux.wall + systemd.wall, cpu: tmux.cpu + systemd.cpu };
}

const row = (name, { wall, cpu }, floor) =>
  process.stdout.write(
    `${name.padEnd(26)} ${wall.toFixed(0).padStart(6)} ms ${cpu.toFixed(0).padStart(6)} ms CPU${floor === undefined ? '' : `   ${(wall / floor.wall).toFixed(2)}x wall, ${(cpu / floor.cpu).toFixed(2)}x CPU of the floor`}\n`,
  );

/** To that many shells, which read at once: what a message costs beside the start of node. */
function benchSend(size) {
  const home = `${HOME}-send`;
  mkdirSync(home, { mode: 0o700 });
  const agents = manifest(size).replaceAll('command: [sleep, infinity]', 'command: [bash, --norc]');
  writeFileSync(join(home, 'fleet.yaml'), agents.replaceAll('bench', 'bench-send'), { mode: 0o600 });
  const at = (...args) => mosaic(...args, '--home', home);
  run(...at('fleet', 'apply', '--yes'));
  const figures = interleaved({
    node: { argv: [process.execPath, '-e', '0'] },
    one: { argv: at('agent', 'send', 'worker-1', ':') },
    all: { argv: at('agent', 'send', '--all', ':') },
  });
  for (const [name, { wall, cpu }] of Object.entries({ 'send to one': figures.one, 'send to all': figures.all })) {
    row(name, { wall, cpu });
    process.stdout.write(`  beyond node: ${(wall - figures.node.wall).toFixed(0)} ms\n`);
  }
  process.stdout.write(`  calls of send to all: ${calls('agent', 'send', '--all', ':', '--home', home)}\n`);
  run(...at('fleet', 'destroy', '--yes'));
  rmSync(home, { recursive: true });
}

const plans = {};
process.stdout.write(`node ${process.version}, medians of ${ROUNDS} rounds, interleaved\n`);
for (const size of SIZES) {
  process.stdout.write(`\nN=${size}\n`);
  writeFileSync(join(HOME, 'fleet.yaml'), manifest(size), { mode: 0o600 });
  const socket = join(process.env.TMUX_TMPDIR, `tmux-${process.getuid()}`, 'bench');
  const startFloor = batchedFloors(size);
  const apply = costOf(() => run(...mosaic('fleet', 'apply', '--yes')));
  const cache = join(HOME, 'state/bench/manifest.json');
  const warm = readFileSync(cache);
  const figures = interleaved({
    node: { argv: [process.execPath, '-e', '0'] },
    help: { argv: mosaic('--help') },
    floor: { argv: [process.execPath, join(ROOT, 'bench/floor.mjs'), socket, 'bench', HOME] },
    'plan, manifest seen': { argv: mosaic('fleet', 'plan'), before: () => writeFileSync(cache, warm) },
    'plan, manifest new': { argv: mosaic('fleet', 'plan'), before: () => rmSync(cache, { force: true }) },
    status: { argv: mosaic('fleet', 'status'), before: () => writeFileSync(cache, warm) },
    verify: { argv: mosaic('fleet', 'verify') },
  });
  plans[size] = figures['plan, manifest seen'].wall;
  row('node -e 0', figures.node);
  row('mosaic --help', figures.help);
  process.stdout.write(`  --help over bare node: ${(figures.help.cpu - figures.node.cpu).toFixed(0)} ms CPU\n`);
  row('floor (observation)', figures.floor);
  for (const name of ['plan, manifest seen', 'plan, manifest new', 'status', 'verify'])
    row(name, figures[name], figures.floor);
  for (const name of ['plan', 'status', 'verify'])
    process.stdout.write(`  calls of ${name}: ${calls('fleet', name)}\n`);
  benchSend(size);
  row('floor (batched start)', startFloor);
  row('apply from nothing', apply, startFloor);
  row('restart of one', timed(mosaic('fleet', 'restart', 'worker-1')));
  row('destroy', timed(mosaic('fleet', 'destroy', '--yes')));
}
const [small, large] = [Math.min(...SIZES), Math.max(...SIZES)];
if (large > small)
  process.stdout.write(
    `\nslope of plan ${small} -> ${large}: ${((plans[large] - plans[small]) / (large - small)).toFixed(3)} ms per agent\n`,
  );
