import { FleetError } from '../../model/error.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { HostFacts, Observed, PathFact } from '../../model/observed.ts';
import type { Address, Observation } from '../../model/resource.ts';
import { programPaths, uncheckedPaths } from '../../reconciler/host-checks.ts';
import { socketOf } from '../facts.ts';
import type { Snapshot } from './document.ts';

/** Refuses (E_OTHER_FLEET) a snapshot that tells of another fleet; `what` is what messages call it. */
export function requireFleet({ fleet }: Pick<Snapshot, 'fleet'>, { name }: Pick<Fleet, 'name'>, what: string): void {
  if (name === fleet) return;
  throw new FleetError('E_OTHER_FLEET', `${what} is of fleet ${fleet}, the manifest of fleet ${name}`);
}

/**
 * What a look for this manifest would have seen on the snapshot's host. For the manifest it was taken with that is what
 * was seen; for another one, what nobody looked at is named as not checked.
 */
export function observedFor(snapshot: Snapshot, fleet: Fleet): Observed {
  const { user } = snapshot.host;
  const socketPath = socketOf(fleet, { tmpdir: snapshot.tmpdir, uid: user.uid, userHome: user.home });
  const host: HostFacts = { ...snapshot.host, socketPath, paths: pathsWithPrograms(snapshot, fleet) };
  const { items, facts, ...tmux } = tmuxFor(snapshot, fleet, socketPath);
  const unchecked = [...tmux.unchecked, ...unitsFor(snapshot, fleet), ...pathsFor(fleet, host)];
  return {
    host,
    items: { ...items, ...foreignSessions(fleet, items, facts) },
    facts,
    incomplete: snapshot.incomplete,
    ...(unchecked.length === 0 ? {} : { unchecked }),
  };
}

const PROGRAM: PathFact = { kind: 'file', executable: true, mode: 0o755, uid: 0 };
const MISSING: PathFact = { kind: 'missing', executable: false, mode: 0, uid: 0 };

/** What the lists of programs tell of the paths this manifest asks about. */
function pathsWithPrograms({ host, executables }: Snapshot, fleet: Fleet): HostFacts['paths'] {
  const asked = new Set(fleet.agents.flatMap((agent) => programPaths(agent, host.user.home)));
  const found = [...asked].flatMap((path): [string, PathFact][] => {
    const at = path.lastIndexOf('/');
    const names = Object.hasOwn(executables, path.slice(0, at)) ? executables[path.slice(0, at)] : undefined;
    if (names === undefined) return [];
    return [[path, names.includes(path.slice(at + 1)) ? PROGRAM : MISSING]];
  });
  return { ...Object.fromEntries(found), ...host.paths };
}

interface TmuxPart extends Pick<Snapshot, 'items' | 'facts'> {
  readonly unchecked: readonly string[];
}

/** Sessions are those of the installed server, and what became of the server is told under the wanted name. */
function tmuxFor({ host, items, facts }: Snapshot, { socket }: Fleet, socketPath: string): TmuxPart {
  if (socketPath === host.socketPath) return { items, facts, unchecked: [] };
  const unchecked = [`the tmux server on ${socketPath}`];
  const entries = Object.entries(items);
  const isOfTmux = ([address]: [Address, unknown]): boolean => /^(session|server)\./.test(address);
  if (host.installedSocketPath === undefined) {
    return {
      items: Object.fromEntries(entries.filter((entry) => !isOfTmux(entry))),
      facts: notOfTmux(facts),
      unchecked,
    };
  }
  const moved = entries.map(([address, item]): [Address, Observation] =>
    address.startsWith('server.') ? [`server.${socket}`, item] : [address, item],
  );
  return { items: Object.fromEntries(moved), facts, unchecked };
}

const notOfTmux = (facts: Snapshot['facts']): Snapshot['facts'] => {
  const { serverPid: _pid, tmuxVersion: _version, foreignSessions: _sessions, foreignServer: _server, ...rest } = facts;
  return rest;
};

/** A session of somebody else stands where a new agent's would be. */
function foreignSessions(
  fleet: Fleet,
  items: Snapshot['items'],
  { foreignSessions: names }: Snapshot['facts'],
): Readonly<Record<Address, Observation>> {
  const taken = fleet.agents.filter(
    ({ name }) => Array.isArray(names) && names.includes(name) && items[`session.${name}`] === undefined,
  );
  return Object.fromEntries(
    taken.map(({ name }) => [
      `session.${name}`,
      {
        state: 'present',
        owner: 'foreign',
        spec: {},
        fingerprint: 'foreign',
        foreignBecause: 'a session of this name has no mark of ours',
      },
    ]),
  );
}

const unitsFor = ({ supervisor, facts }: Snapshot, fleet: Fleet): readonly string[] =>
  fleet.supervisor === 'systemd' && supervisor === 'tmux' && facts['unitDirectory'] === undefined
    ? ['the units of the user manager']
    : [];

const pathsFor = (fleet: Fleet, host: HostFacts): readonly string[] =>
  fleet.agents.flatMap((agent) => {
    const paths = uncheckedPaths(agent, host);
    return paths.length === 0 ? [] : [`${agent.name}: ${paths.join(', ')}`];
  });
