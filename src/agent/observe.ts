import { FleetError } from '../model/error.ts';
import type { Fleet } from '../model/fleet.ts';
import type { ProcessStatus, ReadPort } from '../model/host.ts';
import type { ActivityReport, Observed } from '../model/observed.ts';
import { tmuxCall } from '../providers/tmux/client.ts';
import { activityOf, type SeenAgent } from './activity.ts';
import { adapterOf } from './adapters.ts';
import { readScreens, type Screen } from './screen.ts';

/** Whose activity is asked for, and when. */
export interface ActivityQuestion {
  readonly fleet: Fleet;
  /** The look that found their sessions. */
  readonly observed: Observed;
  /** Undefined: all of the fleet. */
  readonly agents?: readonly string[] | undefined;
  readonly nowSec: number;
}

/**
 * What the named agents are doing. One call for all their screens; an agent whose session is not there or not ours has
 * no entry. Screens that cannot be read are no failure of the look: process truth remains.
 */
export async function observeActivity(
  port: Pick<ReadPort, 'exec' | 'processes'>,
  question: ActivityQuestion,
): Promise<Readonly<Record<string, ActivityReport>>> {
  const { fleet, observed, agents, nowSec } = question;
  const present = fleet.agents
    .filter(({ name }) => agents === undefined || agents.includes(name))
    .flatMap((agent) => {
      const pane = paneOf(observed, agent.name, port.processes);
      return pane === undefined ? [] : [{ agent, ...pane }];
    });
  const paneIds = present.map(({ paneId }) => paneId);
  const screens = paneIds.length === 0 ? new Map<string, Screen>() : await screensOf(port, observed, paneIds);
  return Object.fromEntries(
    present.map(({ agent, paneId, pid }) => {
      const seen = { screen: screens.get(paneId), ...processFacts(port.processes.statusOf(pid)), nowSec };
      return [agent.name, activityOf(adapterOf(agent, fleet.adapters), seen)] as const;
    }),
  );
}

interface AgentPane {
  readonly paneId: string;
  /** The agent's own process. */
  readonly pid: number;
}

/** The pane of an agent that runs where it belongs; nobody else's screen is read. */
function paneOf({ items }: Observed, name: string, processes: ReadPort['processes']): AgentPane | undefined {
  const session = items[`session.${name}`];
  if (session?.state !== 'present' || session.owner !== 'fleet') return undefined;
  const { paneId, panePid, inUnit, isWrapper } = session.spec;
  if ((inUnit !== true && isWrapper !== true) || typeof paneId !== 'string') return undefined;
  // A plan that asks for no pid has not looked for it.
  const { pid = processes.childrenOf(Number(panePid))[0] } = session.spec;
  return typeof pid === 'number' ? { paneId, pid } : undefined;
}

async function screensOf(
  { exec }: Pick<ReadPort, 'exec'>,
  { host }: Observed,
  paneIds: readonly string[],
): Promise<ReadonlyMap<string, Screen>> {
  const { socketPath, installedSocketPath = socketPath, programs } = host;
  try {
    return await readScreens(tmuxCall(exec, { tmux: programs.tmux, socket: installedSocketPath }), paneIds);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return new Map();
  }
}

/** A shell that computes by itself is as busy as one that waits for its program. */
export function processFacts(status: ProcessStatus | undefined): Pick<SeenAgent, 'foreground' | 'isStopped'> {
  const { state = '', group, foregroundGroup } = status ?? {};
  const isSelf = foregroundGroup === group && state !== 'R';
  return {
    foreground: foregroundGroup === undefined ? 'unknown' : isSelf ? 'self' : 'other',
    isStopped: /^[Tt]$/.test(state),
  };
}
