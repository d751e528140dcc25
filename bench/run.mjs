// `npm run bench`: figures as ratios against floors measured in the same run, in a private user manager.
// Usage: node bench/run.mjs [N...]              what commands cost (default: 1 100 500)
//        node bench/run.mjs --watch [N] [--long]  what a watcher costs, and how fast it sees (default: 100)
import { spawnSync } from 'node:child_process';
import { ensureBuilt, ensureDependencies, ROOT } from '../scripts/bootstrap.mjs';

ensureDependencies();
ensureBuilt();
const inside = process.env.MOSAIC_TEST_MANAGER === '1';
const args = process.argv.slice(2);
const bench = args.includes('--watch') ? 'bench/watch.mjs' : 'bench/inside.mjs';
const command = ['node', bench, ...args.filter((arg) => arg !== '--watch')];
const argv = inside ? command : [`${ROOT}/scripts/private-manager.sh`, ...command];
process.exitCode = spawnSync(argv[0], argv.slice(1), { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
