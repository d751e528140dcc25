// The demo itself: runs the command line as a user would and reads its figures back from systemd and tmux.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin/mosaic.js');
const keep = process.argv.includes('--keep');
const supervisor = process.argv.includes('--supervisor=tmux') ? 'tmux' : 'systemd';
const fleet = `demo-${randomBytes(3).toString('hex')}`;
const place = mkdtempSync(join(tmpdir(), 'mosaic-demo-'));
const home = join(place, 'home');
const manifest = join(home, 'fleet.yaml');
const tmuxDirectory = join(place, 'tmux');
mkdirSync(tmuxDirectory, { mode: 0o700 });
const env = { ...process.env, MOSAIC_HOME: home, TMUX_TMPDIR: tmuxDirectory };
delete env.MOSAIC_MANIFEST;

class DemoFailure extends Error {}

function mosaic(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

function must(step, result, allowed = [0]) {
  if (allowed.includes(result.status)) return result;
  throw new DemoFailure(`${step} ended with ${result.status}\n${result.stdout}${result.stderr}`);
}

const json = (...args) => JSON.parse(must(args.join(' '), mosaic('fleet', ...args, '-o', 'json'), [0, 2]).stdout);
const agents = () => Object.fromEntries(json('status').agents.map((agent) => [agent.name, agent]));
const check = (isTrue, text) => {
  if (!isTrue) throw new DemoFailure(text);
};

const started = performance.now();
let number = 0;
function say(title, figure) {
  number += 1;
  process.stdout.write(`${String(number).padStart(2)}. ${title.padEnd(34)} ${figure}\n`);
}

/** What the supervisor itself says of an agent: its unit's state, or the pid of its pane. */
function seenOutside(agent) {
  if (supervisor === 'systemd') {
    const { stdout } = spawnSync(
      'systemctl',
      ['--user', 'show', `mosaic-${fleet}@${agent}.service`, '-p', 'ActiveState,SubState,NRestarts', '--value'],
      { env, encoding: 'utf8' },
    );
    return `unit ${stdout.trim().split('\n').join('/')}`;
  }
  const socket = json('status').socket.path;
  const { stdout } = spawnSync(
    'tmux',
    ['-N', '-S', socket, 'list-panes', '-t', `=${agent}:`, '-F', 'pane pid #{pane_pid}'],
    { encoding: 'utf8' },
  );
  return stdout.trim();
}

async function eventually(text, look) {
  const deadline = performance.now() + 20_000;
  for (;;) {
    const value = look();
    if (value !== undefined) return value;
    check(performance.now() < deadline, `${text}: not within 20 s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function init() {
  must(
    'init',
    mosaic(
      'fleet',
      'init',
      '--fleet',
      fleet,
      '--socket',
      fleet,
      '--agent',
      'shell=bash',
      '--agent',
      'worker=sleep 3600',
    ),
  );
  if (supervisor === 'tmux') edit((text) => text.replace('spec:\n', 'spec:\n  supervisor: tmux\n'));
  say('init', `${manifest}, ${readFileSync(manifest, 'utf8').split('\n').length - 1} lines`);
}

const edit = (change) => writeFileSync(manifest, change(readFileSync(manifest, 'utf8')));

function planAndApply() {
  const plan = json('plan');
  check(plan.summary.start >= 2, 'the first plan does not start two agents');
  say(
    'plan',
    `${plan.changes.length} changes: ${Object.entries(plan.summary)
      .filter(([, count]) => count > 0)
      .map(([action, count]) => `${count} ${action}`)
      .join(', ')}`,
  );
  must('apply', mosaic('fleet', 'apply', '--yes'));
  const now = agents();
  say('apply', `shell pid ${now.shell.pid}, worker pid ${now.worker.pid}; ${seenOutside('worker')}`);
}

function verify(title) {
  const proof = json('verify');
  check(proof.verified, `${title}: not verified\n${mosaic('fleet', 'verify').stdout}`);
  say(
    title,
    `plan ${proof.plan.changes.length} changes, default tmux ${proof.defaultTmux.before.state} -> ${proof.defaultTmux.after.state}`,
  );
}

async function killOne() {
  const before = agents();
  process.kill(before.worker.pid, 'SIGKILL');
  if (supervisor === 'tmux') {
    await eventually('the worker is gone', () => (agents().worker.state === 'running' ? undefined : true));
    must('apply', mosaic('fleet', 'apply', '--yes'));
  }
  const after = await eventually('the worker is back', () => {
    const now = agents();
    return now.worker.state === 'running' && now.worker.pid !== before.worker.pid ? now : undefined;
  });
  check(after.shell.pid === before.shell.pid, 'the shell was disturbed');
  const how = supervisor === 'systemd' ? 'by systemd' : 'by apply';
  say(
    `worker killed, back ${how}`,
    `pid ${before.worker.pid} -> ${after.worker.pid}; ${seenOutside('worker')}; shell still ${after.shell.pid}`,
  );
}

function editAndApply() {
  edit((text) => text.replace('"3600"', '"7200"'));
  const plan = json('plan');
  const restarts = plan.changes.filter(({ action }) => action === 'restart');
  check(restarts.length === 1 && restarts[0].group === 'agent.worker', 'the plan is not exactly the edit');
  say(
    'manifest edited, plan shows that',
    `${plan.changes.length} changes: restart ${restarts[0].address} (${restarts[0].because})`,
  );
  const before = agents();
  must('apply', mosaic('fleet', 'apply', '--yes'));
  const after = agents();
  check(
    after.worker.pid !== before.worker.pid && after.shell.pid === before.shell.pid,
    'not exactly the worker was restarted',
  );
  say('apply', `worker pid ${before.worker.pid} -> ${after.worker.pid}; shell still ${after.shell.pid}`);
}

function report() {
  const base = join(place, 'verify');
  must('verify --report', mosaic('fleet', 'verify', '--report', base));
  const text = JSON.stringify({
    json: readFileSync(`${base}.json`, 'utf8'),
    markdown: readFileSync(`${base}.md`, 'utf8'),
  });
  try {
    writeSync(3, text);
  } catch {
    // Run by hand there is nobody behind descriptor 3; the report stays beside the fleet.
  }
}

function destroy() {
  must('destroy', mosaic('fleet', 'destroy', '--yes'));
  const left = ['fleets', 'libexec', 'bin', 'state'].filter((name) => existsSync(join(home, name)));
  const units =
    supervisor === 'systemd'
      ? spawnSync('systemctl', ['--user', 'list-units', '--all', '--plain', '--no-legend', `mosaic-${fleet}*`], {
          env,
          encoding: 'utf8',
        }).stdout.trim()
      : '';
  check(left.length === 0 && units === '', `something is left: ${left.join(', ')} ${units}`);
  say('destroy', 'nothing left: 0 units, 0 sessions, only the manifest stayed');
  rmSync(place, { recursive: true, force: true });
}

function keepIt() {
  const mosaicCommand = `MOSAIC_HOME=${home} ${join(home, 'bin/mosaic')}`;
  const socket = json('status').socket.path;
  process.stdout.write(`
The fleet ${fleet} keeps running.
  Look at it:   ${mosaicCommand} fleet status
  Go in:        tmux -S ${socket} attach -t shell      (leave with C-b d)
  Remove it:    ${mosaicCommand} fleet destroy --yes && rm -r ${place}
`);
}

try {
  process.stdout.write(`Demo fleet ${fleet} (supervisor: ${supervisor})\n`);
  init();
  planAndApply();
  verify('verify');
  await killOne();
  editAndApply();
  verify('verify');
  report();
  if (keep) keepIt();
  else destroy();
  process.stdout.write(`Done in ${((performance.now() - started) / 1000).toFixed(1)} s.\n`);
} catch (error) {
  process.stderr.write(`FAILED: ${error instanceof DemoFailure ? error.message : error.stack}\n`);
  const gone = mosaic('fleet', 'destroy', '--yes');
  process.stderr.write(
    gone.status === 0 ? 'The demo fleet was removed again.\n' : `The demo fleet is still there: MOSAIC_HOME=${home}\n`,
  );
  process.exitCode = 1;
}
