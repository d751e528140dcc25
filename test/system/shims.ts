import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { sh, type Ended } from '../support/process.ts';
import type { LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');

/** The second namespace gives back the own uid, which the user manager asks for. */
const INSTEAD = `
  places=$1 uid=$2; shift 2
  for script in "$places"/instead/*; do
    name=\${script##*/}
    touch "$places/real/$name"
    mount --bind "/usr/bin/$name" "$places/real/$name"
    mount --bind "$script" "/usr/bin/$name"
  done
  exec unshare -U --map-user="$uid" --map-group="$uid" "$@"`;

/** Runs one command of a fleet on a machine where these programs are others. */
export type Shimmed = (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ended>;

let made = 0;

/** Each script stands for the program it is named by; to it alone, `$real` is the directory of the true ones. */
export function shimmed(live: LiveFleet, scripts: Readonly<Record<string, string>>, family = 'fleet'): Shimmed {
  const places = join(live.root, `shims-${(made += 1)}`);
  for (const name of ['real', 'instead']) mkdirSync(join(places, name), { recursive: true });
  for (const [name, script] of Object.entries(scripts)) {
    const path = join(places, 'instead', name);
    writeFileSync(path, `#!/bin/bash\nreal=${places}/real\n${script}\n`);
    chmodSync(path, 0o755);
  }
  const namespace = ['unshare', '-Urm', 'sh', '-ec', INSTEAD, 'sh', places, String(process.getuid?.())] as const;
  return (args, more = {}) => {
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir, ...more };
    return sh([...namespace, process.execPath, MOSAIC, family, ...args], { env, timeoutMs: 60_000 });
  };
}
