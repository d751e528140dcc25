// npm run soak [-- --minutes 2 --seed 1]: a watched fleet on a real user manager, and random mischief against it. Ends
// well when the watcher lived through all of it, the plan is empty in the end and `verify` says so.
import { spawn, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CLI = join(ROOT, 'bin/mosaic.js');
const { values } = parseArgs({ options: { minutes: { type: 'string' }, seed: { type: 'string' } } });
const minutes = Number(values.minutes ?? 2);
const seed = Number(values.seed ?? 1);
if (!(minutes > 0) || !Number.isSafeInteger(seed)) throw new Error('usage: soak [--minutes N] [--seed S]');
/** After the last mischief: the longest backoff, and what comes after it. */
const CALM_MS = 420_000;

if (process.env.MOSAIC_TEST_MANAGER !== '1') {
  const manager = join(ROOT, 'scripts/private-manager.sh');
  const argv = ['node', 'scripts/soak.mjs', '--minutes', String(minutes), '--seed', String(seed)];
  const { status } = spawnSync(manager, argv, { cwd: ROOT, stdio: 'inherit' });
  process.exit(status ?? 1);
}

const place = mkdtempSync(join(tmpdir(), 'mosaic-soak-'));
const fleet = 'soak';
const home = join(place, 'home');
const manifest = join(home, 'fleet.yaml');
const sockets = join(place, 'tmux');
const units = join(homedir(), '.config/systemd/user');
for (const directory of [home, sockets]) mkdirSync(directory, { mode: 0o700 });
const env = { ...process.env, MOSAIC_HOME: home, TMUX_TMPDIR: sockets };

/** Mulberry32: the same seed gives the same story, as far as the machine keeps up. */
let state = seed;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = (list) => list[Math.floor(random() * list.length)];
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const run = (...argv) => spawnSync(argv[0], argv.slice(1), { env, encoding: 'utf8', timeout: 120_000 });
const mosaic = (...args) => run(process.execPath, CLI, 'fleet', ...args);
const systemctl = (...args) => run('systemctl', '--user', ...args);
const socket = join(sockets, `tmux-${process.getuid()}`, 'mosaic-soak');
const tmux = (...args) => run('tmux', '-N', '-S', socket, ...args);

const NAMES = ['alpha', 'beta', 'gamma', 'delta', 'epsilon'];
const RESTART = { delay: '100ms', burst: 500, window: '60s' };
let extra = {};
let commands = Object.fromEntries(NAMES.map((name) => [name, 3600]));

function manifestText() {
  const agents = Object.fromEntries(
    NAMES.map((name) => [name, { command: ['sleep', String(commands[name])], updatePolicy: 'immediate' }]),
  );
  const spec = {
    tmux: { socket: 'mosaic-soak' },
    agentDefaults: { restart: RESTART },
    agents: { ...agents, ...extra },
  };
  return JSON.stringify({ apiVersion: 'mosaic/v1alpha1', kind: 'Fleet', metadata: { name: fleet }, spec });
}

/** As editors save: a new file over the old one. */
function save(text = manifestText()) {
  writeFileSync(`${manifest}.new`, text, { mode: 0o600 });
  renameSync(`${manifest}.new`, manifest);
}

const pidOf = (name) =>
  Number(tmux('list-panes', '-t', `=${name}:`, '-F', '#{pane_pid}').stdout.trim().split('\n')[0]) || undefined;
const unitOf = (name) => `mosaic-${fleet}@${name}.service`;

function kill(pid) {
  try {
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    // Nothing runs there at the moment.
    return [];
  }
}

/** Things people, other programs and bad luck do. None may need a person to be mended. */
const MISCHIEF = {
  'kill an agent’s wrapper': () => kill(pidOf(pick(NAMES))),
  'kill an agent': () => childrenOf(pidOf(pick(NAMES))).forEach(kill),
  'end a session': () => tmux('kill-session', '-t', `=${pick(NAMES)}`),
  'rename a session': () => tmux('rename-session', '-t', `=${pick(NAMES)}:`, `mine-${Math.floor(random() * 1e6)}`),
  'stop a unit': () => systemctl('stop', unitOf(pick(NAMES))),
  'kill the tmux server': () => tmux('kill-server'),
  'edit a unit': () => appendFileSync(join(units, `mosaic-${fleet}@.service`), '[Service]\nNice=5\n'),
  'delete a unit': () =>
    rmSync(join(units, pick([`mosaic-${fleet}@.service`, `mosaic-${fleet}.target`])), { force: true }),
  'delete a drop-in and reload': () => {
    rmSync(join(units, `${unitOf(pick(NAMES))}.d`), { recursive: true, force: true });
    systemctl('daemon-reload');
  },
  'delete an enable link': () =>
    rmSync(join(units, `mosaic-${fleet}.target.wants`, unitOf(pick(NAMES))), { force: true }),
  'delete a script': () => rmSync(join(home, 'libexec', pick(['mosaic-agent', 'agent-pane.bash'])), { force: true }),
  'delete launch data': () => rmSync(join(home, 'fleets', fleet, 'launch', pick(NAMES)), { force: true }),
  'change a command': () => {
    commands = { ...commands, [pick(NAMES)]: 3600 + Math.floor(random() * 1000) };
    save();
  },
  'add an agent': () => {
    extra = { zeta: { command: ['sleep', '3600'] } };
    save();
  },
  'remove an agent': () => {
    extra = {};
    save();
  },
  'break the manifest': () => save(manifestText().slice(0, Math.floor(random() * 400))),
  'delete the manifest': () => rmSync(manifest, { force: true }),
  'write the manifest in place': () => writeFileSync(manifest, manifestText(), { mode: 0o600 }),
  'touch the manifest a hundred times': () => {
    for (let n = 0; n < 100; n += 1) save();
  },
  'apply beside the watcher': () => mosaic('apply', '--yes', '--lock-timeout', '20s', '--allow-delete', '9'),
  'hold and start an agent': () => {
    const name = pick(NAMES);
    mosaic('stop', name);
    mosaic('start', name);
  },
  'kill the watcher': () => {
    kill(watcher.child.pid);
    watcher = watch();
  },
  'ask for a pass': () => watcher.child.kill('SIGHUP'),
};

let lines = 0;
let starts = 0;
function watch() {
  starts += 1;
  const child = spawn(process.execPath, [CLI, 'fleet', 'watch'], { env, stdio: ['ignore', 'ignore', 'pipe'] });
  const one = { child, exit: undefined, tail: '' };
  child.stderr.setEncoding('utf8').on('data', (text) => {
    lines += text.split('\n').length - 1;
    one.tail = (one.tail + text).slice(-8000);
  });
  child.on('exit', (code, signal) => (one.exit = code ?? signal));
  return one;
}

function fail(text) {
  process.stderr.write(
    `soak: seed ${seed}: ${text}\n${watcher.tail}\n${mosaic('plan').stdout}${mosaic('status').stdout}`,
  );
  process.exitCode = 1;
}

const memoryOf = ({ child }) => {
  const line = readFileSync(`/proc/${child.pid}/status`, 'utf8').match(/^VmRSS:\s+(\d+)/m);
  return Math.round(Number(line?.[1] ?? 0) / 1024);
};

/** Waits until nothing is left to do but what only a person may: the agents that left the manifest. */
async function settled() {
  const deadline = Date.now() + CALM_MS;
  while (Date.now() < deadline) {
    const plan = JSON.parse(mosaic('plan', '-o', 'json').stdout);
    const left = plan.changes.filter(({ reason }) => reason !== 'not_in_manifest');
    if (left.length + plan.blocked.length + plan.deferred.length === 0) return true;
    await pause(1000);
  }
  return false;
}

save();
let watcher = watch();
const counts = {};
const started = Date.now();
for (const until = started + minutes * 60_000; Date.now() < until;) {
  await pause(200 + random() * 2800);
  const name = pick(Object.keys(MISCHIEF));
  MISCHIEF[name]();
  counts[name] = (counts[name] ?? 0) + 1;
  if (watcher.exit !== undefined) break;
}
const mischiefMs = Date.now() - started;
save();
const calmFrom = Date.now();
const isCalm = watcher.exit === undefined && (await settled());
const calmSec = ((Date.now() - calmFrom) / 1000).toFixed(1);
if (watcher.exit !== undefined) fail(`the watcher ended with ${String(watcher.exit)}`);
else if (!isCalm) fail(`the fleet is not as the manifest says ${CALM_MS / 1000} s after the last mischief`);
else {
  const memory = memoryOf(watcher);
  watcher.child.kill('SIGTERM');
  mosaic('apply', '--yes', '--allow-delete', '9');
  const proof = mosaic('verify');
  if (proof.status !== 0) fail(`verify ended with ${proof.status}\n${proof.stdout}${proof.stderr}`);
  for (const name of Object.keys(counts)) process.stdout.write(`${String(counts[name]).padStart(5)} × ${name}\n`);
  const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
  process.stdout.write(
    `seed ${seed}: ${total} pieces of mischief in ${(mischiefMs / 60_000).toFixed(1)} min, as the manifest says ${calmSec} s later; ` +
      `${starts} watchers, ${lines} log lines, ${memory} MiB resident; verify ${proof.status}\n`,
  );
}
watcher.child.kill('SIGTERM');
mosaic('destroy', '--yes');
rmSync(place, { recursive: true, force: true });
