// `npm run bench`: figures as ratios against floors measured in the same run, in a private user manager.
// Usage: node bench/run.mjs [N...]     (default: 1 100 500)
import { spawnSync } from 'node:child_process';
import { ensureBuilt, ensureDependencies, ROOT } from '../scripts/bootstrap.mjs';

ensureDependencies();
ensureBuilt();
const inside = process.env.MOSAIC_TEST_MANAGER === '1';
const command = ['node', 'bench/inside.mjs', ...process.argv.slice(2)];
const argv = inside ? command : [`${ROOT}/scripts/private-manager.sh`, ...command];
process.exitCode = spawnSync(argv[0], argv.slice(1), { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
