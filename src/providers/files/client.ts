import type { FleetName } from '../../model/names.ts';

/** Where things of a fleet live below the Mosaic home. */
export const fleetDirectory = (home: string, fleet: FleetName): string => `${home}/fleets/${fleet}`;
export const launchPath = (home: string, fleet: FleetName, agent: string): string =>
  `${fleetDirectory(home, fleet)}/launch/${agent}`;
export const recordDirectory = (home: string, fleet: FleetName, agent: string): string =>
  `${fleetDirectory(home, fleet)}/record/${agent}`;
/** Written by the watcher: the run after whose end it gave an agent up, where no user manager does that. */
export const gaveUpPath = (home: string, fleet: FleetName, agent: string): string =>
  `${recordDirectory(home, fleet, agent)}/gave-up`;
export const holdPath = (home: string, fleet: FleetName, agent: string): string =>
  `${fleetDirectory(home, fleet)}/holds/${agent}`;

/** The absolute path behind a `file.` or `launch.` address. */
export function pathOf(home: string, fleet: FleetName, address: string): string {
  const name = address.slice(address.indexOf('.') + 1);
  return address.startsWith('launch.') ? launchPath(home, fleet, name) : `${home}/${name}`;
}
