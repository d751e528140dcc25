import { lookError } from '../../model/error.ts';
import type { FileReader, FileStat, ReadPort } from '../../model/host.ts';
import { agentOfUnit, fleetUnits, type FleetName } from '../../model/names.ts';
import type { HostFacts } from '../../model/observed.ts';
import type { Scope } from '../../model/provider.ts';
import type { Address, JsonObject, LookError, Observation, ProviderObservation } from '../../model/resource.ts';
import { octal } from '../../host/octal.ts';
import { withoutLinks } from '../../host/standing-links.ts';
import { lookAtManager, type ListedUnit, type ManagerFacts } from './client.ts';
import { findInstances, foreignUnit, shadowed, unclearSettings } from './instances.ts';
import { parseUnit, type UnitMark } from './render.ts';

const MAX_BYTES = 256 * 1024;

/** One conversation at any number of agents: what the manager says of itself, and its list of our units. Files are read. */
export async function observeUnits(port: ReadPort, scope: Scope): Promise<ProviderObservation> {
  const units = fleetUnits(scope.fleet);
  const names = [units.server, units.target, units.watch, `mosaic-${scope.fleet}@*.service`];
  const [manager, listed] = await lookAtManager(port, names, scope.signal);
  const listedAs = unitDirectory(scope.host, manager);
  const directory = withoutLinks(port.files, listedAs);
  const look: Look = { files: port.files, directory, fleet: scope.fleet, host: scope.host, manager, times: new Map() };
  const addresses = [...new Set([...wantedAddresses(scope), ...foundAddresses(look)])].toSorted();
  const errors: LookError[] = [];
  const items: Record<Address, Observation> = {};
  for (const address of addresses) items[address] = observeAddress(look, address);
  for (const unit of listed) Object.assign(items, runItem(scope.fleet, unit));
  const unlisted: LookError[] = [];
  const list = (path: string): readonly string[] => listOrNote(port.files, path, unlisted);
  const places = new Set([...manager.unitPath.map((path) => (path === listedAs ? directory : path)), directory]);
  for (const instance of findInstances(port.files, scope.fleet, [...places], list)) {
    Object.assign(items, shadowed(instance, items[`run.${instance.agent}`]));
  }
  Object.assign(items, ...unlisted.map((error) => unclearSettings(items, error)));
  errors.push(...unlisted);
  const personal = overrides(look, errors);
  const targetActive = listed.some(({ name, active }) => name === units.target && active === 'active');
  const serverState = listed.find(({ name }) => name === units.server)?.active ?? 'inactive';
  return {
    items,
    complete: errors.length === 0,
    errors,
    facts: {
      unitDirectory: directory,
      systemd: manager.version,
      targetActive,
      serverState,
      overrides: personal,
      startOverrides: personal.filter((name) => replacesStart(port.files, `${directory}/${name}`)),
      ...controllers(port.files, manager),
    },
  };
}

/** Where the cgroup v2 tree is: alone, or beside v1 (systemd's hybrid layout). */
const CGROUP_ROOTS = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'];

/** Which limits the kernel can enforce for this manager's units; nothing when it could not be read. */
function controllers(files: FileReader, { controlGroup }: ManagerFacts): JsonObject {
  for (const root of CGROUP_ROOTS) {
    const text = files.read(`${root}${controlGroup}/cgroup.controllers`);
    if (text !== undefined) return { controllers: text.split(/\s+/).filter((name) => name !== '') };
  }
  return {};
}

/** Everything of a fleet whose manager did not answer: nothing is known of any of it. */
export function unknownUnits(scope: Scope, error: LookError): ProviderObservation {
  const agents = scope.wanted.flatMap(({ address }) =>
    address.startsWith('session.') ? [`run.${address.slice('session.'.length)}`] : [],
  );
  const items = [...wantedAddresses(scope), ...agents].map(
    (address) => [address, { state: 'unknown', error }] as const,
  );
  return { items: Object.fromEntries(items), complete: false, errors: [error], facts: {} };
}

interface Look {
  readonly files: FileReader;
  readonly directory: string;
  readonly fleet: FleetName;
  readonly host: HostFacts;
  readonly manager: ManagerFacts;
  /** When directories last changed, as far as they were looked at. */
  readonly times: Map<string, number>;
}

/** Where this user's units belong, as the manager lists it: the caller's choice only when the manager reads it. */
export const unitDirectory = ({ unitDirs }: Pick<HostFacts, 'unitDirs'>, { unitPath }: ManagerFacts): string =>
  unitPath.includes(unitDirs.preferred) ? unitDirs.preferred : unitDirs.fallback;

const wantedAddresses = ({ wanted }: Scope): readonly Address[] =>
  wanted.filter(({ provider }) => provider === 'systemd').map(({ address }) => address);

/** Units, drop-ins and links with this fleet's names. Whether they are ours, their marks tell. */
function foundAddresses({ files, directory, fleet }: Look): readonly Address[] {
  const units = fleetUnits(fleet);
  const fixed = [units.server, units.template, units.target].map((name) => `unit.${name}`);
  const dropIns = (files.list(directory) ?? [])
    .filter((name) => dropInOwner(fleet, name) !== undefined)
    .map((name) => `unit.${name}/50-mosaic.conf`);
  const links = (files.list(`${directory}/${units.target}.wants`) ?? []).filter(
    (name) => agentOfUnit(fleet, name) !== undefined,
  );
  const reload = `unit.${reloadMarkName(fleet)}`;
  return [...fixed, ...dropIns, ...links.map((name) => `link.${name}`), `link.${units.target}`, reload];
}

