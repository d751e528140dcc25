import type { FileReader, FileWriter, WritePort } from '../../../model/host.ts';
import { fleetUnits, isFleetName, type FleetName } from '../../../model/names.ts';
import type { Plan } from '../../../model/plan.ts';
import type { JsonObject } from '../../../model/resource.ts';
import { fleetDirectory } from '../../../providers/files/client.ts';
import type { Place } from '../../context.ts';
import { installedFleets } from '../../installed.ts';
import { formerLockPath, locked, lockPath } from '../../locked.ts';
import type { CommonOptions, Output } from '../../options.ts';
import { fileWriter } from '../../write-port.ts';
import { planJson } from '../../view/plan-json.ts';

interface Swept {
  readonly home: string;
  readonly fleet: FleetName;
  /** Socket of the server that this destroy has ended. */
  readonly ended: string | undefined;
  readonly port: WritePort;
}

/** Takes away what no plan is about, once everything else is gone. */
export function sweep({ home, fleet, ended, port }: Swept): void {
  const { files, writer } = port;
  if (ended !== undefined && files.stat(ended)?.kind === 'socket') writer.remove(ended);
  sweepFleet(home, fleet, port);
  sweepHome(home, port);
}

/** Records, holds and state: nothing reads them any more. Only below the fleet's own directories. */
function sweepFleet(home: string, fleet: FleetName, { files, writer }: WritePort): void {
  const own = fleetDirectory(home, fleet);
  // What still lies beside these carries no mark of ours, and stays.
  for (const tree of [`${own}/holds`, `${own}/record`, `${home}/state/${fleet}`]) removeTree(tree, files, writer);
  writer.remove(`${own}/server`);
  for (const directory of [`${own}/launch`, own]) writer.removeDirectory(directory);
}

/** What no fleet needs any more. */
function sweepHome(home: string, { files, writer }: WritePort): void {
  if (installedFleets(files, home).length > 0) return;
  for (const name of ['fleets', 'libexec', 'bin']) writer.removeDirectory(`${home}/${name}`);
  // The lock is ours until its file is gone, so it goes as the very last thing.
  const last = fileWriter();
  if (files.stat(formerLockPath(home))?.kind === 'file') last.remove(formerLockPath(home));
  last.remove(lockPath(home));
  last.removeDirectory(`${home}/state`);
}

function removeTree(path: string, files: FileReader, writer: FileWriter): void {
  if (files.stat(path)?.kind !== 'directory') {
    writer.remove(path);
    return;
  }
  for (const name of files.list(path) ?? []) removeTree(`${path}/${name}`, files, writer);
  writer.removeDirectory(path);
}

/**
 * Fleets of which a destroy that was broken off has left nothing but empty directories, without the record that a whole
 * one is taken up from; undefined where that is not so. A list without a name stands for the home's own directories.
 */
export function restOfFleets(place: Place, asked?: string): readonly FleetName[] | undefined {
  const { home } = place;
  const { files } = place.read;
  const installed: readonly string[] = installedFleets(files, home);
  const isFree = asked === undefined ? installed.length === 0 : !installed.includes(asked);
  if (!isFree || files.stat(`${home}/state`) === undefined) return undefined;
  const names = [...new Set([...(files.list(`${home}/fleets`) ?? []), ...(files.list(`${home}/state`) ?? [])])];
  const rest = names
    .filter(isFleetName)
    .filter((name) => name === (asked ?? name) && files.stat(`${home}/state/${name}`)?.kind !== 'file')
    .toSorted();
  return rest.every((name) => isGone(place, name)) && (installed.length === 0 || rest.length > 0) ? rest : undefined;
}

/** Nothing of the fleet but empty directories is left. */
export const isGone = (place: Place, fleet: FleetName): boolean =>
  isEmptyTree(fleetDirectory(place.home, fleet), place.read.files) && !hasUnits(place, fleet);

/** Somebody took the fleet's directory away, and the fleet is still there. */
function hasUnits({ env, identity, read: { files } }: Place, fleet: FleetName): boolean {
  const configs = [env['XDG_CONFIG_HOME'] ?? '', `${identity.home}/.config`].filter((path) => path !== '');
  const { server, template, target } = fleetUnits(fleet);
  return configs.some((path) =>
    [server, template, target].some((unit) => files.stat(`${path}/systemd/user/${unit}`) !== undefined),
  );
}

const isEmptyTree = (path: string, files: FileReader): boolean =>
  (files.list(path) ?? []).every(
    (name) => files.stat(`${path}/${name}`)?.kind === 'directory' && isEmptyTree(`${path}/${name}`, files),
  );

/** Takes up a destroy that was broken off among the last things it does. */
export async function removeRest(
  place: Place,
  rest: readonly FleetName[],
  { options, output }: { readonly options: CommonOptions; readonly output: Output },
): Promise<number> {
  await locked(place, { command: 'fleet destroy', options }, async (port) => {
    for (const fleet of rest) sweepFleet(place.home, fleet, port);
    sweepHome(place.home, port);
  });
  tellGone(place, { fleet: rest[0] ?? '', ...NOTHING }, output);
  return 0;
}

const NOTHING = { changes: [], blocked: [], deferred: [], foreign: [], holds: [], conditions: [] };

/** A fleet that is not installed: what was asked for is so. */
export function tellAbsent(place: Place, fleet: FleetName, output: Output): number {
  output.text(`Nothing to do: no fleet ${fleet} is installed in ${place.home}.`);
  output.data(destroyJson(place, { fleet, ...NOTHING }, true));
  return 0;
}

/** Says that a fleet is gone, and what in the home was not its own. */
export function tellGone(place: Place, left: Plan, output: Output): void {
  const stays = staysOf(place);
  const who = left.fleet === '' ? 'What was left of a fleet' : `Fleet ${left.fleet}`;
  output.text(`${who} is gone. ${stays.length === 0 ? 'Nothing stays.' : `What stays: ${stays.join(', ')}`}`);
  output.data(destroyJson(place, left, true));
}

/** The answer to scripts; `manifests/schema/output-destroy.json` describes it. */
export const destroyJson = (place: Place, left: Plan, destroyed: boolean): JsonObject => ({
  formatVersion: '1.0',
  fleet: left.fleet,
  destroyed,
  stays: staysOf(place),
  left: planJson(left),
});

const staysOf = ({ home, read }: Place): readonly string[] =>
  (read.files.list(home) ?? []).map((entry) => `${home}/${entry}`);
