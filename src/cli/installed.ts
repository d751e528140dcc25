import type { Agent, Fleet, Program, RestartPolicy, UpdatePolicy } from '../model/fleet.ts';
import type { FileReader } from '../model/host.ts';
import { isAgentName, isFleetName, isSocketName, type FleetName } from '../model/names.ts';
import type { Condition } from '../model/plan.ts';
import { FleetError } from '../model/error.ts';
import { fleetDirectory, launchPath } from '../providers/files/client.ts';
import { parseLaunch } from '../providers/files/launch.ts';
import { withInstalledSettings } from '../providers/systemd/settings.ts';
import { dropInName } from '../providers/systemd/spec.ts';
import type { Place } from './context.ts';
import { installedServer, unitDirectories } from './facts.ts';
import { loadFleet, ManifestError, type LoadedFleet } from './load-fleet.ts';
import { recallApplied } from './manifest-cache.ts';
import type { CommonOptions, Output } from './options.ts';
import { printable } from './view/printable.ts';

/** Fleets that this home holds, by the records of their servers. */
export const installedFleets = (files: FileReader, home: string): readonly FleetName[] =>
  (files.list(`${home}/fleets`) ?? [])
    .filter(isFleetName)
    .filter((name) => installedServer(files, home, name) !== undefined);

/** The fleet as it is installed, from the marks alone: what a broken manifest leaves us with. */
export function installedFleet(files: FileReader, home: string, name: FleetName): Fleet {
  const server = installedServer(files, home, name);
  const socket = server?.socket.split('/').at(-1) ?? '';
  if (server === undefined || !isSocketName(socket)) {
    throw new FleetError('E_MANIFEST_MISSING', `no fleet ${name} is installed in ${home}`);
  }
  const agents = (files.list(`${fleetDirectory(home, name)}/launch`) ?? []).filter(isAgentName).flatMap((agent) => {
    const launch = parseLaunch(files.read(launchPath(home, name, agent)) ?? '')?.launch;
    return launch === undefined ? [] : [installedAgent(agent, launch)];
  });
  return {
    name,
    socket,
    tmpdir: undefined,
    historyLimit: 20_000,
    size: server.size,
    options: {},
    notify: [],
    supervisor: server.supervisor === 'tmux' ? 'tmux' : 'systemd',
    agentsMayManage: false,
    adapters: {},
    agents,
  };
}

type InstalledLaunch = NonNullable<ReturnType<typeof parseLaunch>>['launch'];

function installedAgent(name: Agent['name'], launch: InstalledLaunch): Agent {
  const program: Program = { kind: 'command', argv: launch.command };
  return {
    name,
    description: launch.description,
    labels: launch.labels,
    program,
    workingDirectory: launch.workingDirectory,
    path: launch.path.split(':').slice(0, -1),
    env: launch.env,
    envFiles: launch.envFiles,
    state: 'running',
    restart: { policy: oneOf(launch.restart, RESTARTS), delayMs: 2000, burst: 5, windowMs: 60_000 },
    stop: { timeoutMs: launch.stop * 1000 },
    limits: {},
    updatePolicy: oneOf(launch.updatePolicy, UPDATES),
    resume: launch.resume,
    adapter: launch.adapter,
    protect: launch.protect,
    line: 0,
  };
}

const RESTARTS: readonly [RestartPolicy, ...RestartPolicy[]] = ['on-failure', 'always', 'never'];
const UPDATES: readonly [UpdatePolicy, ...UpdatePolicy[]] = ['when-idle', 'immediate', 'manual'];

/** The first is what an unreadable value falls back to. */
const oneOf = <T extends string>(text: string, known: readonly [T, ...T[]]): T =>
  known.find((word) => word === text) ?? known[0];

/**
 * The fleet that stands in for its manifest: agents with the settings of their units, and of the fleet what was last
 * applied. What nobody can know then must look like no change.
 */
export function standingFleet({ read, home, env }: Place, name: FleetName): Fleet {
  const { files } = read;
  const fleet = installedFleet(files, home, name);
  const applied = recallApplied(files, home, name);
  const { preferred, fallback } = unitDirectories(env, installedServer(files, home, name)?.userHome ?? '');
  const settings = (agent: Agent): string =>
    files.read(`${preferred}/${dropInName(name, agent.name)}`) ??
    files.read(`${fallback}/${dropInName(name, agent.name)}`) ??
    '';
  const agents = fleet.agents.map((agent) => ({
    ...withInstalledSettings(agent, settings(agent)),
    state: applied?.agents.find((one) => one.name === agent.name)?.state ?? agent.state,
  }));
  if (applied === undefined) return { ...fleet, agents };
  const { historyLimit, options, notify, agentsMayManage, adapters } = applied;
  return { ...fleet, historyLimit, options, notify, agentsMayManage, adapters, agents };
}

export interface FleetInForce {
  readonly fleet: Fleet;
  readonly loaded?: LoadedFleet;
  /** ManifestInvalid, when the manifest could not be used and what is installed stands in for it. */
  readonly conditions: readonly Condition[];
}

