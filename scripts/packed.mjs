// The package as users get it: packed, installed elsewhere, and then a fleet is applied with it, for real. The program in the
// guide of the library is compiled against its types, and plans for that fleet.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
mosaic fleet snapshot --out observed.json
manifest=$HOME/.config/mosaic/fleet.yaml
node "$2/use.js" "$manifest" observed.json | grep 'No changes'
sed 's/600/700/' "$manifest" >changed.yaml
code=0; node "$2/use.js" changed.yaml observed.json >said || code=$?
grep '^agent.worker: restart, command changed$' said; [ "$code" = 2 ]
code=0; echo 'kind: Fleet' | node "$2/use.js" /dev/stdin observed.json 2>/dev/null || code=$?; [ "$code" = 65 ]
mosaic fleet destroy --yes 2>/dev/null
`;

/** A project of somebody else that has the package as a dependency. */
function consumer(directory, installed) {
  mkdirSync(join(directory, 'node_modules'), { recursive: true });
  symlinkSync(installed, join(directory, 'node_modules/mosaic-fleet'));
  const [, program] = /^```ts\n(.*?)^```$/ms.exec(readFileSync(join(ROOT, 'docs/guides/library.md'), 'utf8'));
  const require = `import { createRequire } from 'node:module';\ncreateRequire(import.meta.url)('mosaic-fleet/schema/output-plan.json');\n`;
  writeFileSync(join(directory, 'use.ts'), require + program);
  writeFileSync(join(directory, 'package.json'), '{ "type": "module" }');
  const compilerOptions = { strict: true, module: 'nodenext', target: 'es2023', types: ['node'], skipLibCheck: false };
  writeFileSync(join(directory, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['use.ts'] }));
  run([process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', directory]);
}

try {
  run(['npm', 'pack', '--silent', '--pack-destination', place, ROOT]);
  const [archive] = readdirSync(place).filter((name) => name.endsWith('.tgz'));
  run(['npm', 'install', '--global', '--silent', '--prefix', join(place, 'prefix'), join(place, archive)]);
  consumer(join(place, 'consumer'), '../../prefix/lib/node_modules/mosaic-fleet');
  const inside = place.replace(ROOT, '/mnt/mosaic');
  process.stdout.write(
    run(
      [
        join(ROOT, 'scripts/private-manager.sh'),
        'bash',
        '-c',
        SCRIPT,
        'packed',
        `${inside}/prefix`,
        `${inside}/consumer`,
      ],
      ROOT,
    ),
  );
} catch (error) {
  stop(error.message);
} finally {
  rmSync(place, { recursive: true, force: true });
}
