// Seeded defects: one small mistake at a time is put into a copy of the repository, and the test that is named beside
// it (test/proof/defects) has to fail; without the mistake it has to pass.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { ROOT, stop } from '../bootstrap.mjs';

export const title = 'Seeded defects';
export const options = { only: { type: 'string' } };

const LISTS = join(ROOT, 'test/proof/defects');
const NODE = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
const LONGEST_MS = 400_000;
const LANES = Number(process.env.MOSAIC_LANES ?? Math.min(2, availableParallelism()));

/** What no test saw when it was first put in, and what sees it now. */
const MISSED = [
  'A value of launch data with a second equals sign was cut there: the generated launch data now holds such values.',
  'A value of an env file with a second equals sign was cut there: one of the file’s values now has two.',
  'A word that ends in a semicolon ended its tmux command: now in `test/providers/client`.',
  'The mark of a session was printed as an agent wrote it, and could forge a row: now asked of a real tmux in `test/providers/format`.',
  'A unit that still ran counted as stopped, and a look that tmux cut short as one at a server without sessions: now in `test/providers/runs`.',
  'A message that was loaded by half was sent, and old buffers of a person were deleted with ours: now in `test/providers/paste`.',
  'A message counted as read although its Enter was not: now in `test/agent/settle`.',
  'A patch of one word showed what stands behind a flag like `--token`: now in `test/cli/view/redact`.',
  'Whatever began with the name of an agent’s unit counted as that unit: now in `test/model/names`.',
];

/** By room: what is wrong, where, from which text to which, and which test of which file sees it. */
const rooms = readdirSync(LISTS)
  .toSorted()
  .map((file) => [basename(file, '.yaml'), parse(readFileSync(join(LISTS, file), 'utf8'))]);

export async function run({ only, before = '' }) {
  const chosen = rooms.flatMap(([, list]) => list).filter(({ name }) => only === undefined || name.includes(only));
  if (chosen.length === 0) stop(`no defect has ${only} in its name; they are in test/proof/defects`, 64);
  if (chosen.some(isReal) && process.getuid?.() !== 0) stop('the tests in test/system need root', 69);
  const copies = Array.from({ length: LANES }, copyOfAll);
  try {
    const unsound = await inLanes(copies, onePerTest(chosen), soundness);
    const missed = await inLanes(copies, chosen, tryOne);
    const wrong = [...unsound, ...missed];
    if (wrong.length > 0) return { text: ['', ...wrong].join('\n'), held: false };
    return { text: textOf(new Set(chosen), daysIn(before)), held: true };
  } finally {
    for (const copy of copies) rmSync(copy, { recursive: true, force: true });
  }
}

/** Does all of the work, one piece at a time in each copy; gives all that is wrong. */
async function inLanes(copies, work, act) {
  const left = [...work];
  const lane = async (copy) => {
    const wrong = [];
    while (left.length > 0) wrong.push(...(await act(copy, left.shift())));
    return wrong;
  };
  return (await Promise.all(copies.map(lane))).flat();
}

const isReal = ({ test }) => test.startsWith('test/system/');

/** The working tree as it is; what is installed is linked, so that this takes seconds. */
function copyOfAll() {
  const copy = mkdtempSync(join(tmpdir(), 'mosaic-defects-'));
  const left = ['node_modules', '.git'].map((name) => join(ROOT, name));
  cpSync(ROOT, copy, { recursive: true, filter: (path) => !left.includes(path) });
  const link = (how) => spawnSync('cp', [how, join(ROOT, 'node_modules'), copy]).status === 0;
  if (!link('-al') && !link('-a')) stop(`cannot copy node_modules to ${copy}`, 73);
  return copy;
}

/**
 * A named test has to be there, and to pass while nothing is wrong: run alone, just as it is run with its defect in. A
 * test that leans on the ones before it fails alone, and would seem to catch anything.
 */
async function soundness(copy, { test, title: named }) {
  const tests = await runTests(copy, test, named);
  const mine = tests.filter((one) => one.title.includes(named));
  if (mine.length === 0) return [`${test} has no test called ${named}`];
  return mine.every(({ status }) => status === 'passed') ? [] : [`${test}: ${named}: fails alone, without any defect`];
}

/** One defect for each test that is named, however many it sees. */
const onePerTest = (chosen) => new Map(chosen.map((defect) => [`${defect.test} ${defect.title}`, defect])).values();

