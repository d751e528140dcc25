import { FleetError } from '../model/error.ts';
import { lockHolder, type Holder } from '../host/lock.ts';
import { fleetUnits, type FleetName } from '../model/names.ts';
import { textOf } from '../model/resource.ts';
import { systemdCall, type UnitState } from '../providers/systemd/client.ts';
import { isByItsUnit, watcherState } from '../providers/systemd/watch-service.ts';
import { readWatchUnit, renderWatchUnit, type WatchPlace, type WatchUnit } from '../providers/systemd/watch-unit.ts';
import type { Look } from '../reconciler/pass.ts';
import { thisBuild } from './build.ts';
import type { Place } from './context.ts';
import { watchLockPath } from './watch/state.ts';

/** The watcher's unit as `status` tells it. */
export interface WatcherStatus {
  readonly unit: string;
  readonly state:
    'not-installed' | 'running' | 'starting' | 'restarting' | 'failed' | 'stopped' | 'foreign' | 'unknown';
  readonly sinceMs: number | undefined;
  readonly auto: string | undefined;
  /** The unit is not what this mosaic would write: it is of another build, or somebody edited it. */
  readonly outdated: boolean;
  /** Why it is foreign or unknown, or does not get on. */
  readonly because: string | undefined;
}

/** The text that this build writes for a watcher that is started so. */
export const watchUnitText = (watch: WatchPlace, command: Parameters<typeof renderWatchUnit>[1]): string =>
  renderWatchUnit(watch, command, thisBuild().build);

/** How the watcher's unit is. Asks the manager only where there is one. */
export async function watcherStatus(place: Place, { fleet, observed }: Look): Promise<WatcherStatus> {
  const { read, exec } = place;
  const unit = fleetUnits(fleet.name).watch;
  const none = { unit, sinceMs: undefined, auto: undefined, outdated: false, because: undefined };
  const watch: WatchPlace = { fleet: fleet.name, host: observed.host };
  const directory = textOf(observed.facts['unitDirectory']);
  // Without systemd as supervisor, or without an answer of its, nothing was asked of the manager.
  if (directory === '') return { ...none, state: 'not-installed' };
  try {
    const seen = readWatchUnit(read.files, directory, watch);
    if (seen.state === 'absent') return { ...none, state: 'not-installed' };
    if (seen.state === 'foreign') return { ...none, state: 'foreign', because: seen.because };
    return {
      ...none,
      ...installedStatus(place, { watch, seen, now: await watcherState(systemdCall(exec), fleet.name) }),
    };
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return { ...none, state: 'unknown', because: error.message };
  }
}

/** Who watches the fleet, where it is not the watcher's unit. */
export function otherWatcher({ home, read }: Pick<Place, 'home' | 'read'>, fleet: FleetName): Holder | undefined {
  const holder = lockHolder(watchLockPath(home, fleet));
  if (holder === undefined) return undefined;
  return read.processes.cgroupOf(holder.pid)?.endsWith(`/${fleetUnits(fleet).watch}`) === true ? undefined : holder;
}

interface Installed {
  readonly watch: WatchPlace;
  readonly seen: Extract<WatchUnit, { state: 'ours' }>;
  readonly now: UnitState;
}

function installedStatus(place: Place, { watch, seen, now }: Installed): Omit<WatcherStatus, 'unit'> {
  const state = stateOf(now);
  // Of what it runs by, an installation that was broken off has left no word.
  const isStale = state === 'running' && !isByItsUnit(place.read.files, now);
  return {
    state,
    sinceMs: sinceMs(now),
    auto: isStale ? undefined : seen.command?.auto,
    outdated: isStale || seen.command === undefined || seen.text !== watchUnitText(watch, seen.command),
    because: state === 'running' ? undefined : watchedBy(place, watch.fleet),
  };
}

function watchedBy(place: Place, fleet: FleetName): string | undefined {
  const other = otherWatcher(place, fleet);
  return other === undefined ? undefined : `the fleet is watched by ${holderText(other)}`;
}

/** Who it is, as people are told. */
export const holderText = ({ pid, command, since }: Holder): string => `pid ${pid} (${command}) since ${since}`;

function stateOf({ active, sub }: UnitState): WatcherStatus['state'] {
  if (active === 'failed') return 'failed';
  if (active === 'activating') return sub.startsWith('auto-restart') ? 'restarting' : 'starting';
  return active === 'active' || active === 'reloading' ? 'running' : 'stopped';
}

const sinceMs = ({ changedUsec }: UnitState): number | undefined =>
  changedUsec === 0 ? undefined : Math.floor(changedUsec / 1000);
