// Runs inside the private user manager; see run.mjs. Prints its figures as JSON.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { ENV, PEERS, PIDS, reset } from './peers.mjs';

const SIZES = [1, 10, 100];
const ROUNDS = 3;
const TOO_LONG_MS = 60_000;
const KILLS = 5;

const pause = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
delete ENV.NODE_EXTRA_CA_CERTS;

/** Wall milliseconds of a command; undefined when it fails. */
function timed(argv) {
  const started = performance.now();
  const { status, stderr } = spawnSync(argv[0], argv.slice(1), {
    env: ENV,
    encoding: 'utf8',
    timeout: 4 * TOO_LONG_MS,
  });
  if (status !== 0) process.stderr.write(`${argv.join(' ')} ended with ${status}: ${stderr.slice(-300)}\n`);
  return status === 0 ? performance.now() - started : undefined;
}

const pids = () => readdirSync(PIDS).map((name) => [name, Number(readFileSync(`${PIDS}/${name}`, 'utf8'))]);

/** A bring-up has ended when every program runs, whatever the tool says. */
function awaitAll(count) {
  for (const end = performance.now() + TOO_LONG_MS; performance.now() < end; pause(2)) {
    if (pids().filter(([, pid]) => pid > 0).length === count) return true;
  }
  return false;
}

/** Milliseconds from a SIGKILL to the next program in its place. */
function reaction(name) {
  const path = `${PIDS}/${name}`;
  const before = Number(readFileSync(path, 'utf8'));
  const started = performance.now();
  process.kill(before, 'SIGKILL');
  for (const end = started + 10_000; performance.now() < end; pause(1)) {
    const now = Number(readFileSync(path, 'utf8'));
    if (now > 0 && now !== before) return performance.now() - started;
  }
  return undefined;
}

/** Proportional set size, in MiB, of the processes that keep the fleet. */
function memory(keepers) {
  const kib = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        const isKeeper = keepers.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
        return isKeeper ? Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) : 0;
      } catch {
        return 0;
      }
    });
  return kib.reduce((sum, one) => sum + one, 0) / 1024;
}

function measure(peer, count) {
  const seen = { up: [], again: [], check: [], status: [], reaction: [] };
  let kept;
  for (let round = 0; round < ROUNDS; round += 1) {
    reset();
    peer.prepare(count);
    const started = performance.now();
    if (timed(peer.up) === undefined || !awaitAll(count)) return undefined;
    seen.up.push(performance.now() - started);
    for (const name of ['check', 'again', 'status']) if (peer[name] !== undefined) seen[name].push(timed(peer[name]));
    awaitAll(count);
    if (peer.restarts === true) {
      for (let kill = 0; kill < KILLS; kill += 1) {
        seen.reaction.push(reaction('1'));
        pause(300);
      }
    }
    kept = peer.keepers === undefined ? undefined : memory(peer.keepers);
    timed(peer.down);
    // One round of a slow tool is enough to know it.
    if (seen.up[0] > TOO_LONG_MS / ROUNDS) break;
  }
  const figure = (values) => (values.length === 0 || values.includes(undefined) ? undefined : median(values));
  return {
    ...Object.fromEntries(Object.entries(seen).map(([name, values]) => [name, figure(values)])),
    memory: kept,
    rounds: seen.up.length,
  };
}

const results = [];
for (const peer of PEERS) {
  const version = peer.version();
  const figures = {};
  for (const count of version === undefined ? [] : SIZES) {
    const before = figures[count / 10];
    // What ten took tells what a hundred would; a run stays under a minute.
    if (before !== undefined && Math.max(before.up, before.again ?? 0) * 10 > TOO_LONG_MS) break;
    process.stderr.write(`${peer.name} ${version}, N=${count}\n`);
    figures[count] = measure(peer, count);
  }
  results.push({ name: peer.name, note: peer.note, version, figures });
}
process.stdout.write(JSON.stringify(results));
