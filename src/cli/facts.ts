import { expandHome, type Fleet } from '../model/fleet.ts';
import type { FileReader } from '../model/host.ts';
import { agentOfUnit, fleetUnits, isAgentName, isFleetName } from '../model/names.ts';
import { SELF_SERVER, type HostFacts } from '../model/observed.ts';
import type { Hold } from '../model/plan.ts';
import type { Environment } from '../host/environment.ts';
import type { Identity } from '../host/identity.ts';
import { pathFact } from '../host/path-fact.ts';
import { fleetSocket } from '../host/places.ts';
import { cgroupOf } from '../host/process.ts';
import { fleetDirectory } from '../providers/files/client.ts';
import { parseItems } from '../providers/files/render.ts';
import { pathsToCheck } from '../reconciler/host-checks.ts';

export interface FactsInput {
  readonly files: FileReader;
  readonly identity: Identity;
  readonly env: Environment;
  readonly home: string;
  readonly programs: HostFacts['programs'];
}

/** Reads everything about this host that a plan needs and that no provider observes. Starts no process. */
export function collectFacts(input: FactsInput, fleet: Fleet): HostFacts {
  const { files, identity, env, home, programs } = input;
  const installed = installedServer(files, home, fleet.name);
  // The home directory is pinned at the first install: a different $HOME later must not move every agent.
  const userHome = installed?.userHome ?? identity.home;
  const runtimeDir = runtimeDirectory(files, env, identity.uid);
  return {
    user: { uid: identity.uid, name: identity.user, home: userHome, shell: identity.shell },
    home,
    socketPath: socketOf(fleet, { tmpdir: usualTmpdir(installed, env), uid: identity.uid, userHome }),
    ...(installed === undefined ? {} : { installedSocketPath: installed.socket }),
    programs,
    runtimeDir,
    busAddress: env['DBUS_SESSION_BUS_ADDRESS'] ?? `unix:path=${runtimeDir}/bus`,
    unitDirs: unitDirectories(env, userHome),
    ...(userHome === identity.home ? {} : { callerHome: identity.home }),
    paths: Object.fromEntries(pathsToCheck(fleet, userHome).map((path) => [path, pathFact(path)])),
    holds: readHolds(files, home, fleet.name),
    ...selfOf(fleet),
    ...lingerOf(files, identity.user),
    otherFleets: otherFleets(files, home, fleet.name),
  };
}

/** Where units of the user may lie; which of the two is theirs, the manager says. */
export function unitDirectories(env: Environment, userHome: string): HostFacts['unitDirs'] {
  const config = env['XDG_CONFIG_HOME'] ?? '';
  const fallback = `${userHome}/.config/systemd/user`;
  return { preferred: config === '' ? fallback : `${config}/systemd/user`, fallback };
}

export interface InstalledServer {
  readonly socket: string;
  readonly supervisor: string;
  readonly userHome: string;
  readonly size: string;
}

/** What the installed fleet's own record says of its server; undefined when nothing is installed. */
export function installedServer(files: FileReader, home: string, fleet: string): InstalledServer | undefined {
  const text = files.read(`${home}/fleets/${fleet}/server`);
  const found = text === undefined ? undefined : parseItems('server', text);
  if (found === undefined) return undefined;
  const { socket, supervisor, userhome: userHome, size } = Object.fromEntries(found.items);
  const complete = socket !== undefined && supervisor !== undefined && userHome !== undefined;
  return complete ? { socket, supervisor, userHome, size: size ?? '200x50' } : undefined;
}

/** Where the socket lies when the manifest does not say: what the installed unit has pinned, the caller's, /tmp. */
export function usualTmpdir(installed: InstalledServer | undefined, env: Environment): string {
  const pinned = installed?.socket.split('/').slice(0, -2).join('/');
  const caller = env['TMUX_TMPDIR'] ?? '';
  return pinned ?? (caller === '' ? '/tmp' : caller);
}

/** The socket of a fleet's server; `tmpdir` counts when the manifest names none. */
export function socketOf(fleet: Fleet, from: { tmpdir: string; uid: number; userHome: string }): string {
  const chosen = fleet.tmpdir === undefined ? from.tmpdir : expandHome(fleet.tmpdir, from.userHome);
  return fleetSocket({ tmpdir: chosen, uid: from.uid, socket: fleet.socket });
}

/** `/run/user/UID` stands in for an unset XDG_RUNTIME_DIR when it is the caller's own (su, sudo, cron unset it). */
export function runtimeDirectory(files: FileReader, env: Environment, uid: number): string {
  const given = env['XDG_RUNTIME_DIR'] ?? '';
  if (given !== '') return given;
  const usual = `/run/user/${uid}`;
  return files.stat(usual)?.uid === uid ? usual : '';
}

export function readHolds(files: FileReader, home: string, fleet: Fleet['name']): readonly Hold[] {
  const directory = `${fleetDirectory(home, fleet)}/holds`;
  return (files.list(directory) ?? [])
    .filter(isAgentName)
    .map((agent) => ({ agent, by: (files.read(`${directory}/${agent}`) ?? '').trim() }));
}

function selfOf(fleet: Fleet): Pick<HostFacts, 'self'> {
  const units = fleetUnits(fleet.name);
  const unit = (cgroupOf(process.pid) ?? '')
    .split('/')
    .find((part) => part === units.server || agentOfUnit(fleet.name, part) !== undefined);
  if (unit === undefined) return {};
  return { self: agentOfUnit(fleet.name, unit) ?? SELF_SERVER };
}

/** The fast path of loginctl: a file per lingering user (systemd-logind). Unknown where there is no logind. */
function lingerOf(files: FileReader, user: string): Pick<HostFacts, 'linger'> {
  if (files.stat('/run/systemd/seats') === undefined && files.stat('/var/lib/systemd/linger') === undefined) return {};
  return { linger: files.stat(`/var/lib/systemd/linger/${user}`) !== undefined };
}

function otherFleets(files: FileReader, home: string, fleet: string): Readonly<Record<string, number>> {
  const names = (files.list(`${home}/fleets`) ?? []).filter((name) => isFleetName(name) && name !== fleet);
  return Object.fromEntries(
    names.flatMap((name) => {
      const agents = (files.list(`${home}/fleets/${name}/launch`) ?? []).filter(isAgentName).length;
      return files.stat(`${home}/fleets/${name}/server`) === undefined ? [] : [[name, agents]];
    }),
  );
}
