// Mutants: Stryker changes one operator, constant or block after the other in the rooms that decide, and the unit
// tests of the room have to see it. It is fetched for this alone, in the version below; nothing else here needs it.
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, stop } from '../bootstrap.mjs';

export const title = 'Mutants';
export const options = { only: { type: 'string' } };

const VERSION = '9.6.1';
const CACHE = join(ROOT, 'node_modules/.cache/proof');
const RUNNER = join(ROOT, 'scripts/proof/mutants-runner.mjs');
/** A machine that is busy with other things must not pass for a mutant that never ends. */
const PATIENCE_MS = 30_000;

/**
 * What is changed, in pieces of a few minutes, and whose tests are asked: those that reach it. Not asked are the random
 * ones, those about time and size, and whatever else needs long: see the runner.
 */
const RECONCILER = { room: 'reconciler', without: /property|large/, also: [] };
const PLAN = { ...RECONCILER, also: ['test/golden/plan.test.ts'] };
const WATCH = { room: 'reconciler/watch', without: /property|\/loop\.test/, also: [] };
const MANIFEST = { room: 'manifest', without: /fuzz/, also: [] };
const PARTS = {
  policy: { ...RECONCILER, files: ['policy', 'order', 'act', 'pass'] },
  guards: { ...PLAN, files: ['guards', 'unwanted'] },
  scope: { ...RECONCILER, files: ['scope', 'recheck', 'verify', 'execute', 'observe', 'ending', 'address'] },
  plan: { ...PLAN, files: ['plan'] },
  diff: { ...RECONCILER, files: ['diff', 'resources'] },
  session: { ...RECONCILER, files: ['session'] },
  server: { ...RECONCILER, files: ['server', 'orphans'] },
  status: { ...RECONCILER, files: ['status', 'conditions'] },
  agents: { ...RECONCILER, files: ['agent-state', 'host-checks'] },
  watch: { ...WATCH, files: ['exposure', 'withhold', 'reading', 'attention', 'trouble', 'backoff', 'queue', 'memory'] },
  loop: { ...WATCH, files: ['loop', 'pass', 'starts', 'conditions'] },
  text: { ...MANIFEST, files: ['decode', 'parse', 'words', 'yaml', 'yaml-errors', 'show', 'frame', 'report'] },
  limits: { ...MANIFEST, files: ['guard', 'flow-guard', 'tree', 'sound'] },
  rules: {
    ...MANIFEST,
    files: ['rules', 'rules-agent', 'rules-env', 'rules-fleet', 'rules-strict', 'rule', 'strict', 'warnings'],
  },
  schema: { ...MANIFEST, files: ['check-schema', 'schema', 'suggest', 'defaults'] },
};

/** Those that no test saw, read: what they are, and what was done about them. */
const READ = [
  'Texts: the words of a message, a hint or a cause. The plans of `test/golden` hold them word by word; they are asked for `guards` and `plan` alone, since a thousand mutants would each make all of those plans. The codes of complaints, which programs go by, are all held by `test/corpus/codes.txt` now.',
  'The same, whatever they are called: `?? []`, `?.` and `=== undefined` that only the type checker needs; `^` and `$` around addresses that nobody but this tool makes; a quick way out that costs time and no more, as in `diff` (`isSame`), `guards` and `suggest`; a lowest rank; `>` for `>=` at a moment in time.',
  'Needless, and deleted: five rows of `yaml-errors` that the guards before the parser leave nothing for, a check in `words`, `decode`, `withhold` and `reading` each, and in `guards` a limit that the next line holds anyway.',
  'Unsafe had they been real, and seen since: what a block of the whole fleet, or a look that failed in part, lets go on (`blocks.test`: 100 unseen in `guards` became 30, and tests of those that could matter came after this run); what waits while a manifest is exposed (`withhold.test`: 61 became 8); the manifest of another fleet (`reading.test`); a manifest that is exposed by one of its places alone (`exposure.test`); an agent with two fates when its server is replaced (`server.test`), and one that could not start again (`conditions.test`), both after this run.',
  '`decode`, `strict`, `rules-strict`, `rules-agent`, `yaml-errors` and the codes of all complaints have tests since their run: the laws of `decode.test`, and twelve manifests of `test/corpus`. The words that only much input brings are held by `bounds.test`, which was not asked then.',
  'The queue, the backing off and the words about trouble of the watcher are held by `loop.test`, which plays hours of watching and is not asked here.',
  'A mistake of ours that they led to: a complaint quoted the rest of a line such as `|stop: { timeout: ghp_… }`, and a credential in it.',
];

export function run({ only, before = '', source = '' }) {
  mkdirSync(CACHE, { recursive: true });
  const parts = Object.keys(PARTS).filter((part) => only === undefined || only === part);
  if (parts.length === 0) stop(`there is no part ${only} of the mutants; known: ${Object.keys(PARTS).join(', ')}`, 64);
  const reports = parts.map(mutate);
  if (reports.includes(undefined)) return { text: 'Mutants: Stryker failed; its words are above.', held: false };
  const now = reports.flat();
  const kept = countsIn(before).filter(({ file }) => now.every((count) => count.file !== file));
  const sources = kept.length > 0 ? [...sourcesIn(before), source] : [source];
  return { text: textOf([...kept, ...now]), held: true, sources };
}

/** The counts of each file of a part; undefined when Stryker could not run. Takes long, so what is still true is kept. */
function mutate(name) {
  const part = PARTS[name];
  const [config, report] = ['stryker', 'mutants'].map((kind) => join(CACHE, `${kind}-${name}.json`));
  if (!isFresh(report, [...sourcesOf(part), ...testsOf(part)]) && !runStryker(part, config, report)) return undefined;
  return countsOf(JSON.parse(readFileSync(report, 'utf8')), dayOf(report));
}

