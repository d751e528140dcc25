import { describe, expect, it } from '@jest/globals';
import { buildPlan, formatPlan, FleetError, parseFleet, parseSnapshot, planInput } from '../../src/index.ts';
import { planJson } from '../../src/cli/view/plan-json.ts';
import { fleetWith } from '../support/fleet.ts';
import { worldOf } from '../support/observed.ts';
import { everyForm, snapshotText } from '../support/snapshot.ts';

const MANIFEST = `apiVersion: mosaic/v1alpha1
kind: Fleet
metadata: { name: canary }
spec:
  agents:
    coder: { command: [codex] }
    more: { command: [sh], env: { API_TOKEN: hunter2 } }
`;

describe('the library', () => {
  const snapshot = parseSnapshot(snapshotText(worldOf(fleetWith({ coder: '{ command: [codex] }' }))));
  const { fleet } = parseFleet(MANIFEST, 'fleet.yaml');
  if (fleet === undefined) throw new Error('the manifest is not valid');

  it('plans for another manifest from a snapshot, and shows it as the command does', () => {
    const plan = buildPlan(planInput(fleet, snapshot));
    expect(plan.changes.map(({ address }) => address)).toEqual(expect.arrayContaining(['launch.more', 'session.more']));
    const [text, verbose, , markdown, github] = everyForm(plan);
    expect(formatPlan(plan)).toBe(text);
    expect(formatPlan(plan, { verbose: true })).toBe(verbose);
    expect(formatPlan(plan, { format: 'markdown' })).toBe(markdown);
    expect(formatPlan(plan, { format: 'github' })).toBe(`${github}\n`);
    expect(JSON.parse(formatPlan(plan, { format: 'json' }))).toEqual(JSON.parse(JSON.stringify(planJson(plan))));
  });

  it('refuses a snapshot of another fleet, and what is none', () => {
    const { fleet: other } = parseFleet(MANIFEST.replace('canary', 'other'), 'fleet.yaml');
    expect(() => other && planInput(other, snapshot)).toThrow(
      new FleetError('E_OTHER_FLEET', 'the snapshot is of fleet canary, the manifest of fleet other'),
    );
    expect(() => parseSnapshot('{}')).toThrow(new FleetError('E_SNAPSHOT', 'the snapshot is not a snapshot'));
  });
});
