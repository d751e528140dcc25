// Real crashes: the built command line on a real user manager, killed at each call that changes something, told errors
// by the kernel, interrupted, killed twice (test/system/crashes).
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

export const title = 'Crashes';
const WORD = { type: 'string' };
export const options = { seed: WORD, points: WORD, only: WORD, scenario: WORD, minutes: WORD };

/** Two halves of about the same length: each runs in a manager of its own. */
const SHARDS = [
  ['first apply', 'restart', 'stop', 'init'],
  ['edit', 'removal', 'install', 'destroy'],
];
/** In each scenario, beside every point of it. */
const MORE = { errors: 30, interrupts: 6, twice: 6 };
const KINDS = {
  kill: 'killed at a call of its own',
  beside: 'killed while a program it started is at work',
  error: 'told an error',
  interrupt: 'interrupted',
  twice: 'killed twice',
};

/** What the crashes found in the product. */
const FINDINGS = [
  'A `destroy` that was killed, or told an error, among its last calls could not be taken up again: the next one found no fleet, and its directories and the lock file stayed for ever.',
  'A `destroy` that was killed after the server had ended left the server’s socket behind for ever.',
  'A command that was interrupted while it waited for the lock ended with a stack trace and asked to be reported as a bug.',
  'A directory for units that was being made when the command was killed stayed closed to others (0700 instead of 0755) for ever.',
];

/** Where each scenario's last run is kept, so that a part can be run alone. */
const KEPT = join(ROOT, 'node_modules/.cache/proof/crashes');

export async function run(chosen = {}) {
  const parts = chosen.scenario === undefined ? SHARDS : [chosen.scenario.split(',')];
  const runs = parts.map((scenarios) => ({ ...askedFor(chosen), SCENARIOS: scenarios.join() }));
  const shards = availableParallelism() > 1 ? await Promise.all(runs.map(runShard)) : await inTurn(runs);
  const rows = shards.flatMap(({ seed, rows: some }) => some.map((row) => ({ ...row, seeds: [seed] })));
  keep(rows, chosen);
  const all = readdirSync(KEPT).map((name) => kept(join(KEPT, name)));
  const held =
    shards.every((shard) => shard.rows.length > 0) &&
    all.every(({ trials }) => trials.every(({ broken }) => broken.length === 0));
  return { text: textOf(all), held, sources: all.flatMap(({ sources }) => sources) };
}

const NOTHING = { seconds: 0, seeds: [], trials: [], sources: [] };

/** What is tried again takes the place of what came of it before. */
function keep(rows, { only, source }) {
  mkdirSync(KEPT, { recursive: true });
  for (const row of rows) {
    const file = join(KEPT, `${row.scenario}.json`);
    const before = only !== undefined && existsSync(file) ? kept(file) : NOTHING;
    const others = before.trials.filter(({ name }) => row.trials.every((trial) => trial.name !== name));
    const [seconds, seeds] = [before.seconds + row.seconds, [...new Set([...before.seeds, ...row.seeds])]];
    const sources = [...new Set([...before.sources, source])];
    writeFileSync(file, JSON.stringify({ ...row, seconds, seeds, sources, trials: [...others, ...row.trials] }));
  }
}

/** One scenario as it is kept; the sources of some were not written down. */
const kept = (file) => ({ sources: ['unknown'], ...JSON.parse(readFileSync(file, 'utf8')) });

/** What each scenario is put through, as the test reads it. */
function askedFor({ seed = '1', points, only = '', minutes }) {
  const most = points === undefined ? 1_000_000 : Math.ceil(Number(points) / SHARDS.flat().length);
  const more = Object.entries(MORE).map(([kind, count]) => [kind.toUpperCase(), String(Math.min(count, most))]);
  const limit = minutes === undefined ? {} : { MINUTES: minutes };
  return { ...limit, SEED: seed, ONLY: only, CRASHES: String(most), ...Object.fromEntries(more) };
}

async function inTurn(runs) {
  const shards = [];
  for (const one of runs) shards.push(await runShard(one));
  return shards;
}

