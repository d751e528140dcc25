import type { ProcessReader } from '../../model/host.ts';
import { agentUnit, fleetUnits, isAgentName } from '../../model/names.ts';
import type { Scope } from '../../model/provider.ts';
import type { JsonObject } from '../../model/resource.ts';

/** Whether the process of a pane is where an agent's must be. */
export type InPlace = (panePid: number) => boolean;

/** Is a pane's process where the agent's must be: in its unit's cgroup, or, without systemd, our wrapper for it? */
export function placeOf(processes: ProcessReader, scope: Scope, name: string): InPlace {
  const { fleet, supervisor } = scope;
  if (!isAgentName(name)) return () => false;
  if (supervisor === 'tmux') return (pid) => wordsOf(processes, pid, 3) === wrapperCall(scope, name);
  const unit = `/${agentUnit(fleet, name)}`;
  return (pid) => {
    const cgroup = processes.cgroupOf(pid) ?? '';
    return cgroup.endsWith(unit) || cgroup.includes(`${unit}/`);
  };
}

/** The last words of a command line, of all or of those before the very last. */
const wordsOf = (processes: ProcessReader, pid: number, count: number, before = 0): string | undefined =>
  processes
    .commandLineOf(pid)
    ?.slice(-count - before)
    .slice(0, count)
    .join('\0');

const wrapperCall = ({ host, fleet }: Scope, name: string): string =>
  ['pane', `${host.home}/fleets/${fleet}`, name].join('\0');

/**
 * Under systemd, our wrapper on its way to its unit: it is still beside the server, and the one who made its session,
 * its very last word, is in the unit. Anybody can have such words, but nobody such a witness.
 */
export const isJoining = (processes: ProcessReader, scope: Scope, { name, panePid }: Placed): boolean =>
  scope.supervisor === 'systemd' &&
  processes.cgroupOf(panePid)?.endsWith(`/${fleetUnits(scope.fleet).server}`) === true &&
  wordsOf(processes, panePid, 3, 1) === wrapperCall(scope, name) &&
  placeOf(processes, scope, name)(Number(wordsOf(processes, panePid, 1)));

interface Placed {
  readonly name: string;
  readonly panePid: number;
}

/** Where the process of a pane is, in the words of the plan. */
export function placeFacts(
  processes: ProcessReader,
  scope: Scope,
  agent: Placed & { readonly place: InPlace },
): JsonObject {
  const isThere = agent.place(agent.panePid);
  if (scope.supervisor === 'tmux') return { isWrapper: isThere };
  return { inUnit: isThere, ...(!isThere && isJoining(processes, scope, agent) ? { joining: true } : {}) };
}
