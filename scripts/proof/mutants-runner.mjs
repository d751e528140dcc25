// How Stryker asks the tests of this project: in its own process, without jest. A mutant then costs what its tests cost,
// milliseconds, where a run of jest takes seconds. The words of a test file are those of jest, and `expect` is jest's own.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Script } from 'node:vm';

/** A test whose promise never settles: seen, as jest would see it. */
const PATIENCE_MS = 20_000;
/** Of the processor's time. What takes longer is large or random: it would be asked a thousand times over. */
const TOO_LONG_MS = 500;
/** Stryker's words for what came of a test. */
const [PASSED, FAILED, SKIPPED] = [0, 1, 2];
const TESTS = 'MOSAIC_MUTANTS_TESTS';

const require = createRequire(join(process.cwd(), 'package.json'));
const NAMESPACE = '__stryker__';
const stryker = (globalThis[NAMESPACE] ??= {});

const runner = {
  files: new Map(),
  capabilities: () => ({ reloadEnvironment: true }),

  async init() {
    const { build } = require('esbuild');
    for (const file of process.env[TESTS].split(' ')) this.files.set(file, await bundled(build, file));
  },

  async dryRun() {
    stryker.mutantCoverage = { static: {}, perTest: {} };
    const tests = [];
    for (const [file, script] of this.files) {
      const results = await runFile(file, script, {});
      onlyFor(results, stryker.mutantCoverage);
      tests.push(...results);
    }
    const known = tests.map(({ id, failure, ms }) => ({
      id,
      name: id,
      timeSpentMs: ms,
      ...(ms > TOO_LONG_MS && { status: SKIPPED }),
      ...(ms <= TOO_LONG_MS && failure === undefined && { status: PASSED }),
      ...(ms <= TOO_LONG_MS && failure !== undefined && { status: FAILED, failureMessage: failure }),
    }));
    return { status: 'complete', tests: known, mutantCoverage: stryker.mutantCoverage };
  },

  async mutantRun({ activeMutant, testFilter, hitLimit, disableBail }) {
    const hitCount = hitLimit === undefined ? undefined : 0;
    Object.assign(stryker, { hitLimit, hitCount, activeMutant: activeMutant.id });
    const asked = { wanted: testFilter && new Set(testFilter), bail: !disableBail };
    const seen = [];
    let count = 0;
    for (const [file, script] of ownFirst(this.files, activeMutant.fileName)) {
      if (testFilter !== undefined && !testFilter.some((id) => id.startsWith(`${file}#`))) continue;
      const results = await runFile(file, script, asked);
      count += results.length;
      seen.push(...results.filter(({ failure }) => failure !== undefined));
      if (asked.bail && seen.length > 0) break;
    }
    stryker.activeMutant = undefined;
    if (stryker.hitCount > hitLimit) return { status: 'timeout', reason: 'too many rounds' };
    if (seen.length === 0) return { status: 'survived', nrOfTests: count };
    return { status: 'killed', killedBy: seen.map(({ id }) => id), failureMessage: seen[0].failure, nrOfTests: count };
  },
};

const factory = () => runner;
factory.inject = [];
export const strykerPlugins = [{ kind: 'TestRunner', name: 'in-process', factory }];

/** One script for one test file with all it takes from here; packages stay outside and are loaded once. */
async function bundled(build, file) {
  const { outputFiles } = await build({
    entryPoints: [file],
    bundle: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    packages: 'external',
    logLevel: 'error',
    plugins: [{ name: 'places', setup: (bundler) => bundler.onLoad({ filter: /\/(src|test)\/.*\.ts$/ }, placed) }],
  });
  return new Script(`(require, module, exports) => {${outputFiles[0].text}\n}`, { filename: file });
}

/** A script knows no `import.meta`: each file is told its place. */
function placed({ path }) {
  const text = readFileSync(path, 'utf8')
    .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
    .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)));
  return { contents: text, loader: 'ts' };
}

/** The tests that bear the name of what is changed are asked first: they are those that see it. */
function ownFirst(files, changed) {
  const isOwn = ([file]) => basename(file, '.test.ts') === basename(changed, '.ts');
  return [...files].toSorted((a, b) => Number(isOwn(b)) - Number(isOwn(a)));
}