/** The report comes on the standard output: files of a private manager are seen by nobody else. */
function runShard(env) {
  const named = Object.fromEntries(Object.entries(env).map(([name, value]) => [`MOSAIC_TEST_CRASH_${name}`, value]));
  const script = '"$@" >&2; exit=$?; cat /tmp/report.json; exit $exit';
  const node = ['node', '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  const match = ['--testMatch', '<rootDir>/test/system/**/*.test.ts', '--runInBand', '--cacheDirectory=/tmp/jest'];
  const jest = ['node_modules/jest/bin/jest.js', 'test/system/crashes.test.ts', ...match];
  const child = spawn(join(ROOT, 'scripts/private-manager.sh'), ['bash', '-c', script, 'bash', ...node, ...jest], {
    cwd: ROOT,
    env: { ...process.env, ...named, MOSAIC_TEST_CRASH_REPORT: '/tmp/report.json' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => {
    child.on('error', () => resolve({ exit: 1, rows: [], seed: 0 }));
    child.on('close', (exit) => resolve({ rows: [], ...JSON.parse(output.trim() || '{}'), exit }));
  });
}

function textOf(rows) {
  const seconds = rows.reduce((sum, row) => sum + row.seconds, 0);
  const seeds = [...new Set(rows.flatMap(({ seeds: some }) => some))];
  const all = rows.flatMap(({ trials }) => trials);
  const count = (trials, kind) => trials.filter((trial) => trial.kind === kind).length;
  const kinds = Object.keys(KINDS).filter((kind) => count(all, kind) > 0);
  const known = rows.reduce((sum, row) => sum + row.points, 0);
  const line = (name, points, trials) =>
    `| ${[name, points, ...kinds.map((kind) => count(trials, kind)), trials.length].join(' | ')} |`;
  return [
    `${all.length} disturbed runs in ${seconds} s of private managers, seeds ${seeds.join(', ')}.`,
    '',
    'The built command line on a real `systemd --user` and a real tmux. An undisturbed run under strace tells every call that writes, renames, links, removes or makes durable, and every program that is started to change something; then the command begins again from the same state, and meets a fault exactly there. In each: after the next `apply`, `verify` says yes; units, links, files, modes, sessions and marks are those of the undisturbed run; no file is ever neither the old nor the new one; what is not ours is the same to the inode and the pid; agents that the command was not about keep their processes; the default tmux server is untouched; no hidden file stays. An error ends with a coded message and an exit code of the table.',
    '',
    'Again: `npm run proof -- crashes --seed N --points N`; for a while only, with `--minutes N` for each command; one of them, `--scenario edit --only "kill rename 3"`. With `--only` (`--only=` for all) what comes of it joins what is there.',
    '',
    `| command | points | ${kinds.map((kind) => KINDS[kind]).join(' | ')} | in all |`,
    `| --- | ---: | ${'---: | '.repeat(kinds.length)}---: |`,
    ...rows.toSorted(byName).map(({ scenario, points, trials }) => line(scenario, points, trials)),
    line('in all', known, all),
    '',
    ...notes(all, known),
    '',
    'Found in the product, and mended:',
    '',
    ...FINDINGS.map((finding) => `- ${finding}`),
  ].join('\n');
}

function notes(all, known) {
  const rounds = all.filter((trial) => trial.rounds > 1).length;
  const there = all.filter(({ isThere }) => isThere).length;
  const exits = all.filter(({ kind }) => kind === 'error').flatMap((trial) => trial.exits);
  const codes = [...new Set(exits)]
    .toSorted((a, b) => a - b)
    .map((exit) => `${exit}: ${exits.filter((one) => one === exit).length}`);
  return [
    `- Points of all commands: ${known}; tried: ${all.filter(({ kind }) => ['kill', 'beside'].includes(kind)).length}.`,
    `- Disturbed exactly where it was meant: ${there} of ${all.length}; the others a few calls before or after, or not at all because the command was done.`,
    `- Healed by the second apply instead of the first: ${rounds}.`,
    `- Exit codes of runs that were told an error: ${codes.join(', ')}.`,
    `- Not healed: ${all.filter(({ broken }) => broken.length > 0).length}.`,
  ];
}

const byName = (a, b) => SHARDS.flat().indexOf(a.scenario) - SHARDS.flat().indexOf(b.scenario);
