import { serverOptions, type Fleet } from '../../model/fleet.ts';
import type { HostFacts } from '../../model/observed.ts';
import type { ChangeClass, Desired } from '../../model/resource.ts';
import { keySpelling } from './format.ts';

/** What the fleet's server must be set to whatever the manifest says: a dead pane plus a paste kills tmux 3.3a. */
const PINNED = { 'remain-on-exit': 'off', 'exit-empty': 'off' };

const SERVER_CLASSES: Readonly<Record<string, ChangeClass>> = {
  options: 'live',
  socketPath: 'replace',
  supervisor: 'replace',
};

/** What an agent's session was started with, by the launch data of the same pass. */
export interface Started {
  readonly spec: string;
  readonly launcher: string;
}

/** The fleet's server and one session per agent. Sessions are wanted whatever their run state; the planner decides. */
export function desiredSessions(
  fleet: Fleet,
  host: HostFacts,
  started: (agent: string) => Started,
): readonly Desired[] {
  // For sessions to come: a living server must know it as well as the configuration of the next one.
  const { prefix = '', ...others } = serverOptions(fleet);
  const historyLimit = String(fleet.historyLimit);
  const options = { ...others, prefix: keySpelling(prefix), ...PINNED, 'history-limit': historyLimit };
  return [
    {
      address: `server.${fleet.socket}`,
      group: 'fleet',
      provider: 'tmux',
      spec: { options, socketPath: host.socketPath, supervisor: fleet.supervisor },
      classes: SERVER_CLASSES,
    },
    ...fleet.agents.map((agent) => {
      const { spec, launcher } = started(agent.name);
      return {
        address: `session.${agent.name}`,
        group: `agent.${agent.name}`,
        provider: 'tmux',
        spec: { spec, launcher, size: fleet.size },
        line: agent.line,
      };
    }),
  ];
}
