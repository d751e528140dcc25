import { FleetError } from '../model/error.ts';
import { nearest } from '../manifest/suggest.ts';
import { openPlace } from './context.ts';
import { loadFleetOrInstalled } from './installed.ts';
import { silent } from './options.ts';

/** Agents of the usual manifest, or else of the installed fleet; none when neither can be read: a completion never fails. */
export async function agentNames(): Promise<readonly string[]> {
  try {
    const { fleet } = await loadFleetOrInstalled({}, await openPlace({}), silent);
    return fleet.agents.map(({ name }) => name);
  } catch {
    return [];
  }
}

/** Names are exact, never prefixes or globs: an unknown one is refused with the nearest that exists. */
export function requireAgents(fleet: KnownAgents, names: readonly string[]): void {
  const known = fleet.agents.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const guess = nearest(unknown, known);
  const hint = guess === undefined ? `Known agents: ${known.join(', ') || 'none'}` : `Did you mean ${guess}?`;
  throw new FleetError('E_UNKNOWN_AGENT', `there is no agent ${JSON.stringify(unknown)} in fleet ${fleet.name}`, {
    hint,
  });
}

/** A fleet, or what is known of one. */
interface KnownAgents {
  readonly name: string;
  readonly agents: readonly { readonly name: string }[];
}
