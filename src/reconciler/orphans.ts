import type { Fleet } from '../model/fleet.ts';
import type { Observed } from '../model/observed.ts';
import type { Blocked, Change } from '../model/plan.ts';
import type { Observation } from '../model/resource.ts';
import { agentView, type AgentView } from './agent-state.ts';
import { agentOf, groupOf, observationOf } from './address.ts';
import type { Decision } from './resources.ts';

/** Decides about the processes of agents that carry our marks and that the manifest does not know. */
export const decideOrphans = (fleet: Fleet, observed: Observed): readonly Decision[] =>
  orphanAgents(fleet, observed).map((name) => decideOrphan(name, fleet, observed));

function orphanAgents(fleet: Fleet, observed: Observed): readonly string[] {
  const known = new Set<string>(fleet.agents.map(({ name }) => name));
  return agentsSeen(observed, /./).filter((name) => !known.has(name));
}

/** Agents of which something is installed or runs; the base of the mass-delete limit. Sorted. */
export const installedAgents = (observed: Observed): readonly string[] =>
  agentsSeen(observed, /^(launch|unit|session)\./);

function agentsSeen({ items }: Observed, kinds: RegExp): readonly string[] {
  const names = Object.entries(items).flatMap(([address, item]) =>
    item.state === 'present' && item.owner === 'fleet' && kinds.test(address) ? (agentOf(groupOf(address)) ?? []) : [],
  );
  return [...new Set(names)].toSorted();
}

function decideOrphan(name: string, fleet: Fleet, observed: Observed): Decision {
  const view = agentView(observed, name, 'on-failure', fleet.supervisor);
  const blocked = unclearOf(name, view, observationOf(observed, `launch.${name}`));
  if (blocked !== undefined) return { blocked };
  const runs = view.state === 'running' || view.state === 'starting';
  return runs || hasFailedUnit(observed, name) ? { change: ending(name, fleet, { view, runs }) } : {};
}

/** What keeps us from ending it. A mark that cannot be read may be a protected agent's. */
function unclearOf(name: string, { block, state, detail }: AgentView, launch: Observation): Blocked | undefined {
  if (launch.state === 'unknown') return unclear(name, 'unknown', launch.error.message);
  if (block === 'impostor' || block === 'duplicate-owner') return unclear(name, block, detail ?? 'not ours');
  return state === 'unknown' ? unclear(name, 'unknown', detail ?? 'the look failed') : undefined;
}

/** The manager keeps a failed unit in its list after its files are gone. */
function hasFailedUnit({ items }: Observed, name: string): boolean {
  const run = items[`run.${name}`];
  return run?.state === 'present' && run.spec['active'] === 'failed';
}

const ending = (
  name: string,
  { supervisor }: Fleet,
  { view, runs }: { readonly view: AgentView; readonly runs: boolean },
): Change => ({
  address: `session.${name}`,
  group: `agent.${name}`,
  provider: supervisor,
  action: 'delete',
  reason: 'not_in_manifest',
  disruption: runs ? 'kill' : 'none',
  phase: 'stop',
  patch: [],
  because: 'not in the manifest',
  expected: view.fingerprint,
});

const unclear = (name: string, reason: Blocked['reason'], message: string): Blocked => ({
  group: `agent.${name}`,
  address: `session.${name}`,
  reason,
  message: `not in the manifest, but it cannot be told what runs there: ${message}`,
  hint: 'Nothing is done to it; run mosaic fleet doctor.',
});
