import type { Fleet } from '../model/fleet.ts';
import { agentUnit, fleetUnits, type AgentName } from '../model/names.ts';
import type { Observed } from '../model/observed.ts';
import type { Blocked, Change } from '../model/plan.ts';
import { textOf, type Address, type Group, type Json } from '../model/resource.ts';
import { kindOf } from './address.ts';
import { agentView } from './agent-state.ts';
import { compareText } from './diff.ts';
import type { GuardContext } from './lost-agents.ts';
import { STARTING } from './scope.ts';

/** systemd would refuse each start of a unit that it cannot load: who runs goes on as it is, and can be stopped. */
export function refusedUnits(changes: readonly Change[], { fleet, observed }: GuardContext): readonly Blocked[] {
  if (fleet.supervisor !== 'systemd') return [];
  return fleet.agents.flatMap(({ name, restart }) => {
    const [group, address]: [Group, Address] = [`agent.${name}`, `session.${name}`];
    const { unitRefused } = agentView(observed, name, restart.policy, fleet.supervisor);
    if (unitRefused === undefined || changes.some((change) => mayMend(change, group))) return [];
    if (!changes.some((change) => change.address === address && STARTING.has(change.action))) return [];
    const message = `${name} cannot be started: systemd refuses its unit (${unitRefused})`;
    const hint = `Correct ${toCorrect(observed, fleet, name)}, then systemctl --user daemon-reload, then try again.`;
    return [{ group, address, reason: 'unit-refused', message, hint }];
  });
}

/** Settings of ours that are written again, or loaded again, may have been what systemd refuses. */
const mayMend = ({ address, group }: Change, own: Group): boolean =>
  kindOf(address) === 'unit' && (group === own || group === 'fleet');

/** What a person has to see to where systemd refuses the unit of an agent: settings of their own, if there are any. */
export function toCorrect({ facts }: Observed, fleet: Fleet, name: AgentName): string {
  const own = listed(facts['overrides']).filter((file) => covers(file, fleet, name));
  return own.length === 0 ? agentUnit(fleet.name, name) : own.join(', ');
}

/** Is this drop-in one for the unit of that agent, or for all agents' units? */
export const covers = (file: string, { name: fleet }: Fleet, name: AgentName): boolean =>
  [agentUnit(fleet, name), fleetUnits(fleet).template].some((unit) => file.startsWith(`${unit}.d/`));

/** The texts of a fact that lists some, sorted. */
export const listed = (fact: Json | undefined): readonly string[] =>
  Array.isArray(fact) ? fact.map(textOf).toSorted(compareText) : [];
