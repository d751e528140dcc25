// A part of the proof that is a test file at full size: its numbers come back on a line of its standard output.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ROOT, stop } from '../bootstrap.mjs';

const MARK = 'mosaic-proof ';
const NODE = [process.execPath, '--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const JEST = [
  'node_modules/jest/bin/jest.js',
  '--runInBand',
  '--forceExit',
  '--testMatch',
  '<rootDir>/test/**/*.test.ts',
];
const MANAGER = [join(ROOT, 'scripts/private-manager.sh'), 'node', ...NODE.slice(1)];

/**
 * Runs the tests of a file, all or those whose name matches, with so many rounds and that seed, where asked for beside a
 * real user manager. Gives whether all held, the seconds it took, and every number the tests told, summed by name.
 */
export async function runTests({ file, name, count, seed, real = false }) {
  const program = real ? [...MANAGER, ...JEST, '--cacheDirectory=/tmp/jest'] : [...NODE, ...JEST];
  const argv = [...program, ...(name === undefined ? [] : ['--testNamePattern', name]), '--', file];
  const env = {
    ...process.env,
    MOSAIC_TEST_COUNT: String(count),
    MOSAIC_TEST_SEED: String(seed),
    MOSAIC_TEST_REPORT: '1',
  };
  const startedAt = performance.now();
  const child = spawn(argv[0], argv.slice(1), { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  const exit = await new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
  const told = output.split('\n').filter((line) => line.startsWith(MARK));
  return {
    held: exit === 0 && told.length > 0,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    seen: together(told.map((line) => JSON.parse(line.slice(MARK.length)))),
  };
}

/** What a part takes that has a size. */
export const SIZE = { seed: { type: 'string' }, count: { type: 'string' } };

/** How much of a part is asked for; what is less than `all` stands in no report. */
export function sizeOf(options, all) {
  const [seed, count] = [Number(options.seed ?? 1), Number(options.count ?? all)];
  if (!Number.isSafeInteger(seed) || !(count > 0)) stop('--seed and --count take a number', 64);
  return { seed, count, isPart: count < all };
}

/** Sums what the runs of one part have seen; of what is `at most`, the most. */
export function together(seen) {
  const all = {};
  for (const [name, value] of seen.flatMap(Object.entries)) {
    const before = all[name] ?? 0;
    all[name] = name.endsWith('at most') ? Math.max(before, value) : before + value;
  }
  return all;
}

/** The section of a part: what was run, what must hold, how to run it again, what was seen, what it found. */
export function sectionText({ part, what, claims, seen, found }) {
  const rows = Object.entries(seen).map(([name, value]) => `| ${name} | ${value} |`);
  return [
    what,
    '',
    claims,
    '',
    `Again: \`npm run proof -- ${part} --seed N --count N\`.`,
    '',
    '| seen | times |',
    '| --- | ---: |',
    ...rows,
    ...(found.length === 0 ? [] : ['', 'Found in the product, and mended:', '', ...found.map((line) => `- ${line}`)]),
  ].join('\n');
}
