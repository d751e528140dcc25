// npm test [-- PATTERN...]: every test, from a fresh clone on. What needs a user manager runs inside a private one.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureBuilt, ensureDependencies, ROOT } from './bootstrap.mjs';

const NODE_OPTIONS = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const UNSTARTED = 127;
const patterns = process.argv.slice(2);
// The patterns come first: jest's list options take every word that follows them.
const JEST = [...NODE_OPTIONS, 'node_modules/jest/bin/jest.js', ...patterns, '--json', '--passWithNoTests'];
const SYSTEM_ONLY = ['--testMatch', '<rootDir>/test/system/**/*.test.ts'];
const MANAGER = join(ROOT, 'scripts/private-manager.sh');

/** Runs jest by the given argv and gives its counts. Its report goes to the standard error as it happens. */
async function jest(argv) {
  const child = spawn(argv[0], argv.slice(1), { cwd: ROOT, stdio: ['inherit', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const exitCode = await new Promise((resolve) => {
    child.on('error', () => resolve(UNSTARTED));
    child.on('close', resolve);
  });
  return counts(output, exitCode);
}

/** A suite that could not run is a failure, and so is a run that ends badly without naming one. */
function counts(output, exitCode) {
  const json = output.split('\n').findLast((line) => line.startsWith('{"numFailedTestSuites"'));
  if (json === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const result = JSON.parse(json);
  const failed = result.numFailedTests + result.numRuntimeErrorTestSuites;
  return {
    passed: result.numPassedTests,
    failed: exitCode === 0 ? failed : Math.max(1, failed),
    skipped: result.numPendingTests + result.numTodoTests,
  };
}

const PLANNER = ['--config', 'jest.coverage.config.mjs', '--coverageReporters=none'];
const GENERATED = [
  '--testMatch',
  '<rootDir>/test/proof/**/*.test.ts',
  '<rootDir>/test/reconciler/**/*.property.test.ts',
];
const OTHERS = ['/node_modules/', '/test/system/', '/test/proof/', '/test/reconciler/', '/test/golden/'];
const ordinary = (...options) => jest([process.execPath, ...JEST, ...options]);

/**
 * Tests without a machine. The whole suite runs in two lanes, which share no test: all of the planner, first what has to
 * reach every branch of it, and everything else. Jest alone would leave one of two cores idle.
 */
async function runOrdinary() {
  if (patterns.length > 0) return [await ordinary('--testPathIgnorePatterns', '/node_modules/', '/test/system/')];
  const planner = async () => [await ordinary(...PLANNER), await ordinary(...GENERATED)];
  const lanes = await Promise.all([planner(), ordinary('--testPathIgnorePatterns', ...OTHERS)]);
  return lanes.flat();
}

const REAL = [...SYSTEM_ONLY, '--runInBand', '--testTimeout=60000', '--cacheDirectory=/tmp/jest'];
const real = (...options) => jest([MANAGER, 'node', ...JEST, ...REAL, ...options]);

/**
 * Real units and real servers, one file after the other, since they share a manager. The whole suite has two managers,
 * each with half of the files: most of the time a file waits for programs.
 */
const runReal = () => Promise.all(patterns.length > 0 ? [real()] : [real('--shard=1/2'), real('--shard=2/2')]);

/** A name that no test can have lets jest count what is left out without running any of it. */
async function skipReal() {
  const skipped = await jest([process.execPath, ...JEST, '--silent', ...SYSTEM_ONLY, '--testNamePattern', '(?!)']);
  if (skipped.skipped > 0) {
    process.stderr.write(
      `\n*** NOT RUN: ${skipped.skipped} tests in test/system need root for a private user manager.\n`,
    );
    process.stderr.write(`*** Run as root: npm test${patterns.map((pattern) => ` -- ${pattern}`).join('')}\n\n`);
  }
  return skipped;
}

ensureDependencies();
ensureBuilt();
const runs = [...(await runOrdinary()), ...(process.getuid?.() === 0 ? await runReal() : [await skipReal()])];
const sum = (name) => runs.reduce((total, run) => total + run[name], 0);
const [passed, failed, skipped] = ['passed', 'failed', 'skipped'].map(sum);
if (passed + failed + skipped === 0) process.stderr.write(`mosaic: no test matches ${patterns.join(' ')}\n`);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
const incomplete = skipped > 0 && process.env.CI === 'true';
process.exitCode = failed > 0 || incomplete || passed + skipped === 0 ? 1 : 0;
