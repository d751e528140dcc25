/** Names that can hurt are branded; only the constructors below make them. */
declare const brand: unique symbol;
type Brand<T extends string> = string & { readonly [brand]: T };

export type FleetName = Brand<'FleetName'>;
export type AgentName = Brand<'AgentName'>;
export type SocketName = Brand<'SocketName'>;
export type UnitName = Brand<'UnitName'>;

const KEBAB = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
const SOCKET = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;

export const MAX_FLEET_NAME = 32;
export const MAX_AGENT_NAME = 48;
/** The kernel's `sun_path` holds 108 bytes with its final NUL (unix(7)). */
export const MAX_SOCKET_PATH_BYTES = 107;

export const isFleetName = (text: string): text is FleetName => text.length <= MAX_FLEET_NAME && KEBAB.test(text);
export const isAgentName = (text: string): text is AgentName => text.length <= MAX_AGENT_NAME && KEBAB.test(text);
/** `default` is the user's own tmux and is never a fleet's socket. */
export const isSocketName = (text: string): text is SocketName => text !== 'default' && SOCKET.test(text);

/** The systemd unit names of one fleet; exact names, so that fleet `a` never sees `a-b`. */
export interface FleetUnits {
  readonly server: UnitName;
  readonly template: UnitName;
  readonly target: UnitName;
  readonly watch: UnitName;
}

let last: { readonly fleet: FleetName; readonly units: FleetUnits } | undefined;

export function fleetUnits(fleet: FleetName): FleetUnits {
  // Asked for with every link of hundreds, nearly always for the same fleet.
  if (last?.fleet === fleet) return last.units;
  const units: FleetUnits = {
    server: `mosaic-${fleet}-tmux.service` as UnitName,
    template: `mosaic-${fleet}@.service` as UnitName,
    target: `mosaic-${fleet}.target` as UnitName,
    watch: `mosaic-${fleet}-watch.service` as UnitName,
  };
  last = { fleet, units };
  return units;
}

export const agentUnit = (fleet: FleetName, agent: AgentName): UnitName =>
  `mosaic-${fleet}@${agent}.service` as UnitName;

/** The agent of an agent unit's name, or undefined when the unit is not one of this fleet's. */
export function agentOfUnit(fleet: FleetName, unit: string): AgentName | undefined {
  const prefix = `mosaic-${fleet}@`;
  if (!unit.startsWith(prefix) || !unit.endsWith('.service')) return undefined;
  const name = unit.slice(prefix.length, -'.service'.length);
  return isAgentName(name) ? name : undefined;
}
