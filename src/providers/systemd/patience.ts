import { agentOfUnit, fleetUnits, type FleetName } from '../../model/names.ts';
import type { Observation, ProviderObservation } from '../../model/resource.ts';

/** systemd's own time-out for a unit that names none (systemd-system.conf(5), DefaultTimeoutStopSec=). */
const DEFAULT_STOP_MS = 90_000;
/** For a unit whose time-out is written in a way, or in a place, that we do not read. */
const UNKNOWN_STOP_MS = 900_000;

/** How long these units may take to stop, side by side. With the server go all agents, and it goes after them. */
export function stopPatienceMs(
  { items, facts }: ProviderObservation,
  units: readonly string[],
  fleet: FleetName,
): number {
  const hasServer = units.includes(fleetUnits(fleet).server);
  const dropIns = hasServer
    ? Object.keys(items).filter((address) => address.endsWith('.d/50-mosaic.conf'))
    : units.flatMap((unit) => (agentOfUnit(fleet, unit) === undefined ? [] : `unit.${unit}.d/50-mosaic.conf`));
  const { overrides } = facts;
  const isOverridden = Array.isArray(overrides) && overrides.length > 0;
  const agents = isOverridden ? [UNKNOWN_STOP_MS] : dropIns.map((address) => stopMs(items[address]));
  return Math.max(0, ...agents) + (hasServer ? DEFAULT_STOP_MS : 0);
}

function stopMs(dropIn: Observation | undefined): number {
  if (dropIn === undefined || dropIn.state === 'absent') return DEFAULT_STOP_MS;
  const written = dropIn.state === 'present' ? JSON.stringify(dropIn.spec['Service'] ?? {}) : '';
  const milliseconds = /"TimeoutStopSec":"(\d+)ms"/.exec(written)?.[1];
  return milliseconds === undefined ? UNKNOWN_STOP_MS : Number(milliseconds);
}
