import { errorOf, FleetError } from '../../model/error.ts';
import type { WritePort } from '../../model/host.ts';
import type { Change } from '../../model/plan.ts';
import type { Outcome, Scope } from '../../model/provider.ts';
import { textOf, type Address, type JsonObject, type Observation } from '../../model/resource.ts';
import { serverIsGone, startServer, tmuxCall, tmuxWord, type Answer, type TmuxPlace } from './client.ts';
import { ASK_SERVER, parseServer, SERVER_MARK } from './format.ts';
import { endedSessions, observeSessions, runnerOf } from './observe.ts';

/** Live settings and names under any supervisor; under `supervisor: tmux` also the starting and ending of sessions. */
export async function applySessions(
  port: WritePort,
  changes: readonly Change[],
  scope: Scope,
): Promise<readonly Outcome[]> {
  const { items, facts } = await observeSessions(port, scope);
  const room: Room = { port, scope, items, facts };
  switch (changes[0]?.phase) {
    case 'live':
      return each(changes, (change) => setLive(room, change));
    case 'stop':
      return stop(room, changes);
    case 'restart':
      return restart(room, changes);
    default:
      return start(room, changes);
  }
}

/** What one call works with; `items` is what was there when it began. */
interface Room {
  readonly port: WritePort;
  readonly scope: Scope;
  readonly items: Readonly<Record<Address, Observation>>;
  readonly facts: JsonObject;
}

const placeOf = ({ host, signal }: Scope, socket = host.socketPath): TmuxPlace => ({
  tmux: host.programs.tmux,
  socket,
  ...(signal === undefined ? {} : { signal }),
});

const isServer = ({ address }: Change): boolean => address.startsWith('server.');
const agentOf = ({ address }: Change): string => address.slice('session.'.length);

/** What the helper is called with to do `mode` for one agent. */
const helper = ({ host, fleet }: Scope, mode: 'end' | 'pane', agent: string): readonly [string, ...string[]] => [
  host.programs.bash,
  `${host.home}/libexec/mosaic-agent`,
  mode,
  `${host.home}/fleets/${fleet}`,
  agent,
];

/** Agents get their time to save before the server below them ends; one that could not be ended keeps the server. */
async function stop(room: Room, changes: readonly Change[]): Promise<readonly Outcome[]> {
  const ended = await each(
    changes.filter((change) => !isServer(change)),
    (change) => endSession(room, change),
  );
  const stuck = ended.find(({ done }) => !done);
  const servers = await each(changes.filter(isServer), async (change) => {
    if (stuck !== undefined) throw new FleetError('E_STEP_FAILED', `${stuck.address} has not ended`);
    await room.scope.lastLook?.(change);
    return endServer(room, change);
  });
  return inOrder(changes, [...ended, ...servers]);
}

async function restart(room: Room, changes: readonly Change[]): Promise<readonly Outcome[]> {
  const ended = await each(changes, (change) => endSession(room, change));
  const failed = ended.filter(({ done }) => !done);
  const gone = changes.filter(({ address }) => failed.every((outcome) => outcome.address !== address));
  return inOrder(changes, [...failed, ...(await start(room, gone))]);
}

async function start({ port, scope }: Room, changes: readonly Change[]): Promise<readonly Outcome[]> {
  if (changes.length === 0) return [];
  await ensureServer(port, scope);
  await removeEnded(port, scope, changes.map(agentOf));
  const script = changes.filter((change) => !isServer(change)).map((change) => newSession(change, scope));
  const answer = await tmuxCall(port.exec, placeOf(scope))([['source-file', '-']], { input: script.join('') });
  const items = await settledItems(port, onWantedSocket(scope), changes);
  return changes.map(({ address }) => {
    const now = items[address];
    if (now?.state === 'present' && now.owner === 'fleet') return { address, done: true };
    const why = answer.stderr === '' ? 'it ended at once' : answer.stderr;
    return { address, done: false, error: stepFailed(`${address} is not there after its start: ${why}`) };
  });
}

/** By now the server is where it is wanted: what the installed fleet had is no place to look any more. */
function onWantedSocket(scope: Scope): Scope {
  const { installedSocketPath: _gone, ...host } = scope.host;
  return { ...scope, host };
}

/** What ended stays ended: its id is never given again, and tmux looks once more before it lets go of it. */
async function removeEnded(port: WritePort, scope: Scope, agents: readonly string[]): Promise<void> {
  const ended = await endedSessions(port, scope, agents);
  const commands = ended.map(({ id, owner }) => {
    const isStillSo = `#{&&:#{pane_dead},#{==:#{@mosaic_owner},${owner}}}`;
    return ['if-shell', '-F', '-t', `${id}:`, isStillSo, `kill-session -t '${id}'`];
  });
  if (commands.length > 0) await tmuxCall(port.exec, placeOf(scope))(commands);
}

const TRIES = 100;
const BETWEEN_TRIES_MS = 50;

/** A pane is tmux itself until it has become our wrapper: a look in between would take it for an impostor. */
async function settledItems(port: WritePort, scope: Scope, changes: readonly Change[]): Promise<Room['items']> {
  // They were started on the wanted socket, whatever was installed when this run began.
  const host = { ...scope.host, installedSocketPath: scope.host.socketPath };
  for (let left = TRIES; ; left -= 1) {
    const { items } = await observeSessions(port, { ...scope, host });
    const isWaiting = changes.some(({ address }) => {
      const now = items[address];
      return now?.state === 'present' && now.owner === 'fleet' && now.spec['isWrapper'] === false;
    });
    if (!isWaiting || left === 0) return items;
    await port.clock.sleep(BETWEEN_TRIES_MS, scope.signal);
  }
}

