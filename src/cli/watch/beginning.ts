import { FleetError } from '../../model/error.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { GoodReading, Heritage } from '../../reconciler/watch/reading.ts';
import type { Place } from '../context.ts';
import { lastGoodPath, recallLastGood, recallNotify } from './last-good.ts';
import { exposureOf, type ExposurePlace, type ManifestSource } from './manifest.ts';
import { readWatchState } from './state.ts';

/** The manifest as it is, or as it last was good: a mistake in it must not leave the fleet alone after a reboot. */
export async function firstManifest(source: ManifestSource, path: string, place: ExposurePlace): Promise<GoodReading> {
  const reading = await source.read();
  if (reading.isGood) return reading;
  const last = await recallLastGood(place.read.files, place.home, path);
  if (last === undefined) throw source.refusal() ?? new FleetError('E_MANIFEST', reading.condition.message);
  return { ...last, ...exposureOfRecord(last.fleet, place), ...exposureOf(last.fleet, path, place) };
}

/** What lies where an agent can write is no word of the watcher before. */
export function heritageOf(fleet: Fleet, manifest: string, place: Place): Heritage {
  const { read, home } = place;
  const { starts = {} } = readWatchState(read.files, home, fleet.name) ?? {};
  const isOpen = exposureOfRecord(fleet, place).exposed !== undefined;
  return { starts, notify: isOpen ? [] : recallNotify(read.files, home, fleet.name, manifest) };
}

const exposureOfRecord = (fleet: Fleet, place: ExposurePlace): Pick<GoodReading, 'exposed'> =>
  exposureOf(fleet, lastGoodPath(place.home, fleet.name), place, 'the record of the last good manifest');
