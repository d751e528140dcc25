import type { JsonObject } from '../../model/resource.ts';
import type { WatcherStatus } from '../watcher.ts';
import { printable } from './printable.ts';

/** How the watcher's unit is, in a line; none, where nobody has installed one and nobody asks for all there is to say. */
export function watchUnitLines(watcher: WatcherStatus, verbose: boolean): readonly string[] {
  const { state, unit, sinceMs, auto, outdated, because = '' } = watcher;
  if (state === 'not-installed' && !verbose) return [];
  const since = sinceMs === undefined ? '' : ` since ${new Date(sinceMs).toISOString().replace(/\.\d+Z$/, 'Z')}`;
  const mode = auto === undefined ? '' : `, --auto ${auto}`;
  const why = because === '' ? '' : ` (${because})`;
  const texts: Readonly<Record<WatcherStatus['state'], string>> = {
    'not-installed': 'not installed',
    running: `running${since}${mode}`,
    starting: `starting${since}${mode}`,
    restarting: `failed${since}${why}, and is started again in a moment; see journalctl --user -u ${unit}`,
    failed: `failed${since}${why}; see journalctl --user -u ${unit}`,
    stopped: `not running${since}${why}; to start it: systemctl --user start ${unit}`,
    foreign: `${unit} is not ours: ${because}`,
    unknown: `unknown: ${because}`,
  };
  const hint = outdated ? '; its unit is outdated: mosaic fleet watch --install' : '';
  return [printable(`Watch: ${texts[state]}${hint}`)];
}

/** The watcher's unit as scripts read it. */
export const watchUnitJson = ({ unit, state, sinceMs, auto, outdated, because }: WatcherStatus): JsonObject => ({
  name: unit,
  state,
  outdated,
  ...(sinceMs === undefined ? {} : { since: new Date(sinceMs).toISOString() }),
  ...(auto === undefined ? {} : { auto }),
  ...(because === undefined ? {} : { message: because }),
});
