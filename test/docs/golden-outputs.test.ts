import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { planJson } from '../../src/cli/view/plan-json.ts';
import { statusJson } from '../../src/cli/view/status.ts';
import { buildPlan } from '../../src/reconciler/plan.ts';
import { fleetStatus } from '../../src/reconciler/status.ts';
import { fleetOf } from '../support/fleet.ts';
import { lookAt, worldOf, type Overlay } from '../support/observed.ts';
import { saved } from '../cli/saved-plan/support.ts';
import { snapshotText } from '../support/snapshot.ts';
import { outputValidator } from './output-schemas.ts';

const DIRECTORY = new URL('../golden/', import.meta.url);
const cases = readdirSync(DIRECTORY, { withFileTypes: true }).filter((entry) => entry.isDirectory());

function read(url: URL): Overlay {
  if (!existsSync(url)) return {};
  const overlay: Overlay = JSON.parse(readFileSync(url, 'utf8'));
  return overlay;
}

describe.each(cases.map(({ name }) => name))('%s', (name) => {
  it('gives a plan, a status, a snapshot and a saved plan that their schemas describe to the last field', () => {
    const manifest = readFileSync(new URL(`${name}/fleet.yaml`, DIRECTORY), 'utf8');
    const world = worldOf(fleetOf(manifest), read(new URL(`${name}/observed.json`, DIRECTORY)));
    const plan = buildPlan(world);
    for (const [schema, output] of [
      ['plan', planJson(plan)],
      ['status', statusJson(fleetStatus(lookAt(world, plan), []))],
      ['snapshot', JSON.parse(snapshotText(world))],
      ['saved-plan', saved(world, plan)],
    ] as const) {
      const validate = outputValidator(schema, { strict: true });
      validate(JSON.parse(JSON.stringify(output)));
      expect(validate.errors ?? []).toEqual([]);
    }
  });
});
