import { FleetError } from '../../model/error.ts';
import type { Supervisor } from '../../model/fleet.ts';
import type { ProcessReader, ReadPort } from '../../model/host.ts';
import { fleetUnits, isAgentName, isFleetName } from '../../model/names.ts';
import type { Scope } from '../../model/provider.ts';
import type { Address, JsonObject, LookError, Observation, ProviderObservation } from '../../model/resource.ts';
import { requireTmuxDirectory, socketState, tmuxCall, type Answer } from './client.ts';
import { eachOnce } from './each-once.ts';
import { PANE_FORMAT, parsePaneRow, parseServer, SERVER_COMMANDS, type PaneRow, type ServerRow } from './format.ts';
import { isJoining, placeFacts, placeOf } from './place.ts';

/**
 * One call at any number of agents, none when there is no socket; two when the installed fleet has another socket. What
 * runs on that one is told even where the new one could not be looked at.
 */
export async function observeSessions(port: ReadPort, scope: Scope): Promise<ProviderObservation> {
  const processes = eachOnce(port.processes);
  const { socketPath, installedSocketPath = socketPath } = scope.host;
  const installed = await lookAt(port, scope, installedSocketPath);
  const wanted = installedSocketPath === socketPath ? installed : await tryToLookAt(port, scope, socketPath);
  const errors = 'code' in wanted ? [wanted] : [];
  const items: Record<Address, Observation> = {};
  const asRun = scopeAsRun(processes, scope, installed.server);
  for (const name of agentNames(scope, installed))
    items[`session.${name}`] = sessionItem(processes, asRun, installed, name);
  const isTaken = 'server' in wanted && wanted.server !== undefined && !isOurs(processes, scope, wanted.server);
  const server = isTaken ? wanted : installed;
  items[serverAddress(scope)] = serverItem(processes, scope, server);
  return { items, complete: errors.length === 0, errors, facts: factsOf(processes, scope, server) };
}

/** Sessions of these agents that ended and were kept on the screen by `remain-on-exit`: they hold the agent's name. */
export async function endedSessions(
  port: ReadPort,
  scope: Scope,
  agents: readonly string[],
): Promise<readonly Ended[]> {
  const { byOwner } = await lookAt(port, scope, scope.host.socketPath);
  return agents.flatMap((agent) => {
    const owner = `${scope.fleet}/${agent}`;
    const panes = byOwner.get(owner) ?? [];
    const hasEnded = panes.every(({ dead }) => dead);
    return hasEnded ? [...new Set(panes.map(({ sessionId }) => sessionId))].map((id) => ({ owner, id })) : [];
  });
}

/** A session of ours without a living pane. */
interface Ended {
  readonly owner: string;
  readonly id: string;
}

/** Every session is unknown when tmux did not answer. */
export function unknownSessions(scope: Scope, error: LookError): ProviderObservation {
  const addresses = scope.wanted.map(({ address }) => address).filter((address) => /^(session|server)\./.test(address));
  const items = addresses.map((address) => [address, { state: 'unknown', error }] as const);
  return { items: Object.fromEntries(items), complete: false, errors: [error], facts: {} };
}

interface Seen {
  readonly socket: string;
  readonly server: ServerRow | undefined;
  readonly panes: readonly PaneRow[];
  /** The same panes by the mark of their session. */
  readonly byOwner: ReadonlyMap<string, readonly PaneRow[]>;
}

/** A look whose failure is told beside what the other one saw. */
async function tryToLookAt(port: ReadPort, scope: Scope, socket: string): Promise<Seen | LookError> {
  try {
    return await lookAt(port, scope, socket);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return { code: error.code, message: error.message };
  }
}