/** One line of tmux's own language: create and mark, or stop at the first that fails, so that nothing foreign is marked. */
function newSession(change: Change, scope: Scope): string {
  const name = agentOf(change);
  const { spec, launcher, size } = change.desired?.spec ?? {};
  const [columns = '', lines = ''] = textOf(size).split('x');
  const marks = { owner: `${scope.fleet}/${name}`, spec: textOf(spec), launcher: textOf(launcher) };
  const set = Object.entries(marks).map(([key, value]) => `set-option -t =${name}: @mosaic_${key} ${tmuxWord(value)}`);
  const create = `new-session -d -s ${name} -x ${columns} -y ${lines} ${helper(scope, 'pane', name).map(tmuxWord).join(' ')}`;
  return `${[create, ...set].join(' ; ')}\n`;
}

/**
 * Its configuration marks it: that nobody's server can read but one that starts by it. Whoever else is on the socket by
 * now is told by having no mark, and gets none, and no session of ours.
 */
async function ensureServer(port: WritePort, scope: Scope): Promise<void> {
  const { host, fleet } = scope;
  port.writer.makeDirectory(host.socketPath.slice(0, host.socketPath.lastIndexOf('/')), 0o700);
  const probe = await tmuxCall(port.exec, placeOf(scope))([ASK_SERVER]);
  if (probe.server) return requireOurs(port, scope, probe);
  const conf = `${host.home}/fleets/${fleet}/tmux.conf`;
  // One that an earlier mosaic has written does not; without its mark the server would be foreign to us for ever.
  const isMarking = (port.files.read(conf) ?? '').includes(SERVER_MARK);
  const mark = isMarking ? [] : [['set-option', '-s', SERVER_MARK, fleet]];
  requireOurs(port, scope, await startServer(port.exec, placeOf(scope), conf, [...mark, ASK_SERVER]));
}

function requireOurs({ processes }: WritePort, scope: Scope, { lines }: Answer): void {
  const server = parseServer(lines);
  if (server === undefined || runnerOf(processes, scope, server) === undefined)
    throw stepFailed(`the tmux server on ${scope.host.socketPath} is not ours`);
}

async function setLive({ port, scope, items }: Room, change: Change): Promise<void> {
  const { id } = ours(change, items);
  if (!isServer(change)) return rename(port, placeOf(scope), [textOf(id), change]);
  const { exitCode, stderr } = await tmuxCall(port.exec, placeOf(scope))(optionCommands(change));
  if (exitCode !== 0) throw stepFailed(`${change.address}: ${stderr}`);
}

/** Gives a session its agent's name back; fails where that is taken. */
async function rename({ exec }: WritePort, place: TmuxPlace, [id, change]: readonly [string, Change]): Promise<void> {
  const { exitCode, stderr } = await tmuxCall(exec, place)([['rename-session', '-t', id, agentOf(change)]]);
  if (exitCode !== 0) throw stepFailed(`${change.address}: ${stderr}`);
}

function optionCommands(change: Change): readonly (readonly string[])[] {
  return Object.entries(change.desired?.spec['options'] ?? {}).map(([name, value]) => [
    ...(name === 'exit-empty' ? ['set-option', '-s'] : ['set-option', '-g']),
    name,
    String(value),
  ]);
}

async function endSession({ port, scope, items }: Room, change: Change): Promise<void> {
  if (items[change.address]?.state === 'absent') return;
  const { id, name } = ours(change, items);
  // The helper goes by the name: under another one it would find nothing to end.
  if (name !== agentOf(change))
    await rename(port, placeOf(scope, scope.host.installedSocketPath), [textOf(id), change]);
  const { exitCode, stderr } = await port.exec(helper(scope, 'end', agentOf(change)), { timeoutMs: 120_000 });
  if (exitCode !== 0) throw stepFailed(`${agentOf(change)} could not be ended: ${stderr.trim()}`);
}

/** Waits until the old server has let go of its socket: a start in between would meet the dying one. */
async function endServer({ port, scope, items, facts }: Room, change: Change): Promise<void> {
  if (items[change.address]?.state === 'absent') return;
  ours(change, items);
  const place = placeOf(scope, scope.host.installedSocketPath);
  // That server, and none that somebody has put in its place since it was looked at.
  const isStillIt = `#{==:#{pid},${Number(facts['serverPid'])}}`;
  await tmuxCall(port.exec, place)([['if-shell', '-F', isStillIt, 'kill-server']]);
  for (let left = TRIES; !(await serverIsGone(port.exec, place)); left -= 1) {
    if (left === 0) throw stepFailed(`the tmux server on ${place.socket} does not end`);
    await port.clock.sleep(BETWEEN_TRIES_MS, scope.signal);
  }
}

/** The spec of what a change is about; refuses what is foreign or could not be seen. */
function ours({ address }: Change, items: Room['items']): Extract<Observation, { state: 'present' }>['spec'] {
  const seen = items[address];
  if (seen?.state === 'present' && seen.owner === 'fleet') return seen.spec;
  throw stepFailed(`${address} is not ours${seen?.state === 'present' ? `: ${seen.foreignBecause ?? 'no mark'}` : ''}`);
}

const stepFailed = (message: string): FleetError => new FleetError('E_STEP_FAILED', message);

const inOrder = (changes: readonly Change[], outcomes: readonly Outcome[]): readonly Outcome[] =>
  changes.flatMap(({ address }) => outcomes.find((outcome) => outcome.address === address) ?? []);

const each = (changes: readonly Change[], act: (change: Change) => Promise<void>): Promise<readonly Outcome[]> =>
  Promise.all(
    changes.map(async (change): Promise<Outcome> => {
      const { address } = change;
      try {
        await act(change);
        return { address, done: true };
      } catch (error) {
        return { address, done: false, error: errorOf(error) };
      }
    }),
  );
