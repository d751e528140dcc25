import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { planJson } from '../../src/cli/view/plan-json.ts';
import { planText } from '../../src/cli/view/plan-text.ts';
import type { Plan } from '../../src/model/plan.ts';
import { buildPlan } from '../../src/reconciler/plan.ts';
import { fleetOf } from '../support/fleet.ts';
import { worldOf, type Overlay, type World } from '../support/observed.ts';
import { carried, everyForm } from '../support/snapshot.ts';

const DIRECTORY = dirname(fileURLToPath(import.meta.url));
const intents = readdirSync(DIRECTORY, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .toSorted();

const text = (plan: Plan): string => planText(plan, { manifest: 'fleet.yaml', verbose: true });

function readWorld(intent: string): World {
  const read = (name: string): string => readFileSync(join(DIRECTORY, intent, name), 'utf8');
  const overlay = existsSync(join(DIRECTORY, intent, 'observed.json'))
    ? (JSON.parse(read('observed.json')) as Overlay)
    : {};
  return worldOf(fleetOf(read('fleet.yaml')), overlay);
}

const reversed = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).toReversed());

/** The same world, with everything that has no order of its own the other way round. */
const shuffled = (world: World): World => ({
  ...world,
  fleet: { ...world.fleet, agents: world.fleet.agents.toReversed() },
  desired: world.desired.toReversed().map((desired) => ({ ...desired, spec: reversed(desired.spec) })),
  observed: {
    ...world.observed,
    host: {
      ...world.observed.host,
      holds: world.observed.host.holds.toReversed(),
      otherFleets: reversed(world.observed.host.otherFleets),
    },
    items: reversed(world.observed.items),
    facts: reversed(world.observed.facts),
    incomplete: world.observed.incomplete.toReversed(),
  },
});

describe.each(intents)('the plan for %s', (intent) => {
  const world = readWorld(intent);
  const plan = buildPlan(world);

  it('reads as agreed', () => {
    const file = join(DIRECTORY, intent, 'expected.plan');
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(file, text(plan));
    expect(text(plan)).toBe(readFileSync(file, 'utf8'));
  });

  it('is the same to the byte when it is made again, from input in any order', () => {
    const json = JSON.stringify(planJson(plan));
    expect(JSON.stringify(planJson(buildPlan(world)))).toBe(json);
    expect(JSON.stringify(planJson(buildPlan(shuffled(world))))).toBe(json);
    expect(JSON.parse(json)).toMatchObject({ formatVersion: '1.0', fleet: world.fleet.name });
  });

  it('is the same to the byte, in every form, when a snapshot carries what was seen to another machine', () => {
    expect(everyForm(buildPlan(carried(world)))).toEqual(everyForm(plan));
  });

  it('gives a reason and a cause for every change, and a way out for every block', () => {
    for (const { reason, because } of plan.changes) expect([reason, because]).not.toContain('');
    for (const { message, hint } of plan.blocked) expect([message, hint]).not.toContain('');
  });
});
