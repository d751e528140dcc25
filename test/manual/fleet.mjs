import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MOSAIC = fileURLToPath(new URL('../../bin/mosaic.js', import.meta.url));
const PATIENCE_MS = 60_000;

/** A fleet in a directory of its own with one agent, `coder`, that runs this program and has begun to. */
export async function startFleet({ supervisor = supervisorHere(), program, bin, command, resume, setUp }) {
  const place = mkdtempSync(join(tmpdir(), 'mosaic-manual-'));
  for (const name of ['home', 'app', 'tmux']) mkdirSync(join(place, name), { mode: 0o700 });
  // A program asks whether it may trust a directory where that is a repository.
  execFileSync('git', ['init', '--quiet', join(place, 'app')]);
  const { env, trust } = setUp(place);
  const name = `manual-${process.pid}`;
  const agent = { command, resume, adapter: program, workingDirectory: join(place, 'app'), env };
  const path = [bin, dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin'];
  const restart = { policy: 'always', delay: '200ms' };
  const spec = {
    supervisor,
    tmux: { socket: name, tmpdir: join(place, 'tmux') },
    agentDefaults: { path, restart },
    agents: { coder: agent },
  };
  const manifest = { apiVersion: 'mosaic/v1alpha1', kind: 'Fleet', metadata: { name }, spec };
  writeFileSync(join(place, 'home/fleet.yaml'), JSON.stringify(manifest));
  process.stdout.write(`supervisor ${supervisor}, ${place}\n`);
  const fleet = fleetAt({ place, name, trust, supervisor });
  await fleet.mosaic('fleet', 'apply', '--yes');
  return fleet;
}

/** The person's own user manager where there is one; without it tmux alone. */
const supervisorHere = () =>
  /running|degraded/.test(spawnSync('systemctl', ['--user', 'is-system-running'], { encoding: 'utf8' }).stdout ?? '')
    ? 'systemd'
    : 'tmux';

function fleetAt({ place, name, trust, supervisor }) {
  const run = (args, input) => mosaic([...args, '--home', join(place, 'home')], input);
  const agent = async () => JSON.parse((await run(['fleet', 'status', '-o', 'json'])).stdout).agents[0];
  const socket = async () => JSON.parse((await run(['fleet', 'status', '-o', 'json'])).stdout).socket.path;
  const must = async (...args) => {
    const ended = await run(args);
    if (ended.exitCode !== 0) throw new Error(`mosaic ${args.join(' ')}: ${ended.stderr}${ended.stdout}`);
  };
  return {
    trust,
    agent,
    activity: (state) => until(async () => (await agent()).activity?.state === state, `the agent to be ${state}`),
    /** `mosaic ARGS`, which must end well. */
    mosaic: must,
    /** Waits for another process than this one; where no systemd starts it again, an apply does. */
    async comesBack(pid) {
      const isGone = async () => (await agent()).pid !== pid;
      await until(isGone, 'the process to be gone');
      if (supervisor === 'tmux') await must('fleet', 'apply', '--yes');
      await until(async () => (await agent()).state === 'running' && (await isGone()), 'the agent to come back');
    },
    /** Sends a text, and tells how that ended and what the receipt says. */
    async send(text, ...options) {
      const began = performance.now();
      const { exitCode, stdout, stderr } = await run(['agent', 'send', 'coder', '-', '-o', 'json', ...options], text);
      const result = exitCode === 64 ? {} : (JSON.parse(stdout).results?.[0] ?? {});
      return { exitCode, ms: performance.now() - began, result, ...(exitCode === 0 ? {} : { stderr }) };
    },
    /** Types these keys of tmux, as a person would. */
    async type(...keys) {
      execFileSync('tmux', ['-N', '-S', await socket(), 'send-keys', '-t', '=coder:', ...keys]);
      await pause(500);
    },
    async end() {
      await run(['fleet', 'destroy', '--yes', '--fleet', name]);
      rmSync(place, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

const mosaic = (args, input = '') =>
  new Promise((resolve) => {
    const child = execFile(process.execPath, [MOSAIC, ...args], (error, stdout, stderr) => {
      resolve({ exitCode: error === null ? 0 : error.code, stdout, stderr });
    });
    child.stdin.end(input);
  });

/** Waits until this is so. */
async function until(isSo, what) {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await pause(250);
  }
}
