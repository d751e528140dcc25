import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { sh, type Ended } from '../support/process.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
/**
 * A machine with Node and nothing else: no program on any usual PATH, no home, no user manager, no environment, and a
 * user whom the password database does not know. Arguments: where the programs of this machine are to be found instead, the
 * home, then what `env` takes: variables, and the program to run.
 */
export const BARE = `
  mkdir -p "$1"; mount --bind /usr/bin "$1"
  for place in "$2" /run/user /usr/bin; do mount -t tmpfs none "$place"; done
  programs=$1; shift 2
  exec "$programs/unshare" -U --map-user=54321 --map-group=54321 "$programs/env" -i "$@"`;

/** `mosaic fleet ARGS` on such a machine. `root` stays what it is; everything that is named must lie below it. */
export function bareMosaic(root: string, args: readonly string[]): Promise<Ended> {
  const programs = join(root, 'programs');
  const argv = [join(programs, 'node'), MOSAIC, 'fleet', ...args];
  return sh(['unshare', '-Urm', 'sh', '-ec', BARE, 'sh', programs, homedir(), ...argv]);
}
