import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FleetError } from '../../../src/model/error.ts';
import { buildPlan } from '../../../src/reconciler/plan.ts';
import { driftedWorlds } from '../../support/fleets.ts';
import { carried, everyForm, snapshotText } from '../../support/snapshot.ts';

/** Ways to every value in a document, from the top. */
function paths(value: unknown, above: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [above];
  return [above, ...Object.entries(value).flatMap(([key, item]) => paths(item, [...above, key]))];
}

const odd = fc.oneof(
  fc.constantFrom(
    null,
    true,
    0,
    -1,
    1e300,
    '',
    '\u001b[2J',
    '../..',
    [],
    {},
    [[]],
    { toString: 1 },
    { state: 'present' },
  ),
  fc.jsonValue(),
);

function replaced(document: unknown, path: readonly string[], value: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return value;
  const below: unknown = Reflect.get(document as object, key);
  if (Array.isArray(document)) return document.with(Number(key), replaced(below, rest, value));
  return { ...(document as object), [key]: replaced(below, rest, value) };
}

describe('a snapshot in which anything was replaced', () => {
  it('is refused with a code, or gives a plan that steers no terminal', () => {
    fc.assert(
      fc.property(driftedWorlds(['absent', 'edited', 'foreign', 'unknown']), fc.nat(), odd, (world, at, value) => {
        const document: unknown = JSON.parse(snapshotText(world));
        const all = paths(document);
        const text = JSON.stringify(replaced(document, all[at % all.length] ?? [], value) ?? null);
        const [plain = '', verbose = ''] = formsOf(() => everyForm(buildPlan(carried(world, text))));
        expect(plain + verbose).not.toContain('\u001b');
      }),
      { seed: 20_260_103, numRuns: 600 },
    );
  });
});

function formsOf(act: () => readonly string[]): readonly string[] {
  try {
    return act();
  } catch (error) {
    if (error instanceof FleetError) return [];
    throw error;
  }
}
