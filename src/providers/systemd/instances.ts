import type { FileReader } from '../../model/host.ts';
import { agentOfUnit, type AgentName, type FleetName } from '../../model/names.ts';
import type { Address, LookError, Observation } from '../../model/resource.ts';

/** A unit file with the very name of an agent's unit. We never write one; the manager prefers it to our template. */
export interface Instance {
  readonly agent: AgentName;
  readonly unit: string;
  readonly path: string;
  readonly masked: boolean;
  /** Changes whenever the file does. */
  readonly fingerprint: string;
}

/** Instance files of this fleet's agents. Of two with one name the earlier directory's counts, as for the manager. */
export function findInstances(
  files: FileReader,
  fleet: FleetName,
  directories: readonly string[],
  list: (directory: string) => readonly string[],
): readonly Instance[] {
  const found = new Map<string, Instance>();
  for (const directory of directories) {
    for (const unit of list(directory)) {
      const agent = agentOfUnit(fleet, unit);
      if (agent === undefined || found.has(unit)) continue;
      found.set(unit, { agent, unit, path: `${directory}/${unit}`, ...lookOf(files, `${directory}/${unit}`) });
    }
  }
  return [...found.values()];
}

function lookOf(files: FileReader, path: string): Pick<Instance, 'masked' | 'fingerprint'> {
  const stat = files.stat(path);
  const isLink = stat?.kind === 'symlink';
  return {
    masked: isLink ? files.readLink(path) === '/dev/null' : stat?.size === 0,
    fingerprint: `${stat?.inode ?? 0} ${stat?.ctimeMs ?? 0}`,
  };
}

/**
 * What such a file means for its agent. A mask only keeps the agent from starting. Any other file is what the manager
 * would start and stop under the agent's name, so the agent's own settings stand behind something foreign.
 */
export function shadowed(instance: Instance, run: Observation | undefined): Readonly<Record<Address, Observation>> {
  const { agent, unit, path, masked, fingerprint } = instance;
  const foreign = foreignUnit(`a unit file of its own stands at ${path}`, fingerprint, masked);
  const seen = run?.state === 'present' ? run : NOT_LOADED;
  if (masked) {
    const spec = { ...seen.spec, load: 'masked' };
    return { [`unit.${unit}`]: foreign, [`run.${agent}`]: { ...seen, owner: 'foreign', spec } };
  }
  return {
    [`unit.${unit}`]: foreign,
    [`unit.${unit}.d/50-mosaic.conf`]: foreign,
    ...(run === undefined ? {} : { [`run.${agent}`]: { ...seen, owner: 'foreign' as const } }),
  };
}

/** After a look that failed: where such a file may stand unseen, nobody can say whose the settings beside it are. */
export const unclearSettings = (
  items: Readonly<Record<Address, Observation>>,
  error: LookError,
): Readonly<Record<Address, Observation>> =>
  Object.fromEntries(
    Object.entries(items).flatMap(([address, seen]) => {
      const isTaken = seen.state === 'present' && seen.owner === 'foreign';
      return address.endsWith('.d/50-mosaic.conf') && !isTaken ? [[address, { state: 'unknown', error }]] : [];
    }),
  );

const NOT_LOADED = {
  state: 'present',
  spec: { active: 'inactive', sub: 'dead', load: 'masked' },
  fingerprint: 'inactive/dead',
} as const;

/** A unit that is not ours, and why. */
export const foreignUnit = (foreignBecause: string, fingerprint: string, masked = false): Observation => ({
  state: 'present',
  owner: 'foreign',
  spec: masked ? { masked } : {},
  fingerprint,
  foreignBecause: masked ? 'it is masked' : foreignBecause,
});
