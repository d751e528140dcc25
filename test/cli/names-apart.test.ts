import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { lockPath } from '../../src/cli/locked.ts';
import { lastGoodPath } from '../../src/cli/watch/last-good.ts';
import { statePath, watchLockPath } from '../../src/cli/watch/state.ts';
import { backupDirectory } from '../../src/host/backup.ts';
import { agentUnit, fleetUnits, isAgentName, type AgentName, type FleetName } from '../../src/model/names.ts';
import { gaveUpPath, holdPath, launchPath, recordDirectory } from '../../src/providers/files/client.ts';
import { dropInName } from '../../src/providers/systemd/spec.ts';

/** Every word that we use ourselves where names of users stand, and words that begin or end with one. */
const OURS = (
  'lock fault server launch holds record state backup tmux watch target service ' +
  'a a-tmux a-watch a-lock lock-a pipe pid d wants default journal mosaic'
).split(' ');
const names = fc
  .array(fc.constantFrom(...OURS), { minLength: 1, maxLength: 3 })
  .map((words) => words.join('-'))
  .filter((name) => name.length <= 32 && isAgentName(name));
const pairs = fc.tuple(names as fc.Arbitrary<FleetName>, names as fc.Arbitrary<AgentName>);

const HOME = '/h';
const UNITS = '/u';
const RUNTIME = '/r';

/** What there is once in a home. */
const ofHome = [lockPath(HOME), `${HOME}/fleet.yaml`, `${HOME}/libexec`, `${HOME}/bin`];

/** What there is once in a fleet. */
const ofFleet = (fleet: FleetName): readonly string[] => [
  ...Object.values(fleetUnits(fleet)).map((unit) => `${UNITS}/${unit}`),
  `${UNITS}/default.target.wants/${fleetUnits(fleet).target}`,
  `${HOME}/fleets/${fleet}/server`,
  `${HOME}/fleets/${fleet}/tmux.conf`,
  recordDirectory(HOME, fleet, '.server'),
  ...[statePath, watchLockPath, lastGoodPath, backupDirectory].map((path) => path(HOME, fleet)),
];

/** What there is once for an agent. */
const ofAgent = (fleet: FleetName, agent: AgentName): readonly string[] => [
  ...[launchPath, recordDirectory, holdPath].map((path) => path(HOME, fleet, agent)),
  ...[agentUnit(fleet, agent), dropInName(fleet, agent)].map((unit) => `${UNITS}/${unit}`),
  `${UNITS}/${fleetUnits(fleet).target}.wants/${agentUnit(fleet, agent)}`,
  ...['pid', 'pipe'].map((kind) => `${RUNTIME}/mosaic-${fleet}@${agent}.${kind}`),
];

/** Those of `some` that are one of `others`, or lie in one, or have one in them. */
const shared = (some: readonly string[], others: readonly string[]): readonly string[] =>
  some.filter((one) =>
    others.some((other) => one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`)),
  );

describe('any two different names', () => {
  it('of a fleet and an agent share no path and no unit with each other, nor with what is ours', () => {
    fc.assert(
      fc.property(pairs, pairs, ([fleet, agent], [otherFleet, otherAgent]) => {
        const own = ofAgent(fleet, agent);
        expect(shared(own, [...ofHome, ...ofFleet(fleet), ...ofFleet(otherFleet)])).toEqual([]);
        expect(shared(ofFleet(fleet), ofHome)).toEqual([]);
        if (fleet !== otherFleet) expect(shared(ofFleet(fleet), ofFleet(otherFleet))).toEqual([]);
        if (fleet !== otherFleet || agent !== otherAgent)
          expect(shared(own, ofAgent(otherFleet, otherAgent))).toEqual([]);
      }),
      { seed: 20_260_101, numRuns: 3000 },
    );
  });

  it('are kept apart also in what one agent has', () => {
    fc.assert(
      fc.property(pairs, ([fleet, agent]) => {
        const own = ofAgent(fleet, agent);
        expect(own.flatMap((path, at) => shared([path], own.slice(at + 1)))).toEqual([]);
        expect(gaveUpPath(HOME, fleet, agent).startsWith(`${recordDirectory(HOME, fleet, agent)}/`)).toBe(true);
      }),
    );
  });
});