async function lookAt(port: ReadPort, scope: Scope, socket: string): Promise<Seen> {
  const { host, signal } = scope;
  const nothing: Seen = { socket, server: undefined, panes: [], byOwner: new Map() };
  const isWanted = scope.wanted.some(({ address }) => address === serverAddress(scope));
  if (isWanted && socket === host.socketPath) requireTmuxDirectory(port.files, socket);
  if (socketState(port.files, socket, host.user.uid) === 'absent') return nothing;
  const call = tmuxCall(port.exec, { tmux: host.programs.tmux, socket, ...(signal === undefined ? {} : { signal }) });
  const seen = await call([...SERVER_COMMANDS, ['list-panes', '-a', '-F', PANE_FORMAT]]);
  return seen.server ? { socket, ...parse(seen, socket) } : nothing;
}

/** A server without sessions answers `no current target` with exit 1: that is empty, not a failed look. */
function parse(answer: Answer, socket: string): Omit<Seen, 'socket'> {
  const server = parseServer(answer.lines);
  const isEmpty = answer.exitCode !== 0 && /no current target|no sessions/.test(answer.stderr);
  if (server === undefined || (answer.exitCode !== 0 && !isEmpty)) {
    throw new FleetError('E_TMUX', `tmux on ${socket} gave no answer that can be read: ${answer.stderr}`);
  }
  const panes = answer.lines.flatMap((line) => parsePaneRow(line) ?? []);
  const byOwner = new Map<string, PaneRow[]>();
  for (const pane of panes) byOwner.set(pane.owner, [...(byOwner.get(pane.owner) ?? []), pane]);
  return { server, panes, byOwner };
}

const serverAddress = ({ host }: Scope): Address => `server.${host.socketPath.split('/').at(-1) ?? ''}`;

/** The server is ours when systemd's process tree says so, or, without systemd, its own mark. */
const isOurs = (processes: ProcessReader, scope: Scope, server: ServerRow): boolean =>
  runnerOf(processes, scope, server) !== undefined;

/** Anybody on the socket can set the mark, so it counts only where no unit of ours runs the server. */
export function runnerOf(
  processes: ProcessReader,
  { fleet }: Pick<Scope, 'fleet'>,
  server: ServerRow,
): Supervisor | undefined {
  const cgroup = processes.cgroupOf(server.pid) ?? '';
  if (cgroup.endsWith(`/${fleetUnits(fleet).server}`)) return 'systemd';
  return server.owner === fleet ? 'tmux' : undefined;
}

/** Whoever runs the present server has put its sessions where they are, whatever the manifest wants by now. */
const scopeAsRun = (processes: ProcessReader, scope: Scope, server: ServerRow | undefined): Scope => ({
  ...scope,
  supervisor: (server === undefined ? undefined : runnerOf(processes, scope, server)) ?? scope.supervisor,
});

function serverItem(processes: ProcessReader, scope: Scope, { server, socket }: Seen): Observation {
  if (server === undefined) return { state: 'absent' };
  const fingerprint = `${server.pid} ${server.startTime} ${JSON.stringify(server.options)}`;
  const supervisor = runnerOf(processes, scope, server);
  if (supervisor === undefined) {
    return {
      state: 'present',
      owner: 'foreign',
      spec: {},
      fingerprint,
      foreignBecause: `its server (pid ${server.pid}) is not ours`,
    };
  }
  return {
    state: 'present',
    owner: 'fleet',
    spec: { options: server.options, socketPath: socket, supervisor },
    fingerprint,
  };
}

function factsOf(processes: ProcessReader, scope: Scope, { server, panes }: Seen): JsonObject {
  if (server === undefined) return {};
  const names = [...new Set(panes.map(({ session }) => session))].toSorted();
  if (!isOurs(processes, scope, server)) {
    const whose = neighbourOf(processes, scope, server);
    return { foreignServer: { pid: server.pid, sessions: names.map(printable), ...whose } };
  }
  const asRun = scopeAsRun(processes, scope, server);
  const ours = new Set(panes.filter((pane) => isOurPane(processes, asRun, pane)).map(({ session }) => session));
  const foreignSessions = names.filter((name) => !ours.has(name)).map(printable);
  return { serverPid: server.pid, tmuxVersion: server.version, foreignSessions };
}

