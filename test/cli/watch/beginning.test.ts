import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadText } from '../../../src/cli/load-fleet.ts';
import { cacheKey, remember } from '../../../src/cli/manifest-cache.ts';
import { fileWriter } from '../../../src/cli/write-port.ts';
import { firstManifest } from '../../../src/cli/watch/beginning.ts';
import { keepLastGood } from '../../../src/cli/watch/last-good.ts';
import { manifestSource } from '../../../src/cli/watch/manifest.ts';
import { createFileReader } from '../../../src/host/files.ts';
import { identity } from '../../../src/host/identity.ts';
import type { GoodReading } from '../../../src/reconciler/watch/reading.ts';
import { fleetWith } from '../../support/fleet.ts';
import { cleanUp, tempHome } from '../../support/harness.ts';

// What the build puts in their place.
Object.assign(globalThis, { __MOSAIC_VERSION__: '0.0.0', __MOSAIC_BUILD__: 'test' });
afterAll(cleanUp);

/** A manifest beside the Mosaic home, and an agent that works in one of the directories there. */
async function begin(workingDirectory: string, prepare: (at: Begun) => Promise<void> | void): Promise<GoodReading> {
  const temp = tempHome();
  const root = realpathSync(temp.root);
  const home = join(root, 'mosaic');
  const agents = `{ coder: { command: [cat], workingDirectory: "${join(root, workingDirectory)}" } }`;
  const text = `apiVersion: mosaic/v1alpha1\nkind: Fleet\nmetadata: { name: canary }\nspec: { agents: ${agents} }\n`;
  const path = join(root, 'safe/fleet.yaml');
  for (const name of ['safe', 'work']) mkdirSync(join(root, name), { mode: 0o700 });
  mkdirSync(join(home, 'state/canary'), { recursive: true });
  const bytes = Buffer.from(text);
  writeFileSync(path, bytes, { mode: 0o600 });
  await prepare({ path, bytes, home });
  const place = { read: { files: createFileReader() }, home, identity: identity() };
  return firstManifest(manifestSource(path, place), path, place);
}

interface Begun {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly home: string;
}

/** What whoever can write there would leave under the name of these very bytes. */
const forge = ({ bytes, home }: Begun): void =>
  remember(fileWriter(), home, {
    fleet: fleetWith({ evil: '{ command: [sleep, "8888"] }' }),
    warnings: [],
    key: cacheKey(bytes),
  });

async function keepAndBreak(at: Begun): Promise<void> {
  keepLastGood(fileWriter(), at.home, { ...(await loadText(at, at.home, undefined)), bytes: at.bytes }, []);
  rmSync(at.path);
}

const namesOf = ({ fleet }: GoodReading): readonly string[] => fleet.agents.map(({ name }) => name);

describe('what a watcher begins with', () => {
  it('is what the manifest says, whatever is remembered of its text', async () => {
    expect(namesOf(await begin('work', forge))).toEqual(['coder']);
  });

  it('is what the last good one said, whatever is remembered of its text', async () => {
    const first = await begin('work', async (at) => {
      await keepAndBreak(at);
      forge(at);
    });
    expect(namesOf(first)).toEqual(['coder']);
  });

  it('brings nothing new from a last good one that an agent can edit, wherever the manifest was', async () => {
    const inTheRecord = await begin('mosaic', keepAndBreak);
    expect(inTheRecord.exposed?.message).toMatch(/^the record of the last good manifest is in .* directory of coder/);
    expect((await begin('work', keepAndBreak)).exposed).toBeUndefined();
    expect((await begin('safe', keepAndBreak)).exposed?.message).toMatch(/^the manifest is in /);
    expect((await begin('mosaic', () => undefined)).exposed).toBeUndefined();
  });
});
