import { errorOf, FleetError } from '../../model/error.ts';
import type { Clock } from '../../model/host.ts';
import { agentUnit, fleetUnits, isAgentName } from '../../model/names.ts';
import type { Change } from '../../model/plan.ts';
import type { Outcome, Scope } from '../../model/provider.ts';
import type { Address } from '../../model/resource.ts';
import { listUnits, type Call } from './client.ts';

const TRIES = 60;
const BETWEEN_TRIES_MS = 250;

/**
 * After a call for many units that did not go well everywhere: which ones are as they should be? A unit that systemd
 * starts a second time, because the first start met a machine under load, is waited for.
 */
export async function settled(
  { call, clock, said }: Hands,
  changes: readonly Change[],
  scope: Scope,
): Promise<readonly Outcome[]> {
  const units = fleetUnits(scope.fleet);
  const names = changes.map(({ address }) => unitOf(address, scope));
  for (let left = TRIES; ; left -= 1) {
    const listed = await listUnits(call, [units.server, units.target, `mosaic-${scope.fleet}@*.service`]);
    const states = new Map(listed.map(({ name, active }) => [name, active]));
    const isMoving = names.some((name) => /^(de)?activating$/.test(states.get(name) ?? ''));
    if (!isMoving || left === 0) {
      return changes.map((change, at) => outcomeOf(change, states.get(names[at] ?? ''), [names, at, said]));
    }
    await clock.sleep(BETWEEN_TRIES_MS, scope.signal);
  }
}

function outcomeOf(change: Change, active = 'inactive', [names, at, said]: Parameters<typeof saidOf>): Outcome {
  const wantsUp = change.phase !== 'stop';
  const isRight = wantsUp ? active === 'active' : !/^(active|activating|deactivating)$/.test(active);
  if (isRight) return done(change.address);
  const message = `${names[at] ?? ''} is ${active} after ${wantsUp ? 'the start' : 'the stop'}`;
  return failed(change.address, new FleetError('E_STEP_FAILED', `${message}${saidOf(names, at, said)}`));
}

const SAID_LENGTH = 400;

/** The tail of a message: what systemctl wrote that is about this one of its units, or about none of them. */
export function saidOf(units: readonly string[], at: number, stderr: string): string {
  const others = units.filter((_, index) => index !== at);
  const lines = stderr.split('\n').filter((line) => !others.some((unit) => line.includes(unit)));
  const text = lines
    .join(' ')
    .replaceAll(/[^\x20-\x7e]/g, '?')
    .trim();
  return text === '' ? '' : `: ${text.slice(0, SAID_LENGTH)}`;
}

/** What a settling needs of the machine. */
interface Hands {
  readonly call: Call;
  readonly clock: Clock;
  /** What systemctl wrote of what did not go well. */
  readonly said: string;
}

/** The unit behind a `server.` or `session.` address. */
export function unitOf(address: Address, { fleet }: Scope): string {
  if (address.startsWith('server.')) return fleetUnits(fleet).server;
  const agent = address.slice('session.'.length);
  if (!address.startsWith('session.') || !isAgentName(agent))
    throw new FleetError('E_INTERNAL', `${address} is no unit`);
  return agentUnit(fleet, agent);
}

/** A change that was carried out. */
export const done = (address: Address): Outcome => ({ address, done: true });

/** A change that was not carried out, and why. */
export const failed = (address: Address, error: unknown): Outcome => ({
  address,
  done: false,
  error: errorOf(error),
});