/** The fleet of this home whose server that is: most often this one, before it was renamed. */
function neighbourOf(processes: ProcessReader, { host }: Scope, server: ServerRow): JsonObject {
  const names = Object.keys(host.otherFleets).filter(isFleetName);
  const fleet = names.find((name) => runnerOf(processes, { fleet: name }, server) !== undefined);
  return fleet === undefined ? {} : { fleet };
}

/** The mark alone makes no session ours: anybody can set it. */
function isOurPane(processes: ProcessReader, scope: Scope, { owner, dead, panePid }: PaneRow): boolean {
  if (!owner.startsWith(`${scope.fleet}/`)) return false;
  const name = owner.slice(scope.fleet.length + 1);
  const isThere = dead || placeOf(processes, scope, name)(panePid);
  return isThere || processes.hasEnded(panePid) || isJoining(processes, scope, { name, panePid });
}

/** Names of others' sessions are their text: nothing of it may steer a terminal. */
const printable = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 64);

function agentNames({ wanted, fleet }: Scope, { panes }: Seen): readonly string[] {
  const named = wanted.flatMap(({ address }) =>
    address.startsWith('session.') ? [address.slice('session.'.length)] : [],
  );
  const marked = panes.flatMap(({ owner }) => (owner.startsWith(`${fleet}/`) ? [owner.slice(fleet.length + 1)] : []));
  return [...new Set([...named, ...marked])].filter(isAgentName).toSorted();
}

function sessionItem(processes: ProcessReader, scope: Scope, seen: Seen, name: string): Observation {
  const { panes, server, byOwner } = seen;
  const owner = `${scope.fleet}/${name}`;
  const place = placeOf(processes, scope, name);
  const isAlive = ({ dead, panePid }: PaneRow): boolean => !dead && (place(panePid) || !processes.hasEnded(panePid));
  const marked = (byOwner.get(owner) ?? []).filter(isAlive);
  if (marked.length === 0) {
    const taken = panes.find((pane) => pane.session === name && pane.owner !== owner);
    if (taken === undefined) return { state: 'absent' };
    return {
      state: 'present',
      owner: 'foreign',
      spec: {},
      fingerprint: taken.sessionId,
      foreignBecause: 'a session of this name has no mark of ours',
    };
  }
  const pane = marked.find(({ panePid }) => place(panePid)) ?? marked[0];
  if (pane === undefined) return { state: 'absent' };
  return {
    state: 'present',
    owner: 'fleet',
    spec: Object.assign(
      sessionSpec(pane, name),
      processFacts(processes, pane),
      placeFacts(processes, scope, { name, panePid: pane.panePid, place }),
      rivals(marked, panes, pane, name),
    ),
    // A server never gives a session id twice, and a server is told by the time of its start.
    fingerprint: `${server?.startTime ?? 0} ${pane.sessionId} ${pane.panePid}`,
  };
}

/** Other sessions with the same mark, or, where it was renamed, with its name. */
const rivals = (marked: readonly PaneRow[], panes: readonly PaneRow[], pane: PaneRow, name: string): JsonObject => ({
  ...(marked.some(({ sessionId }) => sessionId !== pane.sessionId) ? { duplicate: true } : {}),
  ...(pane.session !== name && panes.some(({ session }) => session === name) ? { nameTaken: true } : {}),
});

const sessionSpec = (pane: PaneRow, wantedName: string): JsonObject => ({
  id: pane.sessionId,
  name: pane.session,
  wantedName,
  paneId: pane.paneId,
  attached: pane.attached,
  spec: pane.spec,
  launcher: pane.launcher,
});

function processFacts(processes: ProcessReader, { panePid }: PaneRow): JsonObject {
  const [pid] = processes.childrenOf(panePid);
  return { panePid, ...(pid === undefined ? {} : { pid }) };
}