/** Nothing that a report rests on has changed since. */
const isFresh = (report, files) =>
  existsSync(report) && files.every((file) => statSync(join(ROOT, file)).mtimeMs < statSync(report).mtimeMs);

const dayOf = (report) => statSync(report).mtime.toISOString().slice(0, 10);

function runStryker(part, config, report) {
  const place = mkdtempSync(join(tmpdir(), 'mosaic-mutants-'));
  writeFileSync(config, JSON.stringify(settingsOf(part, report, place)));
  const env = { ...process.env, MOSAIC_MUTANTS_TESTS: testsOf(part).join(' ') };
  const words = ['npx', '--yes', '-p', `@stryker-mutator/core@${VERSION}`, 'stryker', 'run', config];
  const { status } = spawnSync('nice', words, { cwd: ROOT, stdio: ['ignore', 2, 2], env });
  rmSync(place, { recursive: true, force: true });
  return status === 0;
}

const sourcesOf = ({ room, files }) => files.map((file) => `src/${room}/${file}.ts`);
const testsOf = ({ room, without, also }) => [
  ...readdirSync(join(ROOT, 'test', room))
    .map((name) => `test/${room}/${name}`)
    .filter((file) => file.endsWith('.test.ts') && !without.test(file)),
  ...also,
];

const settingsOf = (part, report, place) => ({
  mutate: sourcesOf(part),
  testRunner: 'in-process',
  plugins: [RUNNER],
  coverageAnalysis: 'perTest',
  // It would rewrite paths in there, by a library that this TypeScript does not have.
  tsconfigFile: 'none.json',
  ignorePatterns: ['dist', 'docs', 'bench', 'test/system', 'test/proof'],
  tempDirName: place,
  concurrency: 1,
  timeoutMS: PATIENCE_MS,
  reporters: ['json', 'clear-text', 'progress-append-only'],
  clearTextReporter: { reportTests: false, logTests: false },
  jsonReporter: { fileName: report },
});

const SEEN = ['Killed', 'Timeout'];
const UNSEEN = ['Survived', 'NoCoverage'];

/** Stryker's words for what it changes, in ours. */
const KINDS = {
  conditions: ['ConditionalExpression', 'EqualityOperator', 'LogicalOperator', 'BooleanLiteral', 'OptionalChaining'],
  texts: ['StringLiteral', 'Regex'],
  lists: ['ArrayDeclaration', 'ObjectLiteral', 'MethodExpression'],
  numbers: ['ArithmeticOperator', 'AssignmentOperator', 'UnaryOperator', 'UpdateOperator'],
  bodies: ['ArrowFunction', 'BlockStatement'],
};

const countsOf = ({ files }, day) =>
  Object.entries(files).map(([file, { mutants }]) => {
    const seen = mutants.filter(({ status }) => SEEN.includes(status));
    const unseen = mutants.filter(({ status }) => UNSEEN.includes(status));
    return { file, day, seen: seen.length, unseen: unseen.length, kinds: kindsOf(unseen) };
  });

/** How many of each kind, those of which there are most first. */
function kindsOf(unseen) {
  const counts = Object.entries(KINDS).map(([kind, names]) => ({
    kind,
    count: unseen.filter(({ mutatorName }) => names.includes(mutatorName)).length,
  }));
  const there = counts.filter(({ count }) => count > 0).toSorted((a, b) => b.count - a.count);
  return there.map(({ kind, count }) => `${count} ${kind}`).join(', ');
}

/** The rows of the report as it was: a run of one part leaves those of the others. */
const countsIn = (report) =>
  report.split('\n').flatMap((line) => {
    const [, file = '', mutants, unseen, , kinds = '', day = ''] = line.split('|').map((text) => text.trim());
    const isRow = file.startsWith('src/') && day !== '';
    return isRow ? [{ file, day, seen: Number(mutants) - Number(unseen), unseen: Number(unseen), kinds }] : [];
  });

/** What those rows were run on. */
const sourcesIn = (report) => /^Source: (.*)\.$/m.exec(report)?.[1].split(', ') ?? [];

const score = ({ seen, unseen }) => `${((100 * seen) / Math.max(1, seen + unseen)).toFixed(1)} %`;

function textOf(counts) {
  const sum = (name) => counts.reduce((total, count) => total + count[name], 0);
  const all = { file: '**all**', day: '', kinds: '', seen: sum('seen'), unseen: sum('unseen') };
  const row = (count) =>
    `| ${count.file} | ${count.seen + count.unseen} | ${count.unseen} | ${score(count)} | ${count.kinds} | ${count.day} |`;
  const left = Object.entries(PARTS).filter(([, part]) =>
    sourcesOf(part).some((source) => counts.every(({ file }) => file !== source)),
  );
  const sorted = counts.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  return [
    `Stryker ${VERSION}: ${all.seen} of ${all.seen + all.unseen} mutants of the manifest and the reconciler are seen by the unit tests of their rooms, ${score(all)}.`,
    '',
    'Again: `npm run proof -- mutants`; one part: `npm run proof -- mutants --only policy`. What did not change since its last run is not run again.',
    '',
    '| file | mutants | unseen | score | unseen, by kind | on |',
    '| --- | ---: | ---: | ---: | --- | --- |',
    ...[...sorted, all].map(row),
    '',
    ...(left.length === 0 ? [] : [`Not run yet: ${left.map(([name]) => name).join(', ')}.`, '']),
    'The unseen ones, read:',
    '',
    ...READ.map((line) => `- ${line}`),
  ].join('\n');
}
