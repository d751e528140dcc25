import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import jsonpatch, { type Operation } from 'fast-json-patch';
import { isEmpty, type Plan } from '../../src/model/plan.ts';
import { groupOf } from '../../src/reconciler/address.ts';
import { buildPlan } from '../../src/reconciler/plan.ts';
import { driftedWorlds, settledWorlds } from '../support/fleets.ts';
import { inSyncItems, type World } from '../support/observed.ts';
import { applied } from '../support/simulate.ts';
import { carried, everyForm } from '../support/snapshot.ts';

const RUNS = { seed: 20_260_101, numRuns: 250 };
const ANY = ['absent', 'edited', 'reload', 'foreign', 'unknown'] as const;
const HEALABLE = ['absent', 'edited', 'reload'] as const;

const steps = (plan: Plan): readonly string[] => plan.changes.map(({ action, address }) => `${action} ${address}`);

/** The same machine, with every failed look answered by what the manifest wants. */
function seeing(world: World): World {
  const truth = inSyncItems(world.fleet, world.observed.host, world.desired);
  const known = Object.entries(world.observed.items).map(
    ([address, item]) => [address, item.state === 'unknown' ? (truth[address] ?? item) : item] as const,
  );
  return { ...world, observed: { ...world.observed, items: Object.fromEntries(known) } };
}

describe('any plan', () => {
  it('is empty when the machine is as the manifest says', () => {
    fc.assert(
      fc.property(settledWorlds, (world) => isEmpty(buildPlan(world))),
      RUNS,
    );
  });

  it('is empty once it has been carried out', () => {
    fc.assert(
      fc.property(driftedWorlds(HEALABLE), (drifted) => {
        const world = { ...drifted, policy: { ...drifted.policy, mode: 'apply' as const, now: true } };
        const after = applied(world, buildPlan(world));
        const rest = buildPlan(after);
        expect([steps(rest), rest.blocked, rest.deferred]).toEqual([[], [], []]);
      }),
      RUNS,
    );
  });

  it('is the same to the byte when it is made again', () => {
    fc.assert(
      fc.property(driftedWorlds(ANY), (world) => {
        expect(JSON.stringify(buildPlan(structuredClone(world)))).toBe(JSON.stringify(buildPlan(world)));
      }),
      RUNS,
    );
  });

  it('is the same to the byte when a snapshot carries what was seen to another machine', () => {
    fc.assert(
      fc.property(driftedWorlds(ANY), (world) => {
        expect(everyForm(buildPlan(carried(world)))).toEqual(everyForm(buildPlan(world)));
      }),
      RUNS,
    );
  });

  it('gives every change a reason and a cause', () => {
    fc.assert(
      fc.property(driftedWorlds(ANY), (world) =>
        buildPlan(world).changes.every(({ reason, because }) => reason.length > 0 && because.length > 0),
      ),
      RUNS,
    );
  });

  it('has patches that turn what is there into what is wanted', () => {
    fc.assert(
      fc.property(driftedWorlds(ANY), (world) => {
        for (const { address, patch, desired } of buildPlan(world).changes) {
          const seen = world.observed.items[address];
          if (patch.length === 0 || seen?.state !== 'present') continue;
          const result = jsonpatch.applyPatch(structuredClone(seen.spec), patch as unknown as Operation[], true);
          expect(result.newDocument).toEqual(structuredClone(desired?.spec));
        }
      }),
      RUNS,
    );
  });

  it('touches nothing that is foreign, and ends or deletes nothing of a group that could not be seen', () => {
    fc.assert(
      fc.property(driftedWorlds(ANY), (world) => {
        const { items } = world.observed;
        const unseen = Object.keys(items).filter((address) => items[address]?.state === 'unknown');
        const needed = unseen.filter((address) => address !== 'file.bin/mosaic' && !address.startsWith('link.'));
        const groups = new Set([...unseen.map(groupOf).filter((group) => group !== 'fleet'), ...needed.map(groupOf)]);
        for (const { address, group, action } of buildPlan(world).changes) {
          const seen = items[address];
          expect(seen?.state === 'present' ? seen.owner : 'fleet').toBe('fleet');
          if (group !== 'fleet') expect(groups).not.toContain(group);
          if (groups.has('fleet')) expect(['start', 'restart', 'replace']).not.toContain(action);
        }
      }),
      RUNS,
    );
  });

  it('only gains changes when what was unknown is seen to be in order', () => {
    fc.assert(
      fc.property(driftedWorlds(['absent', 'edited', 'reload', 'unknown']), (world) => {
        const more = new Set(steps(buildPlan(seeing(world))));
        expect(steps(buildPlan(world)).filter((step) => !more.has(step))).toEqual([]);
      }),
      RUNS,
    );
  });
});
