import type { ReadPort } from '../../model/host.ts';
import { agentOfUnit, fleetUnits } from '../../model/names.ts';
import type { Scope } from '../../model/provider.ts';
import { lastStarts, lookAtManager, type Call } from './client.ts';

/** Asked after a call, whatever systemctl says of it: units of which it is not so, each with the reason in words. */
export type Witness = () => Promise<ReadonlyMap<string, string>>;

/** Remembers which start each unit owes its process to: after a restart it has to be another one. */
export async function restartWitness(call: Call, units: readonly string[]): Promise<Witness> {
  const before = await lastStarts(call, units);
  return async () => {
    const after = await lastStarts(call, units);
    const same = units.filter((unit) => before.get(unit) !== '' && before.get(unit) === after.get(unit));
    return new Map(same.map((unit) => [unit, `${unit} was not restarted`]));
  };
}

/** Remembers the records of starts: a unit that is down after its start has left a new one, or never began. */
export function startWitness(port: ReadPort, units: readonly string[], scope: Scope): Witness {
  const { fleet, host, signal } = scope;
  const record = (unit: string): string => {
    const agent = agentOfUnit(fleet, unit) ?? '';
    const stat = port.files.stat(`${host.home}/fleets/${fleet}/record/${agent}/starts`);
    return `${stat?.inode ?? 0} ${stat?.mtimeMs ?? 0}`;
  };
  const before = new Map(units.map((unit) => [unit, record(unit)]));
  return async () => {
    const names = [fleetUnits(fleet).server, `mosaic-${fleet}@*.service`];
    const [, listed] = await lookAtManager(port, names, signal);
    const states = new Map(listed.map(({ name, active }) => [name, active]));
    const isDown = (unit: string): boolean => (states.get(unit) ?? 'inactive') === 'inactive';
    const idle = units.filter((unit) => isDown(unit) && before.get(unit) === record(unit));
    return new Map(idle.map((unit) => [unit, `${unit} was not started`]));
  };
}
