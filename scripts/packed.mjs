// The package as users get it: packed, installed elsewhere, and then a fleet is applied with it, for real.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureBuilt, ensureDependencies, ROOT, stop } from './bootstrap.mjs';

ensureDependencies();
ensureBuilt();
// Below the checkout, because a private manager shows nothing of /tmp.
const place = mkdtempSync(join(ROOT, 'node_modules/.cache/packed-'));
const run = (argv, cwd = place) => {
  const { status, stdout, stderr } = spawnSync(argv[0], argv.slice(1), { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}\n${stdout}${stderr}`);
  return stdout;
};

const SCRIPT = `
set -eu
cd "$HOME"
export PATH="$1/bin:$PATH"
mosaic fleet init --agent worker='sleep 600' >/dev/null
mosaic fleet apply --yes 2>/dev/null
mosaic fleet verify
mosaic completion bash | bash -n
"$HOME/.config/mosaic/bin/mosaic" fleet status -o json | grep '"state": "running"'
mosaic fleet destroy --yes 2>/dev/null
`;

try {
  run(['npm', 'pack', '--silent', '--pack-destination', place, ROOT]);
  const [archive] = readdirSync(place).filter((name) => name.endsWith('.tgz'));
  run(['npm', 'install', '--global', '--silent', '--prefix', join(place, 'prefix'), join(place, archive)]);
  const inside = place.replace(ROOT, '/mnt/mosaic');
  process.stdout.write(
    run([join(ROOT, 'scripts/private-manager.sh'), 'bash', '-c', SCRIPT, 'packed', `${inside}/prefix`], ROOT),
  );
} catch (error) {
  stop(error.message);
} finally {
  rmSync(place, { recursive: true, force: true });
}