/** The agent whose drop-ins a directory of this name holds; undefined when it is none of this fleet's. */
export const dropInOwner = (fleet: FleetName, name: string): string | undefined =>
  name.endsWith('.d') ? agentOfUnit(fleet, name.slice(0, -2)) : undefined;

/** Stands in the unit directory from the first removal of a unit until the manager has reloaded. */
export const reloadMarkName = (fleet: FleetName): string => `mosaic-${fleet}.reload`;

/** Where a link or unit address lives below the unit directory. */
export function unitPathOf(directory: string, fleet: FleetName, address: Address): string {
  const name = address.slice(address.indexOf('.') + 1);
  if (address.startsWith('unit.')) return `${directory}/${name}`;
  const wanter = name === fleetUnits(fleet).target ? 'default.target' : fleetUnits(fleet).target;
  return `${directory}/${wanter}.wants/${name}`;
}

function observeAddress(look: Look, address: Address): Observation {
  const path = unitPathOf(look.directory, look.fleet, address);
  try {
    const stat = look.files.stat(path);
    if (stat === undefined) return { state: 'absent' };
    return address.startsWith('link.') ? observeLink(look, path, stat) : observeUnitFile(look, path, stat);
  } catch (error) {
    return { state: 'unknown', error: lookError(error) };
  }
}

function observeLink(look: Look, path: string, stat: FileStat): Observation {
  const target = look.files.readLink(path) ?? '';
  const name = path.slice(path.lastIndexOf('/') + 1);
  const units = fleetUnits(look.fleet);
  const ours =
    stat.kind === 'symlink' && target.split('/').at(-1) === (name === units.target ? units.target : units.template);
  const spec: JsonObject = { target, loaded: isLoaded(look, stat, path) };
  return ours
    ? { state: 'present', owner: 'fleet', spec, fingerprint: target }
    : { state: 'present', owner: 'foreign', spec, fingerprint: target, foreignBecause: `it points to ${target}` };
}

function observeUnitFile(look: Look, path: string, stat: FileStat): Observation {
  const masked = stat.kind === 'symlink' && look.files.readLink(path) === '/dev/null';
  if (stat.kind !== 'file') return foreignUnit(`it is a ${stat.kind}`, `${stat.inode}`, masked);
  const text = look.files.read(path, MAX_BYTES, stat) ?? '';
  const { spec, mark, hash } = parseUnit(text);
  const fingerprint = `${hash} ${octal(stat.mode)}`;
  if (mark === undefined) return foreignUnit('it carries no mark of mosaic', fingerprint);
  if (mark.fleet !== look.fleet || mark.home !== look.host.home) {
    return foreignUnit(`it belongs to fleet ${mark.fleet} of the home ${mark.home}`, fingerprint);
  }
  return {
    state: 'present',
    owner: 'fleet',
    spec: Object.assign({}, spec, { mode: octal(stat.mode), loaded: isLoaded(look, stat, path) }, edited(mark)),
    fingerprint,
    ...(mark.handEdited ? { handEdited: true } : {}),
  };
}

/** An edit our reading of units makes nothing of may still mean something to the manager: it is always a difference. */
const edited = ({ handEdited }: UnitMark): JsonObject => (handEdited ? { edited: true } : {});

/**
 * Has the manager read it since it changed? A reload lost in a crash shows here. The directory counts as well, for a
 * removed neighbour, unless others write there too.
 */
function isLoaded(look: Look, stat: FileStat, path: string): boolean {
  const parent = path.slice(0, path.lastIndexOf('/'));
  const shared = parent === look.directory || parent.endsWith('/default.target.wants');
  const newest = Math.max(stat.ctimeMs, shared ? 0 : directoryTime(look, parent));
  return newest * 1000 <= look.manager.unitsLoadedAtUsec;
}

/** All links share one directory: one look at it is enough. */
function directoryTime({ files, times }: Look, directory: string): number {
  const known = times.get(directory) ?? files.stat(directory)?.ctimeMs ?? 0;
  times.set(directory, known);
  return known;
}

function runItem(fleet: FleetName, { name, load, active, sub }: ListedUnit): Record<Address, Observation> {
  const agent = agentOfUnit(fleet, name);
  if (agent === undefined) return {};
  // By a unit that cannot be loaded, for a bad setting or a file that is gone, an agent can still be stopped.
  const owner = load === 'masked' ? 'foreign' : 'fleet';
  return {
    [`run.${agent}`]: { state: 'present', owner, spec: { active, sub, load }, fingerprint: `${active}/${sub}` },
  };
}

function listOrNote(files: FileReader, directory: string, errors: LookError[]): readonly string[] {
  try {
    return files.list(directory) ?? [];
  } catch (error) {
    errors.push(lookError(error));
    return [];
  }
}

/** A user's own drop-ins for our units, by name. */
function overrides({ files, directory, fleet }: Look, errors: LookError[]): readonly string[] {
  const units = fleetUnits(fleet);
  const ours = (name: string): boolean => {
    const unit = name.endsWith('.d') ? name.slice(0, -2) : '';
    return (
      [units.server, units.template, units.target].some((known) => known === unit) ||
      agentOfUnit(fleet, unit) !== undefined
    );
  };
  return (files.list(directory) ?? []).filter(ours).flatMap((name) =>
    listOrNote(files, `${directory}/${name}`, errors)
      .filter((file) => file.endsWith('.conf') && file !== '50-mosaic.conf')
      .map((file) => `${name}/${file}`),
  );
}

/** Does a person's drop-in say what the unit starts? One that cannot be read is named with all others, and no more. */
function replacesStart(files: FileReader, path: string): boolean {
  try {
    return /^[ \t]*ExecStart[ \t]*=/m.test(files.read(path, MAX_BYTES) ?? '');
  } catch {
    return false;
  }
}
