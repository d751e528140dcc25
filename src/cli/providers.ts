import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FleetError } from '../model/error.ts';
import type { Provider } from '../model/provider.ts';
import { filesProvider } from '../providers/files/provider.ts';
import { startedWith, type Assets } from '../providers/files/spec.ts';
import { systemdProvider } from '../providers/systemd/provider.ts';
import { tmuxProvider } from '../providers/tmux/provider.ts';

/** Every kind of thing on the machine. What a manifest wants of them can be told without a machine. */
export function createProviders(): readonly Provider[] {
  const assets = readAssets();
  return [
    systemdProvider,
    tmuxProvider(startedWith(assets)),
    // Last: it reads files while the others wait for the programs they started.
    filesProvider(assets),
  ];
}

/** The package's own directory: where `bin`, `libexec` and `manifests` are. */
export function packageDirectory(): string {
  let directory = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(resolve(directory, 'package.json'))) {
    const parent = dirname(directory);
    if (parent === directory) throw new FleetError('E_INTERNAL', 'the package of mosaic has no package.json');
    directory = parent;
  }
  return directory;
}

function readAssets(): Assets {
  const directory = `${packageDirectory()}/libexec`;
  const names = readdirSync(directory)
    .filter((name) => name.includes('agent'))
    .toSorted();
  return { helpers: Object.fromEntries(names.map((name) => [name, readFileSync(`${directory}/${name}`, 'utf8')])) };
}
