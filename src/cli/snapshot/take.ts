import { concealed, type Conceal } from '../../model/conceal.ts';
import { expandHome, type Fleet } from '../../model/fleet.ts';
import type { HostFacts, PathFact } from '../../model/observed.ts';
import type { Address, Observation } from '../../model/resource.ts';
import { randomHex } from '../../host/digest.ts';
import { thisHostId } from '../../host/host-id.ts';
import { pathFact, programsIn } from '../../host/path-fact.ts';
import { DEFAULT_PATH } from '../../manifest/defaults.ts';
import { kindOf } from '../../reconciler/address.ts';
import { pathsToCheck } from '../../reconciler/host-checks.ts';
import type { Look } from '../../reconciler/pass.ts';
import { EVIDENCE } from '../../reconciler/unwanted.ts';
import { thisBuild } from '../build.ts';
import type { Place } from '../context.ts';
import { installedServer, usualTmpdir } from '../facts.ts';
import { installedFleet } from '../installed.ts';
import { concealWith } from './conceal.ts';
import type { Snapshot } from './document.ts';

/** Makes a snapshot of a look, with the facts that only another manifest may ask for. Reads; changes nothing. */
export function takeSnapshot({ read, home, env }: Place, seen: Look, takenAt: string): Snapshot {
  const { fleet, observed } = seen;
  const installed = installedServer(read.files, home, fleet.name);
  const fleets = [fleet, ...(installed === undefined ? [] : [installedFleet(read.files, home, fleet.name)])];
  const { user } = observed.host;
  const paths = fleets.flatMap((one) => pathsToCheck(one, user.home).map((path) => [path, pathFact(path)] as const));
  return snapshotOf(seen, {
    takenAt,
    hostId: thisHostId(),
    salt: randomHex(16),
    tmpdir: usualTmpdir(installed, env),
    paths: Object.fromEntries(paths),
    executables: Object.fromEntries(
      searchedDirectories(fleets, user.home).flatMap((directory) => {
        const names = programsIn(directory);
        return names === undefined ? [] : [[directory, names]];
      }),
    ),
  });
}

/** Where any agent's program may be looked for: their own directories, and those of an agent that names none. */
const searchedDirectories = (fleets: readonly Fleet[], userHome: string): readonly string[] => {
  const named = fleets.flatMap(({ agents }) => agents.flatMap(({ path }) => path));
  return [...new Set([...DEFAULT_PATH, ...named].map((directory) => expandHome(directory, userHome)))].toSorted();
};

/** What a snapshot holds beside the look. */
export type Beside = Pick<Snapshot, 'takenAt' | 'hostId' | 'salt' | 'tmpdir' | 'executables'> & {
  readonly paths: Readonly<Record<string, PathFact>>;
};

/** The document of a look. Pure; secrets are concealed under the given salt. */
export function snapshotOf({ fleet, observed, activity }: Look, { paths, ...beside }: Beside): Snapshot {
  const conceal = concealWith(beside.salt);
  const host: HostFacts = { ...observed.host, paths: { ...paths, ...observed.host.paths } };
  return {
    formatVersion: '1.0',
    kind: 'Snapshot',
    mosaic: thisBuild(),
    fleet: fleet.name,
    supervisor: fleet.supervisor,
    ...beside,
    host,
    items: Object.fromEntries(
      Object.entries(observed.items).map(([address, item]) => [address, concealItem(address, item, conceal)]),
    ),
    facts: observed.facts,
    incomplete: observed.incomplete,
    activity: Object.fromEntries(
      Object.entries(activity).map(([agent, { state, source }]) => [agent, { state, source }]),
    ),
  };
}

/** Evidence is in mosaic's own words, and shown as it is. */
const concealItem = (address: Address, item: Observation, conceal: Conceal): Observation =>
  item.state === 'present' && !EVIDENCE.has(kindOf(address)) ? { ...item, spec: concealed(item.spec, conceal) } : item;
