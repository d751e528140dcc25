import { isAgentName, isFleetName, type FleetName } from '../model/names.ts';

/** Who sends; an agent of another fleet is named `FLEET/AGENT`. */
export type Sender = { readonly kind: 'person' } | { readonly kind: 'agent'; readonly name: string };

/** What the kernel says of the sending process. Its environment is not asked: anybody can set that. */
export interface Origin {
  readonly cgroup: string;
  /** Pids of the process's parents, nearest first. */
  readonly ancestors: readonly number[];
}

/** The agent in whose unit, or below whose pane, a process runs; a person otherwise. */
export function senderOf(origin: Origin, fleet: FleetName, panes: ReadonlyMap<number, string>): Sender {
  const pane = origin.ancestors.find((pid) => panes.has(pid));
  const name = agentOfCgroup(origin.cgroup, fleet) ?? (pane === undefined ? undefined : panes.get(pane));
  return name === undefined ? { kind: 'person' } : { kind: 'agent', name };
}

/** The innermost agent's unit of a path such as `/user.slice/…/mosaic-canary@coder.service/init`. */
function agentOfCgroup(cgroup: string, own: FleetName): string | undefined {
  for (const part of cgroup.split('/').toReversed()) {
    const [, fleet = '', agent = ''] = /^mosaic-([^@]+)@([^@]+)\.service$/.exec(part) ?? [];
    if (isFleetName(fleet) && isAgentName(agent)) return fleet === own ? agent : `${fleet}/${agent}`;
  }
  return undefined;
}

/** How a receipt names the sender. */
export const senderWord = (sender: Sender): string => (sender.kind === 'person' ? 'person' : `agent:${sender.name}`);

/** The text as it is delivered: one agent must not pass for a person in front of another. */
export const signed = (text: string, sender: Sender, bare: boolean): string =>
  bare || sender.kind === 'person' ? text : `[message from agent ${sender.name}]\n${text}`;
