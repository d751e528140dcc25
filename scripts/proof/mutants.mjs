// Mutants: Stryker changes one operator, constant or block after the other in the files that decide, and their own
// tests have to see it. It is fetched for this alone, in the version below; nothing else here needs it.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT, stop } from '../bootstrap.mjs';

export const title = 'Mutants';
export const options = { only: { type: 'string' } };

const VERSION = '9.6.1';
const CACHE = join(ROOT, 'node_modules/.cache/proof');
/** A machine that is busy with other things must not pass for a mutant that never ends. */
const PATIENCE_MS = 30_000;

/** What is changed, and whose tests are asked. The others would see more, and take hours. */
const PARTS = {
  policy: { room: 'reconciler', files: ['policy', 'order'], tests: ['policy', 'order', 'session', 'recheck'] },
  guards: { room: 'reconciler', files: ['guards'], tests: ['guards', 'held-back'] },
  scope: { room: 'reconciler', files: ['scope', 'unwanted'], tests: ['scope', 'leftovers'] },
  diff: { room: 'reconciler', files: ['diff'], tests: ['diff', 'resources'] },
  resources: { room: 'reconciler', files: ['resources'], tests: ['resources', 'change-classes'] },
  words: { room: 'manifest', files: ['words'], tests: ['corpus', 'parse', 'words'] },
  tree: { room: 'manifest', files: ['tree', 'decode'], tests: ['corpus', 'parse'] },
  rules: { room: 'manifest', files: ['rules-agent', 'rules-env', 'rules-fleet'], tests: ['corpus', 'parse'] },
};

/** Those that no test saw, read: why, and what was done about it. */
const READ = [
  '`policy`: `agentsInQuestion` and the fields of `APPLY` were asked for by nothing but whole passes; they have tests of their own since that run.',
  '`order`: that of two blocks with one message the one without an address comes first was not asked for; it is now.',
  '`diff`, 21 in the quick look for equal documents: most only make it slower. Those that took a list for a map, nothing for an empty map, or a map for one with a key more have a test since that run; so has the hiding of secrets in a patch.',
  '`diff`: the library’s `_get` never comes; equal places never meet in one sort; `mark`, `next_start` and the lowest rank weigh nothing, whatever they are called. All of these do the same.',
  '`words`: digits and unit are missing together or not at all, and a number that is none is refused further down; the same again.',
];

export function run({ only, before = '' }) {
  mkdirSync(CACHE, { recursive: true });
  const parts = Object.keys(PARTS).filter((part) => only === undefined || only === part);
  if (parts.length === 0) stop(`there is no part ${only} of the mutants; known: ${Object.keys(PARTS).join(', ')}`, 64);
  const reports = parts.map(mutate);
  if (reports.includes(undefined)) return { text: 'Mutants: Stryker failed; its words are above.', held: false };
  const now = reports.flat();
  const kept = countsIn(before).filter(({ file }) => now.every((count) => count.file !== file));
  return { text: textOf([...kept, ...now]), held: true };
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
  const packages = ['core', 'jest-runner'].flatMap((name) => ['-p', `@stryker-mutator/${name}@${VERSION}`]);
  const calling = { cwd: ROOT, stdio: ['ignore', 2, 2] };
  const { status } = spawnSync('nice', ['npx', '--yes', ...packages, 'stryker', 'run', config], calling);
  rmSync(place, { recursive: true, force: true });
  return status === 0;
}

const sourcesOf = ({ room, files }) => files.map((file) => `src/${room}/${file}.ts`);
const testsOf = ({ room, tests }) => tests.map((test) => `test/${room}/${test}.test.ts`);

const settingsOf = (part, report, place) => ({
  mutate: sourcesOf(part),
  testRunner: 'jest',
  testRunnerNodeArgs: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
  jest: {
    projectType: 'custom',
    enableFindRelatedTests: false,
    config: {
      // Every mutant is a run of jest, which first looks through its roots.
      roots: ['src', `test/${part.room}`, 'test/support'].map((root) => `<rootDir>/${root}`),
      testMatch: testsOf(part).map((test) => `<rootDir>/${test}`),
    },
  },
  coverageAnalysis: 'perTest',
  // It would rewrite paths in there, by a library that this TypeScript does not have.
  tsconfigFile: 'none.json',
  ignorePatterns: ['dist', 'docs', 'bench'],
  tempDirName: place,
  concurrency: 1,
  timeoutMS: PATIENCE_MS,
  reporters: ['json', 'clear-text', 'progress-append-only'],
  clearTextReporter: { reportTests: false, logTests: false },
  jsonReporter: { fileName: report },
});

const SEEN = ['Killed', 'Timeout'];
const UNSEEN = ['Survived', 'NoCoverage'];

const countsOf = ({ files }, day) =>
  Object.entries(files).map(([file, { mutants }]) => {
    const count = (states) => mutants.filter(({ status }) => states.includes(status)).length;
    return { file, day, seen: count(SEEN), unseen: count(UNSEEN) };
  });

/** The rows of the report as it was: a run of one part leaves those of the others. */
const countsIn = (report) =>
  report.split('\n').flatMap((line) => {
    const [, file = '', mutants, unseen, , day = ''] = line.split('|').map((text) => text.trim());
    const isRow = file.startsWith('src/') && day !== '';
    return isRow ? [{ file, day, seen: Number(mutants) - Number(unseen), unseen: Number(unseen) }] : [];
  });

const score = ({ seen, unseen }) => `${((100 * seen) / Math.max(1, seen + unseen)).toFixed(1)} %`;

function textOf(counts) {
  const sum = (name) => counts.reduce((total, count) => total + count[name], 0);
  const all = { file: '**all**', day: '', seen: sum('seen'), unseen: sum('unseen') };
  const row = (count) =>
    `| ${count.file} | ${count.seen + count.unseen} | ${count.unseen} | ${score(count)} | ${count.day} |`;
  const left = Object.entries(PARTS).filter(([, part]) =>
    sourcesOf(part).some((source) => counts.every(({ file }) => file !== source)),
  );
  const sorted = counts.toSorted((a, b) => (a.file < b.file ? -1 : 1));
  return [
    `Stryker ${VERSION}: ${all.seen} of ${all.seen + all.unseen} mutants of files that decide are seen by those files’ own tests, ${score(all)}.`,
    '',
    'Again: `npm run proof -- mutants`; one part: `npm run proof -- mutants --only policy`. What did not change since its last run is not run again.',
    '',
    '| file | mutants | unseen | score | on |',
    '| --- | ---: | ---: | ---: | --- |',
    ...[...sorted, all].map(row),
    '',
    ...(left.length === 0 ? [] : [`Not run yet: ${left.map(([name]) => name).join(', ')}.`, '']),
    'The unseen ones, read:',
    '',
    ...READ.map((line) => `- ${line}`),
  ].join('\n');
}
