// Many real agents in a private user manager: up, planned, verified, edited and down again (scale-inside.mjs).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

export const title = 'Scale';
export const options = { agents: { type: 'string' } };

/** How many agents, unless `--agents N` or MOSAIC_AGENTS says otherwise. */
const AGENTS = 500;

export function run({ agents: wanted }) {
  const agents = Number(wanted ?? process.env.MOSAIC_AGENTS ?? AGENTS);
  if (!Number.isInteger(agents) || agents < 2) throw new Error(`--agents: not a number of agents: ${wanted}`);
  const argv = ['node', 'scripts/proof/scale-inside.mjs', String(agents)];
  const manager = process.env.MOSAIC_TEST_MANAGER === '1' ? [] : [join(ROOT, 'scripts/private-manager.sh')];
  const [file, ...args] = [...manager, ...argv];
  const { status, stdout } = spawnSync(file, args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const text = stdout.trim();
  return Promise.resolve({
    text: status === 0 ? text : `${text}\nScale: did not hold (exit ${status}).`,
    held: status === 0,
  });
}
