import type { Fleet } from '../../src/model/fleet.ts';
import type { Activity, HostFacts, Observed } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import type { Address, Desired, Json, JsonObject, Observation } from '../../src/model/resource.ts';
import { buildPlan } from '../../src/reconciler/plan.ts';
import type { Look } from '../../src/reconciler/pass.ts';
import { APPLY, type Policy } from '../../src/reconciler/policy.ts';
import { desiredFor, hostFor } from './fleet.ts';

/** How a machine differs from one that is exactly as the manifest says. */
export interface Overlay {
  /** By address: `null` is absent, a text is why it is unknown, an object is merged (RFC 7396) into what is in sync. */
  readonly items?: Readonly<Record<Address, null | string | JsonObject>>;
  readonly facts?: Readonly<Record<string, Json>>;
  readonly host?: Partial<HostFacts>;
  readonly incomplete?: Observed['incomplete'];
  readonly activity?: Readonly<Record<string, Activity>>;
  readonly policy?: Partial<Policy>;
  /** Nothing of the fleet is on the machine but what `items` names. */
  readonly empty?: boolean;
}

/** One fleet, what it wants, and what is seen. */
export interface World {
  readonly fleet: Fleet;
  readonly desired: readonly Desired[];
  readonly observed: Observed;
  readonly policy: Policy;
  readonly activity: Readonly<Record<string, Activity>>;
}

/** The plan of a fleet on a machine that differs from "everything in sync" by an overlay. */
export const planOf = (fleet: Fleet, overlay: Overlay = {}): Plan => buildPlan(worldOf(fleet, overlay));

/** The look that such a world gives; what an agent does was read off its screen. */
export const lookAt = (world: World, plan = buildPlan(world)): Look => ({
  ...world,
  plan,
  activity: Object.fromEntries(
    Object.entries(world.activity).map(([name, state]) => [name, { state, source: 'screen' } as const]),
  ),
});

/** A fleet together with a machine that is in sync with it but for an overlay. Under `destroy` nothing is wanted. */
export function worldOf(fleet: Fleet, overlay: Overlay = {}): World {
  const host = hostFor(fleet, overlay.host);
  const desired = desiredFor(fleet, host);
  const base = overlay.empty === true ? {} : inSyncItems(fleet, host, desired);
  const goes = overlay.policy?.destroy === true;
  return {
    fleet: goes ? { ...fleet, agents: [] } : fleet,
    desired: goes ? [] : desired,
    observed: {
      host,
      items: withItems(base, overlay.items ?? {}),
      facts: { foreignSessions: [], targetActive: true, ...overlay.facts },
      incomplete: overlay.incomplete ?? [],
    },
    policy: { ...APPLY, ...overlay.policy },
    activity: overlay.activity ?? {},
  };
}

/** What is seen when everything is as it should be. */
export function inSyncItems(
  fleet: Fleet,
  host: HostFacts,
  desired: readonly Desired[],
): Readonly<Record<Address, Observation>> {
  const things = desired.filter(({ address }) => !address.startsWith('session.'));
  const agents = fleet.agents.flatMap(({ name, state }) => {
    const started = desired.find(({ address }) => address === `session.${name}`)?.spec ?? {};
    const isUp = state === 'running' && !host.holds.some(({ agent }) => agent === name);
    return isUp ? runningItems(name, started, fleet.supervisor) : stoppedItems(name);
  });
  return Object.fromEntries([...things.map(({ address, spec }) => [address, present(spec)] as const), ...agents]);
}

const present = (spec: JsonObject): Observation => ({ state: 'present', owner: 'fleet', spec, fingerprint: 'seen' });

/** What is seen of an agent that runs with `started` (hash of its spec, and launcher). */
export function runningItems(name: string, started: JsonObject, supervisor = 'systemd'): [Address, Observation][] {
  const place = supervisor === 'systemd' ? { inUnit: true } : { isWrapper: true };
  const run = { active: 'active', sub: 'running', load: 'loaded' };
  return [
    [`session.${name}`, present({ id: '$1', name, wantedName: name, pid: 4242, ...started, ...place })],
    [`record.${name}`, present({ starts: 1, startedAt: 1000 })],
    ...(supervisor === 'systemd' ? [[`run.${name}`, present(run)] as [Address, Observation]] : []),
  ];
}

const stoppedItems = (name: string): [Address, Observation][] => [
  [`record.${name}`, present({ starts: 1, startedAt: 1000, endedAt: 2000, asked: 'stop', signal: 'TERM' })],
];

function withItems(
  base: Readonly<Record<Address, Observation>>,
  changes: NonNullable<Overlay['items']>,
): Record<Address, Observation> {
  const items: Record<Address, Observation> = { ...base };
  for (const [address, change] of Object.entries(changes)) {
    if (change === null) delete items[address];
    else if (typeof change === 'string')
      items[address] = { state: 'unknown', error: { code: 'E_LOOK', message: change } };
    else items[address] = merge(items[address] ?? present({}), change) as unknown as Observation;
  }
  return items;
}

/** JSON Merge Patch (RFC 7396). */
function merge(target: unknown, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
