import { FleetError } from '../model/error.ts';
import { nearest } from '../manifest/suggest.ts';

/** Names are exact, never prefixes or globs: an unknown one is refused with the nearest that exists. */
export function requireAgents(fleet: KnownAgents, names: readonly string[]): void {
  const known = [...new Set(fleet.agents.map(({ name }) => name))];
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
