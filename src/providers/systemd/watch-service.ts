import { FleetError } from '../../model/error.ts';
import type { FileReader, ReadPort, WritePort } from '../../model/host.ts';
import { fleetUnits, type FleetName } from '../../model/names.ts';
import { withoutLinks } from '../../host/standing-links.ts';
import { backupDirectory, keepBackup } from '../../host/backup.ts';
import {
  changeUnits,
  daemonReload,
  listUnits,
  managerFacts,
  resetFailed,
  systemdCall,
  unitState,
  type Call,
  type UnitState,
} from './client.ts';
import { unitDirectory } from './observe.ts';
import { readWatchUnit, type WatchPlace, type WatchUnit } from './watch-unit.ts';

const UNIT_MODE = 0o644;
/** systemd's own limit for a stop: a step that has begun is finished (systemd-system.conf(5)). */
const STOP_MS = 90_000;

/** Writes the unit and its enable link and has the manager read them. Refuses (E_EXISTS) what is not ours. */
export async function installWatchUnit(
  port: WritePort,
  place: WatchPlace,
  textFor: (seen: WatchUnit) => string,
): Promise<void> {
  const call = systemdCall(port.exec);
  const directory = await directoryOf(port, place);
  const seen = readWatchUnit(port.files, directory, place);
  refuseForeign(seen);
  const { unit, wants, link } = namesOf(directory, place.fleet);
  refuseForeignLink(port.files, link, place.fleet);
  const text = textFor(seen);
  if (seen.state === 'ours' && seen.handEdited) {
    keepBackup(port, unit, backupDirectory(place.host.home, place.fleet), fleetUnits(place.fleet).watch);
  }
  port.writer.makeDirectory(wants, 0o755);
  port.writer.write(unit, text, UNIT_MODE);
  port.writer.link(link, `../${fleetUnits(place.fleet).watch}`);
  await daemonReload(call);
}

/** Stops the watcher and removes its unit. Refuses (E_EXISTS) what is not ours. False: there was none. */
export async function removeWatchUnit(port: WritePort, place: WatchPlace): Promise<boolean> {
  const { watch } = fleetUnits(place.fleet);
  const call = systemdCall(port.exec);
  const directory = await directoryOf(port, place);
  const { unit, wants, link } = namesOf(directory, place.fleet);
  const seen = readWatchUnit(port.files, directory, place);
  refuseForeign(seen);
  refuseForeignLink(port.files, link, place.fleet);
  const isLoaded = await isOurUnitLoaded(port, watch, unit);
  const isThere = seen.state === 'ours' || isLoaded || port.files.stat(link) !== undefined;
  if (!isThere) return false;
  if (isLoaded) await changeUnits(call, { verb: 'stop', units: [watch], patienceMs: STOP_MS });
  port.writer.remove(link);
  port.writer.remove(unit);
  port.writer.removeDirectory(wants);
  await daemonReload(call);
  await resetFailed(call, [watch]);
  return true;
}

/** Where the unit belongs, without links on the way: beyond those the writer follows none. */
const directoryOf = async ({ exec, files }: ReadPort, { host }: WatchPlace): Promise<string> =>
  withoutLinks(files, unitDirectory(host, await managerFacts(systemdCall(exec))));

/** A unit whose file was deleted lives on in the manager, which still knows where the file was. */
async function isOurUnitLoaded({ exec, files }: WritePort, name: string, path: string): Promise<boolean> {
  const call = systemdCall(exec);
  const [listed] = await listUnits(call, [name]);
  return listed !== undefined && withoutLinks(files, (await unitState(call, name)).path) === path;
}

/** The first pass may start a whole fleet, or wait for another mosaic: it is waited for so long, and then goes on. */
const START_MS = 20_000;

/**
 * Starts the watcher, or starts it anew where it runs by another text of its unit, and waits a while until it is up. The
 * unit's state tells what came of it.
 */
export async function startWatcher({ exec, files }: Pick<ReadPort, 'exec' | 'files'>, fleet: FleetName): Promise<void> {
  const call = systemdCall(exec);
  const { watch } = fleetUnits(fleet);
  const verb = isByItsUnit(files, await unitState(call, watch)) ? 'start' : 'restart';
  await resetFailed(call, [watch]);
  try {
    await call(['systemctl', '--user', verb, watch], START_MS);
  } catch (error) {
    // The manager goes on with what it was asked.
    if (!(error instanceof FleetError) || error.code !== 'E_SYSTEMD_TIMEOUT') throw error;
  }
}

/** False where the unit file has changed since: whoever wrote it may have been killed before it could start it anew. */
export const isByItsUnit = (files: FileReader, { path, changedUsec }: UnitState): boolean =>
  (files.stat(path)?.ctimeMs ?? Infinity) * 1000 <= changedUsec;

/** How the watcher's unit is right now. */
export const watcherState = (call: Call, fleet: FleetName): Promise<UnitState> =>
  unitState(call, fleetUnits(fleet).watch);

function namesOf(directory: string, fleet: FleetName): { readonly [name in 'unit' | 'wants' | 'link']: string } {
  const { watch } = fleetUnits(fleet);
  const wants = `${directory}/default.target.wants`;
  return { unit: `${directory}/${watch}`, wants, link: `${wants}/${watch}` };
}

function refuseForeign(seen: WatchUnit): void {
  if (seen.state === 'foreign') throw new FleetError('E_EXISTS', `${seen.path} is not ours: ${seen.because}`);
}

function refuseForeignLink(files: FileReader, path: string, fleet: FleetName): void {
  const stat = files.stat(path);
  if (stat === undefined) return;
  const target = stat.kind === 'symlink' ? (files.readLink(path) ?? '') : '';
  if (target.split('/').at(-1) === fleetUnits(fleet).watch) return;
  const what = target === '' ? `it is a ${stat.kind}` : `it points to ${target}`;
  throw new FleetError('E_EXISTS', `${path} is not ours: ${what}`);
}
