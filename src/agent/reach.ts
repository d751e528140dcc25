import { FleetError } from '../model/error.ts';
import type { Agent, Fleet } from '../model/fleet.ts';
import type { Clock, ReadPort } from '../model/host.ts';
import type { ActivityReport, HostFacts } from '../model/observed.ts';
import { textOf, type JsonObject, type Observation } from '../model/resource.ts';
import { lifeOf, terminalOf, type ProcessId } from '../host/process.ts';
import { tmuxCall, type TmuxCall } from '../providers/tmux/client.ts';
import { observeSessions } from '../providers/tmux/observe.ts';
import type { PaneTarget } from '../providers/tmux/paste.ts';
import { activityOf } from './activity.ts';
import { adapterOf, type Adapter } from './adapters.ts';
import { processFacts } from './observe.ts';
import type { Refusal } from './receipt.ts';
import { readScreens, type Screen } from './screen.ts';

/** What talking to the agents of one fleet needs of the outside. */
export interface Room {
  readonly fleet: Fleet;
  readonly host: HostFacts;
  readonly read: ReadPort;
  readonly clock: Clock;
  readonly call: TmuxCall;
}

/** Opens the fleet's socket as it is installed. */
export function roomOf(fleet: Fleet, host: HostFacts, { read, clock }: { read: ReadPort; clock: Clock }): Room {
  const socket = host.installedSocketPath ?? host.socketPath;
  return { fleet, host, read, clock, call: tmuxCall(read.exec, { tmux: host.programs.tmux, socket }) };
}

/** An agent that runs where it belongs, and how it is talked to. */
export interface Target {
  readonly name: string;
  readonly adapter: Adapter;
  readonly pane: PaneTarget;
  /** The agent's own process, not our wrapper. */
  readonly process: ProcessId;
  /** Path of its terminal; undefined where it could not be told. */
  readonly tty: string | undefined;
}

export interface Refused {
  readonly name: string;
  readonly refusal: Refusal;
}

export type Reached = Target | Refused;

export const isRefused = (reached: Reached): reached is Refused => 'refusal' in reached;

/** Where these agents are, by one look at tmux alone; and whose pane every wrapper is. Rejects when tmux cannot be asked. */
export async function reach(
  room: Room,
  agents: readonly Agent[],
): Promise<{ readonly found: readonly Reached[]; readonly panes: ReadonlyMap<number, string> }> {
  const { fleet, host, read } = room;
  const wanted = agents.map(({ name }) => ({
    address: `session.${name}`,
    group: `agent.${name}`,
    provider: 'tmux',
    spec: {},
  }));
  const { items } = await observeSessions(read, {
    fleet: fleet.name,
    supervisor: fleet.supervisor,
    host,
    wanted,
    facts: {},
  });
  return { found: agents.map((agent) => reachOne(room, agent, items[`session.${agent.name}`])), panes: panesOf(items) };
}

/** Wrappers of our agents by their pids: who runs below one is that agent. */
const panesOf = (items: Readonly<Record<string, Observation>>): ReadonlyMap<number, string> =>
  new Map(
    Object.entries(items).flatMap(([address, item]) => {
      const [, name] = /^session\.(.+)$/.exec(address) ?? [];
      if (name === undefined || item.state !== 'present' || item.owner !== 'fleet' || !isInPlace(item.spec)) return [];
      return [[Number(item.spec['panePid']), name] as const];
    }),
  );

const isInPlace = ({ inUnit, isWrapper }: JsonObject): boolean => inUnit === true || isWrapper === true;

function reachOne(room: Room, agent: Agent, seen: Observation | undefined): Reached {
  const { name } = agent;
  const refused = (refusal: Refusal): Refused => ({ name, refusal });
  if (seen?.state !== 'present') return refused(isStopped(room, agent) ? 'stopped' : 'missing');
  if (seen.owner === 'foreign') return refused('foreign');
  const { spec } = seen;
  const [panePid, pid] = [Number(spec['panePid']), Number(spec['pid'] ?? 0)];
  if (!isInPlace(spec)) return refused(outOfPlace(spec));
  const life = lifeOf(pid);
  // The wrapper's helpers share its process group.
  if (life?.group !== pid || isLauncher(room, name, pid)) return refused('starting');
  return {
    name,
    adapter: adapterOf(agent, room.fleet.adapters),
    pane: { paneId: textOf(spec['paneId']), panePid, owner: `${room.fleet.name}/${name}` },
    process: { pid, startTime: life.startTime },
    // The wrapper's standard input is the pane's terminal.
    tty: terminalOf(panePid),
  };
}

/** A wrapper is not in its unit from its first moment on. */
const outOfPlace = ({ joining }: JsonObject): Refusal => (joining === true ? 'starting' : 'impostor');

const isStopped = ({ host }: Room, { name, state }: Agent): boolean =>
  state === 'stopped' || host.holds.some((hold) => hold.agent === name);

/** Is it the wrapper, whose command line the agent to be has, too? */
const isLauncher = ({ fleet, host, read }: Room, name: string, pid: number): boolean => {
  const words = read.processes.commandLineOf(pid) ?? [];
  const call = ['pane', `${host.home}/fleets/${fleet.name}`, name].join('\0');
  // Under systemd the pid of who watches it comes last.
  return [words.slice(-3), words.slice(-4, -1)].some((some) => some.join('\0') === call);
};

/** What is on an agent's screen, and what it is doing. */
export interface Sight {
  readonly screen: Screen | undefined;
  readonly activity: ActivityReport;
}

/** Looks at these agents, in one tmux call; a pane that is gone has no screen. Rejects when tmux cannot be asked. */
export async function sightsOf(room: Room, targets: readonly Target[]): Promise<ReadonlyMap<string, Sight>> {
  const paneIds = targets.map(({ pane }) => pane.paneId);
  const screens = paneIds.length === 0 ? new Map<string, Screen>() : await readScreens(room.call, paneIds);
  const nowSec = room.clock.nowMs() / 1000;
  return new Map(
    targets.map(({ name, adapter, pane, process }) => {
      const screen = screens.get(pane.paneId);
      const facts = processFacts(room.read.processes.statusOf(process.pid));
      return [name, { screen, activity: activityOf(adapter, { screen, ...facts, nowSec }) }];
    }),
  );
}

/** The same; undefined when tmux could not be asked. */
export async function trySights(
  room: Room,
  targets: readonly Target[],
): Promise<ReadonlyMap<string, Sight> | undefined> {
  try {
    return await sightsOf(room, targets);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return undefined;
  }
}

/** True where a screen of this kind of program can show a question that must not be answered by accident. */
export const asksQuestions = ({ screen }: Adapter): boolean =>
  [screen.setup, screen.dialog].some((rules) => (rules ?? []).length > 0);
