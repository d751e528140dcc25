// `npm start`: a demo fleet for real, from nothing and back to nothing. `npm start -- --keep` leaves it running.
import { spawn, spawnSync } from 'node:child_process';
import { ensureBuilt, ensureDependencies, ROOT } from './bootstrap.mjs';

// Without root there may be no systemd to be had: then the demo runs under `supervisor: tmux`.
ensureDependencies(process.getuid() === 0 ? undefined : ['tmux']);
ensureBuilt();

const args = process.argv.slice(2);
const usage = args.find((arg) => arg !== '--keep');
if (usage !== undefined) {
  process.stderr.write(`error: unknown argument ${usage}\n  usage: npm start [-- --keep]\n`);
  process.exit(64);
}
const keep = args.includes('--keep');
const demo = [process.execPath, `${ROOT}/scripts/demo.mjs`];

/** The user's own manager answers: the demo is a guest there, under a name of its own. */
const hasManager = () =>
  spawnSync('systemctl', ['--user', 'show', '-p', 'Version'], { stdio: 'ignore', timeout: 10_000 }).status === 0;

function run(command, extra = []) {
  const child = spawn(command[0], [...command.slice(1), ...extra], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  const report = [];
  child.stdio[3].on('data', (chunk) => report.push(chunk));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) =>
    child.on('close', (code) => resolve({ code: code ?? 1, report: Buffer.concat(report).toString() })),
  );
}

async function saveReport(text) {
  if (text === '') return;
  const { mkdtempSync, writeFileSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const { json, markdown } = JSON.parse(text);
  const directory = mkdtempSync(`${tmpdir()}/mosaic-demo-report-`);
  writeFileSync(`${directory}/verify.json`, json);
  writeFileSync(`${directory}/verify.md`, markdown);
  process.stdout.write(`Evidence of verify: ${directory}/verify.md and verify.json\n`);
}

function choose() {
  if (hasManager()) return { say: 'your own systemd user manager', command: demo, extra: ['--supervisor=systemd'] };
  if (process.getuid() === 0 && !keep) {
    const inside = [`${ROOT}/scripts/private-manager.sh`, 'node', 'scripts/demo.mjs'];
    return {
      say: 'a private systemd user manager (there is none of yours here)',
      command: inside,
      extra: ['--supervisor=systemd'],
    };
  }
  return {
    say: 'supervisor: tmux (no systemd user manager answers here)',
    command: demo,
    extra: ['--supervisor=tmux'],
  };
}

const { say, command, extra } = choose();
process.stdout.write(`Under ${say}.\n`);
const { code, report } = await run(command, [...extra, ...(keep ? ['--keep'] : [])]);
await saveReport(report);
process.exitCode = code;
