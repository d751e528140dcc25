// Runs inside the private user manager; see run.mjs. How fast a watcher sees what happens, and what it costs at rest.
// Usage: npm run bench -- --watch [N] [--long | --idle SECONDS] [--notify: and somebody is to be called]
import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { CLI, env, HOME, manifest, median } from './fleet.mjs';

const ROUNDS = 9;
/** What the watcher waits on purpose: 20 ms for the rest of a save, 50 ms of quiet before a pass. */
const DEBOUNCE_MS = { file: 70, unit: 50 };
const args = process.argv.slice(2);
const idleAt = args.indexOf('--idle');
const idleSec = args.includes('--long') ? 300 : idleAt < 0 ? 30 : Number(args[idleAt + 1]);
const count = Number(args.find((arg, at) => /^\d+$/.test(arg) && (idleAt < 0 || at !== idleAt + 1)) ?? 100);
const isCalling = args.includes('--notify');
const FILE = join(HOME, 'fleet.yaml');

const run = (...argv) => {
  const { status, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
};

function save(others) {
  writeFileSync(`${FILE}.new`, manifest(count, others, isCalling), { mode: 0o600 });
  renameSync(`${FILE}.new`, FILE);
}

/** A watcher that changes nothing and tells each plan as it finds it, with the time at which the line was read. */
function startWatcher() {
  const child = spawn(process.execPath, [CLI, 'fleet', 'watch', '--auto', 'none'], {
    env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const lines = [];
  let rest = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    const parts = `${rest}${text}`.split('\n');
    rest = parts.pop();
    for (const part of parts.filter((one) => one.startsWith('{')))
      lines.push({ at: Date.now(), text: JSON.parse(part).msg });
  });
  child.once('exit', (code) => lines.push({ at: Date.now(), text: `ended with ${code}` }));
  return { child, lines };
}

/** The first line from `from` on that holds the text. */
async function line({ lines }, text, from = 0) {
  for (let left = 6000; left > 0; left -= 1) {
    const found = lines.slice(from).find((one) => one.text.includes(text));
    if (found !== undefined) return found;
    await pause(5);
  }
  throw new Error(`the watcher never said ${text}; last: ${lines.at(-1)?.text}`);
}

/** Nothing more is said for a while: the pass before is over. */
async function quiet({ lines }) {
  for (let last = -1; last !== lines.length; await pause(600)) last = lines.length;
}

/** From the rename over the manifest to the plan with the agent that is new in it. */
async function savedToPlanned(watcher) {
  const took = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    await quiet(watcher);
    const from = watcher.lines.length;
    const at = Date.now();
    save([`extra-${round}`]);
    const planned = await line(watcher, `extra-${round}`, from);
    if (round > 0) took.push(planned.at - at);
  }
  save([]);
  return took;
}

/** The same plan in a process of its own: what the machine can do just now. */
function plannedAnew() {
  const took = Array.from({ length: 5 }, () => {
    const at = performance.now();
    run(process.execPath, CLI, 'fleet', 'plan');
    return performance.now() - at;
  });
  process.stdout.write(`for scale: a plan anew ${median(took).toFixed(0)} ms\n`);
}

/** When the manager saw the unit change, in milliseconds. */
function changedAt(unit) {
  const path = `/org/freedesktop/systemd1/unit/${unit.replaceAll(/[^A-Za-z0-9]/g, (c) => `_${c.charCodeAt(0).toString(16)}`)}`;
  const where = ['org.freedesktop.systemd1', path, 'org.freedesktop.systemd1.Unit', 'StateChangeTimestamp'];
  return Number(run('busctl', '--user', 'get-property', ...where).split(' ')[1]) / 1000;
}

/** From the end of an agent's unit, as the manager dates it, to the plan that would start it again. */
async function stoppedToNoticed(watcher) {
  const took = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    await quiet(watcher);
    const name = `worker-${round + 1}`;
    const unit = `mosaic-bench@${name}.service`;
    const from = watcher.lines.length;
    run('systemctl', '--user', 'stop', unit);
    const noticed = await line(watcher, name, from);
    if (round > 0) took.push(noticed.at - changedAt(unit));
    run('systemctl', '--user', 'start', unit);
  }
  return took;
}

/** CPU milliseconds of the watcher and of every program it has started, by its own cgroup-free account (proc(5)). */
function cpuOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * 10;
}

const memoryOf = (pid, file, field) =>
  Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1]) / 1024;

async function atRest({ child }) {
  const before = cpuOf(child.pid);
  const started = performance.now();
  await pause(idleSec * 1000);
  const share = ((cpuOf(child.pid) - before) / (performance.now() - started)) * 100;
  const open = readdirSync(`/proc/${child.pid}/fd`).length;
  return { share, rss: memoryOf(child.pid, 'status', 'VmRSS'), pss: memoryOf(child.pid, 'smaps_rollup', 'Pss'), open };
}

const told = (name, took, debounce) =>
  process.stdout.write(
    `${name.padEnd(34)} median ${median(took).toFixed(0)} ms, worst ${Math.max(...took).toFixed(0)} ms; beyond the debounce of ${debounce} ms: ${(median(took) - debounce).toFixed(0)} ms\n`,
  );

save([]);
run(process.execPath, CLI, 'fleet', 'apply', '--yes');
const watcher = startWatcher();
await line(watcher, 'Ready');
process.stdout.write(`node ${process.version}, N=${count}${isCalling ? ', with notify' : ''}, ${ROUNDS} rounds each\n`);
plannedAnew();
told('manifest saved -> plan', await savedToPlanned(watcher), DEBOUNCE_MS.file);
told('agent stopped -> plan', await stoppedToNoticed(watcher), DEBOUNCE_MS.unit);
await quiet(watcher);
await pause(5000);
const { share, rss, pss, open } = await atRest(watcher);
process.stdout.write(
  `${`at rest over ${idleSec} s`.padEnd(34)} ${share.toFixed(2)} % of a core with all it starts, RSS ${rss.toFixed(0)} MiB (PSS ${pss.toFixed(0)}), ${open} open files\n`,
);
watcher.child.kill('SIGTERM');
await line(watcher, 'ended with');
run(process.execPath, CLI, 'fleet', 'destroy', '--yes');
