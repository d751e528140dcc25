// `npm run bench:peers`: the same fleets through mosaic and the tools people use for it today, where they are installed.
// Writes docs/benchmarks.md.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { ensureBuilt, ensureDependencies, ROOT } from '../../scripts/bootstrap.mjs';
import { pageOf } from './page.mjs';

ensureDependencies();
ensureBuilt();
const { status, stdout } = spawnSync(`${ROOT}/scripts/private-manager.sh`, ['node', 'bench/peers/inside.mjs'], {
  cwd: ROOT,
  stdio: ['ignore', 'pipe', 'inherit'],
  encoding: 'utf8',
});
if (status === 0) {
  const machine = `${cpus().length} cores, node ${process.version}`;
  writeFileSync(join(ROOT, 'docs/benchmarks.md'), pageOf(JSON.parse(stdout), machine));
  spawnSync('npx', ['prettier', '--write', 'docs/benchmarks.md'], { cwd: ROOT });
  process.stdout.write('docs/benchmarks.md is written\n');
}
process.exitCode = status ?? 1;
