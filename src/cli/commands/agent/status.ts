import { adapterOf } from '../../../agent/adapters.ts';
import { FleetError } from '../../../model/error.ts';
import type { Fleet } from '../../../model/fleet.ts';
import type { FileReader } from '../../../model/host.ts';
import { systemClock } from '../../../host/clock.ts';
import { recordDirectory } from '../../../providers/files/client.ts';
import { lookAtAgents } from '../../../reconciler/pass.ts';
import { APPLY } from '../../../reconciler/policy.ts';
import { fleetStatus, type AgentStatus } from '../../../reconciler/status.ts';
import { refuseBlind } from '../../blind.ts';
import { openEngine, openPlace } from '../../context.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { selectAgents } from '../../selector.ts';
import { agentStatusJson, agentStatusText, type AgentDetail } from '../../view/agent-status.ts';
import { requireAgents } from '../../agent-names.ts';

interface StatusOptions extends CommonOptions {
  readonly selector?: string;
}

/** Everything about each of these agents (all, when none is named). Goes by what is installed without a manifest. */
export async function run(names: readonly string[], options: StatusOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const { fleet, conditions } = await loadFleetOrInstalled(options, place, output);
  const chosen = chooseAgents(fleet, names, options.selector);
  const seen = await lookAtAgents(openEngine(place), fleet, APPLY, chosen);
  refuseBlind(seen);
  const { agents } = fleetStatus(seen, conditions);
  requireAgents({ name: fleet.name, agents }, names);
  const nowMs = systemClock.nowMs();
  const told = agents
    .filter(({ name }) => chosen === undefined || chosen.includes(name))
    .map((agent) => detailOf(agent, { fleet, files: place.read.files, home: place.home }));
  output.text(agentStatusText(told, nowMs));
  output.data(agentStatusJson(fleet.name, told, conditions, nowMs));
  return 0;
}

function chooseAgents(
  fleet: Fleet,
  names: readonly string[],
  selector: string | undefined,
): readonly string[] | undefined {
  if (selector === undefined) return names.length === 0 ? undefined : names;
  if (names.length > 0) throw new FleetError('E_USAGE', 'agents are named or selected by --selector, not both');
  return selectAgents(fleet.agents, selector).map(({ name }) => name);
}

interface Where {
  readonly fleet: Fleet;
  readonly files: FileReader;
  readonly home: string;
}

function detailOf(status: AgentStatus, where: Where): AgentDetail {
  const { fleet } = where;
  const declared = fleet.agents.find(({ name }) => name === status.name);
  const isUp = status.state === 'running' || status.state === 'starting';
  return {
    ...status,
    adapter: declared === undefined ? undefined : adapterOf(declared, fleet.adapters).name,
    lastScreen: isUp ? [] : lastScreen(status.name, where),
  };
}

const SCREEN_LINES = 10;
/** The helper keeps at most 256 KiB. */
const SCREEN_BYTES = 512 * 1024;

function lastScreen(agent: string, { fleet, files, home }: Where): readonly string[] {
  try {
    const text = files.read(`${recordDirectory(home, fleet.name, agent)}/screen`, SCREEN_BYTES) ?? '';
    const lines = text.split('\n').filter((line) => line.trim() !== '');
    return lines.slice(-SCREEN_LINES);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return [`(not readable: ${error.message})`];
  }
}
