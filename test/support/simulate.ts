import { PHASES, type Change, type Plan } from '../../src/model/plan.ts';
import type { Address, Observation } from '../../src/model/resource.ts';
import { runningItems, type World } from './observed.ts';

type Items = Record<Address, Observation>;

/** The world after a plan was carried out exactly as it says, phase by phase. */
export function applied(world: World, plan: Plan): World {
  const items: Items = { ...world.observed.items };
  for (const phase of PHASES) {
    for (const change of plan.changes.filter((candidate) => candidate.phase === phase)) carryOut(items, change, world);
  }
  return { ...world, observed: { ...world.observed, items } };
}

function carryOut(items: Items, change: Change, world: World): void {
  const kind = change.address.slice(0, change.address.indexOf('.'));
  if (kind === 'session') carryOutRun(items, change, world);
  else if (change.action === 'delete') Reflect.deleteProperty(items, change.address);
  else set(items, change);
  if (kind === 'server' && change.disruption === 'fleet') endSessions(items);
}

function set(items: Items, { address, desired }: Change): void {
  if (desired !== undefined)
    items[address] = { state: 'present', owner: 'fleet', spec: desired.spec, fingerprint: 'seen' };
}

function carryOutRun(items: Items, { address, action, desired, group }: Change, { fleet }: World): void {
  const name = group.slice('agent.'.length);
  if (action === 'delete' || action === 'stop') {
    for (const kind of ['session', 'run', 'record']) Reflect.deleteProperty(items, `${kind}.${name}`);
    return;
  }
  const seen = items[address];
  if (action === 'update' && seen?.state === 'present') items[address] = { ...seen, spec: { ...seen.spec, name } };
  else Object.assign(items, Object.fromEntries(runningItems(name, desired?.spec ?? {}, fleet.supervisor)));
}

function endSessions(items: Items): void {
  for (const address of Object.keys(items))
    if (/^(session|run)\./.test(address)) Reflect.deleteProperty(items, address);
}
