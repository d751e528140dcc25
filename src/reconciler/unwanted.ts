import type { Observed } from '../model/observed.ts';
import type { Change } from '../model/plan.ts';
import type { Address } from '../model/resource.ts';
import { groupOf, kindOf, observationOf, providerOf } from './address.ts';
import { runnerOf, serverSupervisor } from './agent-state.ts';
import { notWanted, type Unwanting } from './orphans.ts';
import { decideUnwanted, foreignInTheWay, type Decision } from './resources.ts';
import { isReload } from './scope.ts';
import { endOfServer } from './server.ts';

/** Decides about everything that carries our mark or name and that nobody wants any more. */
export function decideLeftovers(context: Unwanting, wanted: ReadonlySet<Address>): readonly Decision[] {
  const { observed } = context;
  return Object.keys(observed.items)
    .filter((address) => !wanted.has(address) && !EVIDENCE.has(kindOf(address)) && !isShared(address, observed))
    .map((address) => decideLeftover(address, context));
}

/** Kinds that are evidence about an agent, not things a plan creates or deletes. No document of theirs is compared. */
export const EVIDENCE: ReadonlySet<string> = new Set(['run', 'record', 'session']);

/** The scripts of a home serve all its fleets: they stay as long as one of the others does. */
const isShared = (address: Address, { host }: Observed): boolean =>
  /^file\.(libexec|bin)\//.test(address) && Object.keys(host.otherFleets).length > 0;

function decideLeftover(address: Address, context: Unwanting): Decision {
  const { observed } = context;
  const observation = observationOf(observed, address);
  const group = groupOf(address);
  if (observation.state === 'present' && observation.owner === 'foreign' && isUnitOfAll(address, context)) {
    return foreignInTheWay({ address, group }, observation);
  }
  const decision = decideUnwanted(address, group, providerOf(address), observation);
  const { change } = decision;
  return change === undefined ? decision : { ...decision, change: explained(change, context) };
}

/** Where it is somebody else's, so may be every link and session of the name: nobody may end them for this fleet. */
const isUnitOfAll = (address: Address, { fleet, observed }: Unwanting): boolean =>
  kindOf(address) === 'unit' &&
  groupOf(address) === 'fleet' &&
  ([fleet.supervisor, serverSupervisor(observed)].includes('systemd') || (isReload(address) && holdsUnits(observed)));

/** Each of these that goes needs the mark of a reload first. */
const holdsUnits = ({ items }: Observed): boolean =>
  Object.entries(items).some(
    ([address, seen]) =>
      ['unit', 'link'].includes(kindOf(address)) && seen.state === 'present' && seen.owner === 'fleet',
  );

/** Says why it is not wanted: an agent that stays has no link while it is down, and no unit without systemd. */
function explained(change: Change, context: Unwanting): Change {
  const { fleet, observed } = context;
  if (kindOf(change.address) === 'server') return endOfServer(change, runnerOf(observed, fleet), observed);
  const agent = fleet.agents.find(({ name }) => change.group === `agent.${name}`);
  if (agent === undefined) return { ...change, because: notWanted(context) };
  const isHeld = observed.host.holds.some((hold) => hold.agent === agent.name);
  if (isHeld) return { ...change, reason: 'held', because: 'held by stop' };
  const because =
    agent.state === 'stopped' ? 'the manifest says stopped' : `not needed with supervisor ${fleet.supervisor}`;
  return { ...change, reason: 'not_wanted', because };
}
