import type { Fleet } from '../model/fleet.ts';
import type { Observed } from '../model/observed.ts';
import type { Blocked, Change } from '../model/plan.ts';
import { agentView, type AgentView } from './agent-state.ts';
import { installedAgents } from './orphans.ts';
import type { Policy } from './policy.ts';

/** What guards go by, beside the changes. */
export interface GuardContext {
  readonly fleet: Fleet;
  readonly observed: Observed;
  readonly policy: Policy;
}

/** Of these it is said elsewhere that the server stays. */
const TOLD: ReadonlySet<Blocked['reason']> = new Set(['unknown', 'protected', 'self']);

/** Whatever ends the server would end agents to which nothing may be done, or that could not come back after it. */
export function lostAgents(
  changes: readonly Change[],
  blocked: readonly Blocked[],
  context: GuardContext,
): readonly Blocked[] {
  if (!changes.some(endsServer)) return [];
  const isGoing = context.policy.destroy === true;
  const lost = agentsAround(context).flatMap((name) => {
    const view = agentView(context.observed, name, 'on-failure', context.fleet.supervisor);
    const reason = isGoing ? notOurs(view) : keptFromStart(name, view, { changes, blocked, context });
    return isUp(view) && reason !== undefined ? [{ name, reason }] : [];
  });
  const [first] = lost;
  if (first === undefined) return [];
  const names = lost.map(({ name, reason }) => `${name} (${reason})`).join(', ');
  const what = isGoing ? 'are not ours to end' : 'would not come back';
  const message = `the tmux server would end, and with it agents that ${what}: ${names}`;
  const hint = isGoing
    ? 'Move their unit files away, then destroy again.'
    : 'See to what is in their way, then try again.';
  return [{ group: 'fleet', reason: first.reason, message, hint }];
}

/** Nobody comes back from a destroy: all of ours go with the server, whatever stands in the way of their start. */
const notOurs = ({ unitTaken }: AgentView): 'foreign' | undefined => (unitTaken === 'foreign' ? unitTaken : undefined);

interface Proposed {
  readonly changes: readonly Change[];
  readonly blocked: readonly Blocked[];
  readonly context: GuardContext;
}

function keptFromStart(
  name: string,
  view: AgentView,
  { changes, blocked, context }: Proposed,
): Blocked['reason'] | undefined {
  const block = blocked.find(({ group, reason }) => group === `agent.${name}` && !TOLD.has(reason));
  // No unit starts it after a move away from systemd.
  const isByUnit = context.fleet.supervisor === 'systemd' && isToComeBack(name, changes);
  return block?.reason ?? (isByUnit ? refusedStart(view) : undefined);
}

const isToComeBack = (name: string, changes: readonly Change[]): boolean =>
  changes.some(({ address, action }) => address === `session.${name}` && action === 'restart');

const refusedStart = ({ unitTaken, unitRefused }: AgentView): Blocked['reason'] | undefined =>
  unitTaken ?? (unitRefused === undefined ? undefined : 'unit-refused');

/** All that are in the manifest or of which something is installed; sorted. */
export const agentsAround = ({ observed, fleet }: GuardContext): readonly string[] =>
  [...new Set([...installedAgents(observed), ...fleet.agents.map(({ name }) => name)])].toSorted();

/** Does anything of it run, or is about to? */
export const isUp = ({ state }: { readonly state: string }): boolean => state === 'running' || state === 'starting';

/** All agents end with the server. */
export const endsServer = ({ disruption }: Change): boolean => disruption === 'fleet';
