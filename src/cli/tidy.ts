import { FleetError } from '../model/error.ts';
import { fleetUnits, type FleetName } from '../model/names.ts';
import type { FileReader } from '../model/host.ts';
import type { HostFacts } from '../model/observed.ts';
import { sweepTemporaries } from '../host/temporary.ts';
import { fleetDirectory } from '../providers/files/client.ts';

/** Removes what a command that was killed left half written, in every directory this fleet's files live in. */
export function tidy(files: FileReader, fleet: FleetName, host: HostFacts): void {
  try {
    sweepAll(files, fleet, host);
  } catch (error) {
    // A directory that cannot be read is told by the look that follows, as unknown.
    if (!(error instanceof FleetError)) throw error;
  }
}

function sweepAll(files: FileReader, fleet: FleetName, { home, unitDirs }: HostFacts): void {
  const own = fleetDirectory(home, fleet);
  const ours = [home, `${home}/bin`, `${home}/libexec`, `${home}/state/${fleet}`, own, `${own}/launch`, `${own}/holds`];
  const units = [...new Set(Object.values(unitDirs))].flatMap((directory) => unitDirectories(files, fleet, directory));
  for (const directory of [...ours, ...units]) sweepTemporaries(directory);
}

function unitDirectories(files: FileReader, fleet: FleetName, directory: string): readonly string[] {
  const dropIns = (files.list(directory) ?? []).filter(
    (name) => name.startsWith(`mosaic-${fleet}@`) && name.endsWith('.service.d'),
  );
  const names = ['default.target.wants', `${fleetUnits(fleet).target}.wants`, ...dropIns];
  return [directory, ...names.map((name) => `${directory}/${name}`)];
}
