import { FleetError } from '../model/error.ts';
import { lockHolder, type Holder } from '../host/lock.ts';
import { fleetUnits, type FleetName } from '../model/names.ts';
import { textOf } from '../model/resource.ts';
import { systemdCall, type UnitState } from '../providers/systemd/client.ts';
import { watcherState } from '../providers/systemd/watch-service.ts';
import { readWatchUnit, renderWatchUnit, type WatchPlace } from '../providers/systemd/watch-unit.ts';
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
    const now = await watcherState(systemdCall(exec), fleet.name);
    const outdated = seen.command === undefined || seen.text !== watchUnitText(watch, seen.command);
    const other = stateOf(now) === 'running' ? undefined : otherWatcher(place, fleet.name);
    const because = other === undefined ? undefined : `the fleet is watched by ${holderText(other)}`;
    return { ...none, because, state: stateOf(now), sinceMs: sinceMs(now), auto: seen.command?.auto, outdated };
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

/** Who it is, as people are told. */
export const holderText = ({ pid, command, since }: Holder): string => `pid ${pid} (${command}) since ${since}`;

function stateOf({ active, sub }: UnitState): WatcherStatus['state'] {
  if (active === 'failed') return 'failed';
  if (active === 'activating') return sub.startsWith('auto-restart') ? 'restarting' : 'starting';
  return active === 'active' || active === 'reloading' ? 'running' : 'stopped';
}

const sinceMs = ({ changedUsec }: UnitState): number | undefined =>
  changedUsec === 0 ? undefined : Math.floor(changedUsec / 1000);