/** What loading a file ran is asked of all tests of that file, where Stryker would ask it of all tests there are. */
function onlyFor(tests, coverage) {
  for (const { id, ms } of tests) {
    const own = (coverage.perTest[id] ??= {});
    for (const [mutant, count] of Object.entries(coverage.static)) own[mutant] = (own[mutant] ?? 0) + count;
    if (ms > TOO_LONG_MS) delete coverage.perTest[id];
  }
  for (const mutant of Object.keys(coverage.static)) delete coverage.static[mutant];
}

/** Loads a test file anew, so that nothing is left of the mutant before, and runs those of its tests that are wanted. */
async function runFile(file, script, { wanted, bail = false }) {
  const { suite, words } = collector(file);
  try {
    const module = { exports: {} };
    const load = (name) => (name === '@jest/globals' ? words : require(name));
    script.runInThisContext()(load, module, module.exports);
  } catch (error) {
    return [{ id: `${file}#load`, failure: String(error), ms: 0 }];
  }
  const results = [];
  await runSuite(suite, { wanted, bail, results, around: { before: [], after: [] } });
  return results;
}

const isRed = ({ bail, results }) => bail && results.some(({ failure }) => failure !== undefined);
const isAsked = ({ wanted }, { id }) => wanted === undefined || wanted.has(id);
const hasAsked = (run, { tests, suites }) =>
  tests.some((test) => isAsked(run, test)) || suites.some((suite) => hasAsked(run, suite));

async function runSuite(suite, run) {
  if (isRed(run) || !hasAsked(run, suite)) return;
  const around = {
    before: [...run.around.before, ...suite.hooks.beforeEach],
    after: [...suite.hooks.afterEach, ...run.around.after],
  };
  const failure = await failureOf(suite.hooks.beforeAll);
  if (failure !== undefined) run.results.push({ id: `${suite.id}#before`, failure, ms: 0 });
  for (const test of suite.tests.filter((one) => isAsked(run, one))) {
    if (!isRed(run)) run.results.push(await runTest(test, around));
  }
  for (const inner of suite.suites) await runSuite(inner, { ...run, around });
  await failureOf(suite.hooks.afterAll);
}

async function runTest({ id, body }, { before, after }) {
  stryker.currentTestId = id;
  const start = process.cpuUsage();
  const failure = (await failureOf([...before, body])) ?? (await failureOf(after));
  if (failure !== undefined) await failureOf(after);
  stryker.currentTestId = undefined;
  const { user, system } = process.cpuUsage(start);
  return { id, failure, ms: (user + system) / 1000 };
}

async function failureOf(steps) {
  let timer;
  const never = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error('did not end')), PATIENCE_MS);
  });
  try {
    for (const step of steps) await Promise.race([step(), never]);
    return undefined;
  } catch (error) {
    return String(error?.message ?? error);
  } finally {
    clearTimeout(timer);
  }
}

/** The words of a test file, and what it says with them. A test is known by its place among the others of its file. */
function collector(file) {
  let count = 0;
  const empty = (id) => ({
    id,
    tests: [],
    suites: [],
    hooks: { beforeAll: [], beforeEach: [], afterEach: [], afterAll: [] },
  });
  const suite = empty(file);
  let current = suite;
  const hook = (name) => (body) => void current.hooks[name].push(body);
  const each = (word) => (table) => (title, body) => {
    for (const row of table) word(title, () => (Array.isArray(row) ? body(...row) : body(row)));
  };
  const it = (title, body) => void current.tests.push({ id: `${file}#${(count += 1)} ${title}`, body });
  const describe = (title, body) => {
    const outer = current;
    current = empty(`${file}#${title}`);
    outer.suites.push(current);
    body();
    current = outer;
  };
  it.each = each(it);
  describe.each = each(describe);
  const hooks = Object.fromEntries(Object.keys(suite.hooks).map((name) => [name, hook(name)]));
  const { expect } = require('expect');
  return { suite, words: { describe, it, test: it, expect, ...hooks } };
}
