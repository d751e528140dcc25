import { isAgentName } from '../model/names.ts';
import type { Observed } from '../model/observed.ts';
import type { Address, Group, Observation, ProviderName } from '../model/resource.ts';

const PROVIDERS: Readonly<Record<string, ProviderName>> = {
  file: 'files',
  launch: 'files',
  record: 'files',
  unit: 'systemd',
  link: 'systemd',
  run: 'systemd',
  session: 'tmux',
  server: 'tmux',
};

/** Who observes an address. A kind without an entry is called after its provider. */
export function providerOf(address: Address): ProviderName {
  const kind = kindOf(address);
  return PROVIDERS[kind] ?? kind;
}

/** The part of an address before its first dot. */
export const kindOf = (address: Address): string => address.slice(0, address.indexOf('.'));

/** What was seen at an address. Where its provider's look failed in part, nothing seen means unknown, not absent. */
export function observationOf(observed: Observed, address: Address): Observation {
  const seen = observed.items[address];
  if (seen !== undefined) return seen;
  const failed = observed.incomplete.find(({ provider }) => provider === providerOf(address));
  return failed === undefined ? { state: 'absent' } : { state: 'unknown', error: failed.error };
}

const AGENT_KINDS: ReadonlySet<string> = new Set(['launch', 'session', 'run', 'record', 'unit', 'link']);

/** The group an address belongs to, from its name alone. */
export function groupOf(address: Address): Group {
  const kind = kindOf(address);
  const name = address.slice(kind.length + 1);
  const isUnit = kind === 'unit' || kind === 'link';
  const agent = isUnit ? /^mosaic-[a-z0-9-]+@([a-z0-9-]+)\.service/.exec(name)?.[1] : name;
  return AGENT_KINDS.has(kind) && agent !== undefined && isAgentName(agent) ? `agent.${agent}` : 'fleet';
}

/** The names of the agents that these are about; what is the fleet's has none. */
export const agentsOf = (items: readonly { readonly group: Group }[]): readonly string[] =>
  items.map(({ group }) => agentOf(group)).filter((name) => name !== undefined);

/** The agent's name of an agent's group; undefined for the fleet's. */
export const agentOf = (group: Group): string | undefined =>
  group.startsWith('agent.') ? group.slice('agent.'.length) : undefined;
