import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { openEngine, openPlace } from '../../../src/cli/context.ts';
import { controller } from '../../../src/cli/watch/controller.ts';
import { manifestSource } from '../../../src/cli/watch/manifest.ts';
import type { Look } from '../../../src/reconciler/pass.ts';
import { fleetWith } from '../../support/fleet.ts';
import { cleanUp, tempHome } from '../../support/harness.ts';
import { changeOf, NOTHING } from '../../support/plans.ts';

Object.assign(globalThis, { __MOSAIC_VERSION__: '0.0.0', __MOSAIC_BUILD__: 'test' });
afterAll(cleanUp);

/** What a watcher tells of a plan that starts an agent, with its lock file there or gone. */
async function told({ isHeld }: { readonly isHeld: boolean }): Promise<readonly string[]> {
  const { home } = tempHome();
  const options = { home };
  const place = await openPlace(options);
  const path = join(home, 'fleet.yaml');
  const lines: string[] = [];
  const { ports } = controller(
    {
      options,
      auto: 'safe',
      place,
      path,
      source: manifestSource(path, place),
      lock: { isHeld: () => isHeld, descriptors: [], release: () => undefined },
      story: { say: (_level, text) => void lines.push(text), nextPass: () => undefined },
      service: { ready: () => undefined, status: () => undefined, stopping: () => undefined },
      engine: openEngine(place),
      signal: new AbortController().signal,
      stop: () => void lines.push('(stops)'),
    },
    fleetWith({}),
  );
  ports.planned({ plan: { ...NOTHING, changes: [changeOf('a')] } } as unknown as Look);
  return lines;
}

describe('a watcher that has looked', () => {
  it('tells the plan', async () => {
    expect(await told({ isHeld: true })).toEqual([expect.stringContaining('start: not running')]);
  });

  it('has nothing to say of a fleet that was destroyed while it looked', async () => {
    expect(await told({ isHeld: false })).toEqual(['(stops)', 'fleet canary was destroyed; the watcher ends']);
  });
});