/**
 * What `loadFleetOrAround` gives; with a broken manifest, or without the usual one, the fleet that is installed here.
 * One that the caller names and that is not there was meant otherwise.
 */
export async function loadFleetOrInstalled(
  options: CommonOptions,
  place: Place,
  output: Output,
): Promise<FleetInForce> {
  try {
    return await loadFleetOrAround(options, place);
  } catch (error) {
    if (!(error instanceof FleetError) || error.exit !== 65 || isNamedInVain(error, options)) throw error;
    return standIn(error, fleetAround(options, place), { place, output });
  }
}

/** The manifest that `-f` names is not there. */
export const isNamedInVain = (error: unknown, { manifest }: CommonOptions): boolean =>
  manifest !== undefined && error instanceof FleetError && error.code === 'E_MANIFEST_MISSING';

/** The manifest's fleet; inside an agent whose fleet the usual manifest is not about, that one as it is installed. */
export async function loadFleetOrAround(options: CommonOptions, place: Place): Promise<FleetInForce> {
  const found = await loadOrElsewhere(options, place, fleetAround(options, place));
  if ('because' in found) return asInstalled(found, place);
  return { fleet: found.fleet, loaded: found, conditions: [] };
}

/**
 * The fleet for whoever types into its terminals: what is installed knows no adapter of the manifest, so a question
 * on a screen could be answered by accident. A manifest that cannot be used is refused. Inside an agent whose fleet the
 * usual manifest is not about, the one that was last applied.
 */
export async function loadFleetToType(options: CommonOptions, place: Place): Promise<Fleet> {
  const found = await loadOrElsewhere(options, place, fleetAround(options, place));
  if (!('because' in found)) return found.fleet;
  const applied = recallApplied(place.read.files, place.home, found.name);
  if (applied !== undefined) return applied;
  throw new FleetError(
    'E_MANIFEST_MISSING',
    `${elsewhereText(found)}, and ${place.home} holds no record of it by this mosaic: nobody knows its adapters`,
    { hint: 'Name it with -f, or apply it once more.' },
  );
}

/** A fleet whose manifest is not the usual one, and how that is known. */
interface Elsewhere {
  readonly name: FleetName;
  readonly because: string;
}

/** The manifest, unless it is missing or about another fleet than `own`, the one around this command. */
async function loadOrElsewhere(
  options: CommonOptions,
  place: Place,
  own: FleetName | undefined,
): Promise<LoadedFleet | Elsewhere> {
  try {
    const loaded = await loadFleet(options, place);
    if (own === undefined || loaded.fleet.name === own) return loaded;
    return { name: own, because: `${loaded.file} is about fleet ${loaded.fleet.name}` };
  } catch (error) {
    if (own === undefined || !(error instanceof FleetError) || error.code !== 'E_MANIFEST_MISSING') throw error;
    return { name: own, because: error.message };
  }
}

const elsewhereText = ({ name, because }: Elsewhere): string =>
  `the manifest of fleet ${name} is not named here (${because})`;

/** The fleet of the agent that this command runs in, unless the caller names a manifest. */
function fleetAround({ manifest }: CommonOptions, { env, home, read }: Place): FleetName | undefined {
  const name = env['MOSAIC_FLEET'] ?? '';
  if (manifest !== undefined || env['MOSAIC_MANIFEST'] !== undefined || !isFleetName(name)) return undefined;
  return installedServer(read.files, home, name) === undefined ? undefined : name;
}

/** Its manifest lies elsewhere: nothing is wrong, but nothing can be compared with it. */
function asInstalled(found: Elsewhere, place: Place): FleetInForce {
  return {
    fleet: standingFleet(place, found.name),
    conditions: [{ type: 'ManifestInvalid', status: 'True', reason: 'Elsewhere', message: elsewhereText(found) }],
  };
}

function standIn(
  error: FleetError,
  own: FleetName | undefined,
  { place, output }: { readonly place: Place; readonly output: Output },
): FleetInForce {
  const [first, ...others] = installedFleets(place.read.files, place.home);
  const name = own ?? first;
  if (name === undefined) throw error;
  if (own === undefined && others.length > 0) {
    const hint = `${[name, ...others].join(' and ')} are installed here; name the manifest of one with -f.`;
    throw error instanceof ManifestError ? error : new FleetError(error.code, error.message, { hint, cause: error });
  }
  const condition = manifestInvalid(error);
  output.note(`warning: ${condition.message}; going by what is installed`);
  return { fleet: standingFleet(place, name), conditions: [condition] };
}

/** Why a manifest is not in force, with the place of the first mistake. */
export function manifestInvalid(error: FleetError): Condition {
  const first =
    error instanceof ManifestError ? error.diagnostics.find(({ severity }) => severity === 'error') : undefined;
  const message =
    first === undefined ? error.message : `${first.file}:${first.line}:${first.col}: ${printable(first.message)}`;
  return { type: 'ManifestInvalid', status: 'True', reason: first === undefined ? 'Unreadable' : 'Refused', message };
}
