import { FleetError, isErrorCode } from '../model/error.ts';
import type { Fleet } from '../model/fleet.ts';
import { isAgentName } from '../model/names.ts';
import type { Observation } from '../model/resource.ts';
import type { FindAgent, Presence } from '../agent/presence.ts';
import { launchPath } from '../providers/files/client.ts';
import { tmuxCall, type TmuxPlace } from '../providers/tmux/client.ts';
import { agentView } from '../reconciler/agent-state.ts';
import { look, type Engine, type Look } from '../reconciler/pass.ts';
import { APPLY } from '../reconciler/policy.ts';
import { refuseBlind } from './blind.ts';
import { installedServer } from './facts.ts';
import { openEngine, type Place } from './context.ts';
import { installedFleet, loadFleetOrInstalled } from './installed.ts';
import type { CommonOptions, Output } from './options.ts';
import { requireAgents } from './agent-names.ts';

/** One agent whose terminal is asked for, and the way to its server. */
export interface Terminal {
  readonly fleet: Fleet;
  readonly find: FindAgent;
  readonly first: Presence;
  readonly tmux: TmuxPlace;
  readonly call: ReturnType<typeof tmuxCall>;
  /** Prefix key of the server, as it is set there. */
  readonly prefix: string | undefined;
  /** The agent that this very command runs in. */
  readonly self: string | undefined;
}

/** Finds an agent by its exact name: one of the manifest, or one that left it and is still installed. */
export async function openTerminal(
  name: string,
  options: CommonOptions,
  { place, output }: { readonly place: Place; readonly output: Output },
): Promise<Terminal> {
  const { fleet } = await fleetWith(name, options, { place, output });
  requireAgents(fleet, [name]);
  const engine = openEngine(place);
  const seen = await look(engine, fleet, APPLY);
  refuseBlind(seen);
  const first = presenceIn(seen, name, place);
  refuseForeign(seen, first);
  const { socketPath, installedSocketPath = socketPath, self } = seen.observed.host;
  const tmux = { tmux: engine.tmux, socket: installedSocketPath };
  return {
    fleet,
    find: finder(engine, { fleet, name, place }),
    first,
    tmux,
    call: tmuxCall(place.read.exec, tmux),
    prefix: prefixOf(seen),
    self,
  };
}

async function fleetWith(
  name: string,
  options: CommonOptions,
  { place, output }: { readonly place: Place; readonly output: Output },
): Promise<{ readonly fleet: Fleet }> {
  const { fleet } = await loadFleetOrInstalled(options, place, output);
  const { files } = place.read;
  const isKnown = fleet.agents.some((agent) => agent.name === name);
  if (isKnown || installedServer(files, place.home, fleet.name) === undefined) return { fleet };
  const orphans = installedFleet(files, place.home, fleet.name).agents.filter((agent) => agent.name === name);
  return { fleet: { ...fleet, agents: [...fleet.agents, ...orphans] } };
}

interface Whom {
  readonly fleet: Fleet;
  readonly name: string;
  readonly place: Place;
}

const finder =
  (engine: Engine, { fleet, name, place }: Whom): FindAgent =>
  async () =>
    presenceIn(await look(engine, fleet, APPLY), name, place);

function presenceIn({ fleet, observed }: Look, name: string, place: Place): Presence {
  const declared = fleet.agents.find((agent) => agent.name === name);
  const policy = declared?.restart.policy ?? 'on-failure';
  const { state, pid, detail } = agentView(observed, name, policy, fleet.supervisor);
  const pane = paneOf(observed.items[`session.${name}`], `${fleet.name}/${name}`);
  const isInstalled =
    isAgentName(name) && place.read.files.stat(launchPath(place.home, fleet.name, name)) !== undefined;
  return {
    name,
    state,
    ...(pane === undefined ? {} : { pane }),
    ...(pid === undefined ? {} : { pid }),
    ...(detail === undefined ? {} : { detail }),
    installed: isInstalled,
    desired: declared?.state ?? 'running',
  };
}

/** The pane of a session that carries our mark, with a process that is where the agent's belongs. */
function paneOf(session: Observation | undefined, owner: string): Presence['pane'] {
  if (session?.state !== 'present' || session.owner !== 'fleet') return undefined;
  const { id, paneId, panePid, inUnit, isWrapper, duplicate } = session.spec;
  if ((inUnit !== true && isWrapper !== true) || duplicate === true) return undefined;
  if (typeof id !== 'string' || typeof paneId !== 'string' || typeof panePid !== 'number') return undefined;
  return { sessionId: id, paneId, panePid, owner };
}

/** What stands in the agent's place is not shown in its name. */
function refuseForeign({ observed }: Look, { name, pane, state, detail }: Presence): void {
  const session = observed.items[`session.${name}`];
  if (session?.state === 'unknown') {
    const code = isErrorCode(session.error.code) ? session.error.code : 'E_TMUX';
    throw new FleetError(code, session.error.message);
  }
  if (pane !== undefined || session?.state !== 'present' || state === 'starting') return;
  throw new FleetError('E_STATE', `a session stands where ${name} belongs: ${detail ?? 'it is not ours'}`, {
    hint: 'It is left alone; rename or end it yourself, then mosaic fleet apply.',
  });
}

function prefixOf({ observed }: Look): string | undefined {
  const server = Object.entries(observed.items).find(([address]) => address.startsWith('server.'))?.[1];
  const options = Object.entries(server?.state === 'present' ? (server.spec['options'] ?? {}) : {});
  return options.map(([name, value]) => (name === 'prefix' ? String(value) : '')).find((value) => value !== '');
}
