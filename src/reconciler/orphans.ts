import type { Fleet } from '../model/fleet.ts';
import { fleetUnits } from '../model/names.ts';
import type { Observed } from '../model/observed.ts';
import type { Blocked, Change } from '../model/plan.ts';
import type { Address, Observation } from '../model/resource.ts';
import { agentView, runnerOf, type AgentView } from './agent-state.ts';
import { agentOf, groupOf, observationOf } from './address.ts';
import type { Policy } from './policy.ts';
import type { Decision } from './resources.ts';

/** Decides about the processes of agents that carry our marks and that the manifest does not know. */
export const decideOrphans = (context: Unwanting, wanted: ReadonlySet<Address>): readonly Decision[] =>
  orphanAgents(context, wanted).map((name) => decideOrphan(name, context));

/** What it takes to tell why something is not wanted, and what may be done to it. */
export interface Unwanting {
  readonly fleet: Fleet;
  readonly observed: Observed;
  readonly policy: Policy;
}

/** Why something is deleted that the manifest does not name. */
export const NOT_IN_MANIFEST = 'not in the manifest';

/** Why nothing of an agent is wanted, in words. */
export const notWanted = ({ policy }: Pick<Unwanting, 'policy'>): string =>
  policy.destroy === true ? 'the fleet is destroyed' : NOT_IN_MANIFEST;

/** What is wanted belongs to agents the manifest knows: hundreds of names need no taking apart. */
function orphanAgents({ fleet, observed }: Unwanting, wanted: ReadonlySet<Address>): readonly string[] {
  const known = new Set<string>(fleet.agents.map(({ name }) => name));
  return agentsSeen(observed, (address) => !wanted.has(address)).filter((name) => !known.has(name));
}

/** Agents of which something is installed or runs; the base of the mass-delete limit. Sorted. */
export const installedAgents = (observed: Observed): readonly string[] =>
  agentsSeen(observed, (address) => /^(launch|unit|session)\./.test(address));

function agentsSeen({ items }: Observed, counts: (address: Address) => boolean): readonly string[] {
  const ours = Object.keys(items).filter((address) => {
    const item = items[address];
    return item?.state === 'present' && item.owner === 'fleet' && counts(address);
  });
  return [...new Set(ours.flatMap((address) => agentOf(groupOf(address)) ?? []))].toSorted();
}

function decideOrphan(name: string, context: Unwanting): Decision {
  const { fleet, observed } = context;
  const view = agentView(observed, name, 'on-failure', fleet.supervisor);
  const runs = view.state === 'running' || view.state === 'starting';
  const launch = observationOf(observed, `launch.${name}`);
  const isLeft = runs || hasFailedUnit(observed, name);
  const why = unclearOf(view, launch) ?? (runs ? unmarked(launch, context) : isLeft ? takenUnit(context) : undefined);
  if (why !== undefined) return { blocked: unclear(name, why, context) };
  return isLeft ? { change: ending(name, context, { view, runs }) } : {};
}

interface Unclear {
  readonly reason: Blocked['reason'];
  readonly message: string;
}

/** What keeps us from ending it. */
function unclearOf(view: AgentView, launch: Observation): Unclear | undefined {
  if (launch.state === 'unknown') return { reason: 'unknown', message: launch.error.message };
  const { block, state, unitTaken } = view;
  const message = String(view.detail);
  if (block === 'impostor' || block === 'duplicate-owner') return { reason: block, message };
  if (block === 'foreign' && state === 'running') return { reason: block, message };
  if (unitTaken === 'foreign') return { reason: 'foreign', message: 'its unit is somebody else’s' };
  return state === 'unknown' ? { reason: 'unknown', message } : undefined;
}

/** Its launch data carries the mark that protects an agent: without it, a running one may be a protected one. */
function unmarked(launch: Observation, { policy }: Unwanting): Unclear | undefined {
  if (policy.destroy === true || (launch.state === 'present' && launch.owner === 'fleet')) return undefined;
  const why = launch.state === 'present' ? (launch.foreignBecause ?? 'it carries no mark of ours') : 'it is missing';
  return { reason: 'unknown', message: `its launch data cannot be read, which says whether it is protected: ${why}` };
}

/** An agent's unit is made of the fleet's: where one of those is somebody else's by now, so may be what has failed. */
function takenUnit({ fleet, observed: { items } }: Unwanting): Unclear | undefined {
  const { server, template } = fleetUnits(fleet.name);
  const taken = [server, template].find((unit) => {
    const seen = items[`unit.${unit}`];
    return seen?.state === 'present' && seen.owner === 'foreign';
  });
  return taken === undefined ? undefined : { reason: 'foreign', message: `${taken} is somebody else’s` };
}

/** The manager keeps a failed unit in its list after its files are gone. */
function hasFailedUnit({ items }: Observed, name: string): boolean {
  const run = items[`run.${name}`];
  return run?.state === 'present' && run.spec['active'] === 'failed';
}

const ending = (
  name: string,
  context: Unwanting,
  { view, runs }: { readonly view: AgentView; readonly runs: boolean },
): Change => ({
  address: `session.${name}`,
  group: `agent.${name}`,
  // Who runs it ends it, also where the manifest has moved on; a failed unit is systemd's to forget.
  provider: runs ? runnerOf(context.observed, context.fleet) : 'systemd',
  action: 'delete',
  reason: 'not_in_manifest',
  disruption: runs ? 'kill' : 'none',
  phase: 'stop',
  patch: [],
  because: notWanted(context),
  expected: view.fingerprint,
});

const unclear = (name: string, { reason, message }: Unclear, context: Unwanting): Blocked => ({
  group: `agent.${name}`,
  address: `session.${name}`,
  reason,
  message: `${notWanted(context)}, but it cannot be told what runs there: ${message}`,
  hint: 'Nothing is done to it; run mosaic fleet doctor.',
});
