import { dirname, join, resolve } from 'node:path';
import { FleetError } from '../model/error.ts';
import type { FileReader } from '../model/host.ts';

/** As many links as Linux follows in one path (path_resolution(7)). */
const MAX_LINKS = 40;

/**
 * The same place without symbolic links on the way, as people have them who keep `~/.config` elsewhere. Asked once, before
 * anything is done: from then on a link that turns up on the way is refused. What does not exist yet is kept as it is.
 */
export function withoutLinks(files: Pick<FileReader, 'stat' | 'readLink'>, path: string): string {
  let done = '/';
  let rest = path.split('/').filter((name) => name !== '');
  let links = 0;
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    const next = join(done, name);
    const kind = files.stat(next)?.kind;
    if (kind === undefined) return join(next, ...rest);
    if (kind !== 'symlink') {
      done = next;
      continue;
    }
    links += 1;
    if (links > MAX_LINKS) throw new FleetError('E_SYMLINK', `${path} leads through too many symbolic links`);
    const target = resolve(dirname(next), files.readLink(next) ?? '');
    rest = [...target.split('/').filter((part) => part !== ''), ...rest];
    done = '/';
  }
  return done;
}