/** Puts one defect in, asks its test, and takes it out again; gives what is wrong with that. */
async function tryOne(copy, defect) {
  const path = join(copy, defect.file);
  const sound = readFileSync(path, 'utf8');
  if (sound.split(defect.old).length !== 2) {
    return [`${defect.name}: its old text is not once in ${defect.file}; take it from the file as it is now`];
  }
  const startedAt = performance.now();
  writeFileSync(
    path,
    sound.replace(defect.old, () => defect.new),
  );
  if (isBuilt(defect)) build(copy);
  const tests = await runTests(copy, defect.test, defect.title);
  writeFileSync(path, sound);
  if (isBuilt(defect)) build(copy);
  const isCaught = tests.some((test) => test.title.includes(defect.title) && test.status === 'failed');
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  process.stderr.write(`${isCaught ? 'caught' : 'MISSED'} ${seconds} s  ${defect.name}\n`);
  return isCaught ? [] : [`${defect.name} (${defect.file}): ${defect.test} › ${defect.title} does not see it`];
}

/** Tests in test/system run the built command line; the helper they take from its own files. */
const isBuilt = (defect) => isReal(defect) && defect.file.startsWith('src/');

function build(copy) {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: copy, encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed: ${stderr}`);
}

/** The tests of a file whose title has this text, and how they ended. A file that could not be run has none. */
async function runTests(copy, file, named) {
  const pattern = named.replaceAll(/[^\p{L}\p{N} ]/gu, String.raw`\$&`);
  const jest = [...NODE, 'node_modules/jest/bin/jest.js', file, '--json', '--forceExit', '--testNamePattern', pattern];
  const alone = ['--testMatch', '<rootDir>/test/system/**/*.test.ts', '--runInBand', '--cacheDirectory=/tmp/jest'];
  const [program, ...args] = isReal({ test: file })
    ? [join(copy, 'scripts/private-manager.sh'), 'node', ...jest, ...alone, '--testTimeout=60000']
    : [process.execPath, ...jest];
  const stdout = await outputOf(program, args, copy);
  const line = stdout.split('\n').findLast((one) => one.startsWith('{"numFailedTestSuites"'));
  if (line === undefined) return [];
  const { testResults } = JSON.parse(line);
  return testResults.flatMap(({ assertionResults }) => assertionResults).filter(({ status }) => status !== 'pending');
}

function outputOf(program, args, cwd) {
  const child = spawn(program, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'], timeout: LONGEST_MS });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (output += text));
  return new Promise((resolve) => {
    child.on('error', () => resolve(output));
    child.on('close', () => resolve(output));
  });
}

/** When each defect was last caught, by its name as a cell of the report. */
function daysIn(report) {
  const rows = report.split('\n').map((line) => line.split(/(?<!\\)\|/).map((text) => text.trim()));
  return new Map(rows.flatMap(([, name = '', , , day = '']) => (/^\d{4}-\d\d-\d\d$/.test(day) ? [[name, day]] : [])));
}

/** The report after these were caught today; `days` tells when the others were. */
function textOf(caught, days) {
  const all = rooms.flatMap(([, list]) => list);
  const dayOf = (defect) =>
    caught.has(defect) ? new Date().toISOString().slice(0, 10) : (days.get(cell(defect.name)) ?? 'never');
  const row = (defect) => {
    const name = basename(defect.test, '.test.ts');
    const seen = `[${name}](../${defect.test}): ${cell(defect.title)}`;
    return `| ${cell(defect.name)} | ${basename(defect.file)} | ${seen} | ${dayOf(defect)} |`;
  };
  const tables = rooms.flatMap(([room, list]) => [
    `${room[0].toUpperCase()}${room.slice(1)}, ${list.length}:`,
    '',
    '| what is broken | in | seen by | last on |',
    '| --- | --- | --- | --- |',
    ...list.map(row),
    '',
  ]);
  return [
    `${all.filter((defect) => dayOf(defect) !== 'never').length} of ${all.length} defects are caught, each by the test that is named beside it.`,
    '',
    'One at a time is put into a copy of the repository; the test passes without it and fails with it.',
    '',
    'Again: `npm run proof -- defects`; some: `npm run proof -- defects --only WORDS`. The list is in `test/proof/defects`.',
    '',
    ...tables,
    'No test saw these at first; now:',
    '',
    ...MISSED.map((one) => `- ${one}`),
  ].join('\n');
}

const cell = (text) => text.replaceAll('|', String.raw`\|`);
