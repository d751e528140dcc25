// Simulated worlds: any manifests on any machine, with every way a call of a port can go wrong (test/proof).
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';
import { sizeOf } from './tests.mjs';

export const title = 'Worlds';
export { SIZE as options } from './tests.mjs';

const SHARDS = Math.min(2, availableParallelism());
const REPORTS = join(ROOT, 'node_modules/.cache/proof');

/** What the worlds found in the product. Each has its regression test in test/reconciler or test/providers. */
const FINDINGS = [
  'A failed look at the tmux server let the record of its socket be overwritten by a manifest that moves it: the old server was lost, and its agents were started a second time.',
  'A replace of the server that was held back by an optional file (`bin/mosaic`) still let agents start on the new socket.',
  'An end that a block held back let the agent’s launch data be deleted: afterwards nobody could tell whether it was protected.',
  'An agent whose launch data could not be read did not count for the limit of removals, so that three could go where two are allowed.',
  'An agent removed or stopped together with a change of supervisor was ended by the new supervisor, which has nothing to end, and counted as ended.',
  'After a move to another socket without systemd, agents that had started were looked for on the old one and counted as failed.',
  'Settings of an agent that were left in the unit directory under `supervisor: tmux` were never seen again.',
  'A session that somebody had renamed was not ended without systemd, and its launch data was deleted.',
  'A session with our mark that is none of ours did not keep the server from being ended below it.',
  'A masked unit, a unit of somebody else’s and a name taken by another session failed every apply instead of being named once as blocked.',
  'A unit that could not be seen let new units and enable links be put beside it, although it may be somebody else’s.',
  'A failed unit of a removed agent was never forgotten under `supervisor: tmux`.',
  'Agents could not be stopped where a person had masked the template of their units.',
  'A lost reload waited for a person under the watcher, and for the replace of a server that has to live on.',
  'A lost reload waited until the tmux server could be seen: the user manager went on with settings that were gone.',
  'Where the directory of units could not be listed, the enable link of an agent whose unit is somebody else’s was deleted.',
  'A failed unit whose template or server unit is somebody else’s by now failed every apply under `supervisor: tmux` instead of being named once as blocked.',
  'An agent to be stopped whose unit is somebody else’s failed every apply under `supervisor: tmux` instead of being named once as blocked.',
  'A mask or a file of somebody else’s at the mark of a lost reload failed every removal instead of holding it back and being named.',
  'Where one directory of units could not be listed, the settings of an agent were written beside a unit of somebody else’s that stands there.',
  'A session of a person’s with an agent’s mark was given the agent’s name while that agent’s unit was on its way up or down.',
  'A masked template held back an agent under `supervisor: tmux`, where no unit starts it.',
  'After a move to `supervisor: tmux`, a file of somebody else’s at the mark of a lost reload was named no more.',
];

/** The limits of what is claimed. */
const LIMITS = [
  'The record of the server (`fleets/NAME/server`) is damaged only where the manifest does not move the server in the same apply: without it the old socket cannot be known.',
  'A file that appears at the socket’s path between the look and the start is taken away by tmux itself.',
];

export async function run(size) {
  const { seed: first, count, isPart } = sizeOf(size, 100_000);
  mkdirSync(REPORTS, { recursive: true });
  const startedAt = performance.now();
  const shards = Array.from({ length: SHARDS }, (_, at) => ({
    seed: first + at,
    worlds: Math.ceil(count / SHARDS),
    file: join(REPORTS, `worlds-${at}.json`),
  }));
  const exits = await Promise.all(shards.map(runShard));
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  if (exits.some((exit) => exit !== 0)) return { text: `Worlds: a shard failed; its seed is above.`, held: false };
  return {
    text: textOf(
      shards.map(({ file }) => JSON.parse(readFileSync(file, 'utf8'))),
      seconds,
    ),
    held: true,
    isPart,
  };
}

function runShard({ seed, worlds, file }) {
  rmSync(file, { force: true });
  const jest = ['node_modules/jest/bin/jest.js', '--forceExit', 'test/proof/worlds.test.ts'];
  const argv = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', ...jest];
  const env = {
    ...process.env,
    MOSAIC_WORLDS: String(worlds),
    MOSAIC_SEED: String(seed),
    MOSAIC_PROOF_REPORT: file,
  };
  const child = spawn(process.execPath, argv, { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}

function textOf(reports, seconds) {
  const sum = (name) => reports.reduce((total, { counts }) => total + (counts[name] ?? 0), 0);
  const names = [...new Set(reports.flatMap(({ counts }) => Object.keys(counts)))].toSorted((a, b) => (a < b ? -1 : 1));
  const worlds = reports.reduce((total, report) => total + report.worlds, 0);
  const rows = names.map((name) => `| ${name} | ${sum(name)} |`);
  return [
    `${worlds} worlds in ${seconds} s (${reports.length} processes, seeds ${reports.map(({ seed }) => seed).join(', ')}).`,
    '',
    'In each: foreign things stay to the byte, who runs as the manifest wants keeps its process, a plan changes nothing, two rounds after the faults nothing is left without a known reason, two hours later there is nothing new to do, the end is that of an undisturbed life, and what was applied before does not show in it.',
    '',
    'Again: `npm run proof -- worlds --seed N --count N`; one world: `MOSAIC_SEED=SEED:PATH npm test -- test/proof/worlds`.',
    '',
    '| seen | worlds |',
    '| --- | ---: |',
    ...rows,
    '',
    'Found in the product, and mended:',
    '',
    ...FINDINGS.map((finding) => `- ${finding}`),
    '',
    'Limits:',
    '',
    ...LIMITS.map((limit) => `- ${limit}`),
  ].join('\n');
}
