import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { loadText } from '../../../src/cli/load-fleet.ts';
import { keepLastGood, recallLastGood, recallNotify } from '../../../src/cli/watch/last-good.ts';
import { fileWriter } from '../../../src/cli/write-port.ts';
import { createFileReader } from '../../../src/host/files.ts';
import { fleetWith } from '../../support/fleet.ts';
import { cleanUp, tempHome } from '../../support/harness.ts';

// What the build puts in their place.
Object.assign(globalThis, { __MOSAIC_VERSION__: '0.0.0', __MOSAIC_BUILD__: 'test' });
afterAll(cleanUp);

const { home } = tempHome();
const files = createFileReader();
const path = `${home}/fleet.yaml`;
const text = (name: string, agent: string): Uint8Array =>
  Buffer.from(
    `apiVersion: mosaic/v1alpha1\nkind: Fleet\nmetadata: { name: ${name} }\nspec:\n  agents:\n    ${agent}: { command: [cat] }\n`,
  );
async function keep(name: string, agent: string, manifest = path): Promise<void> {
  const bytes = text(name, agent);
  mkdirSync(`${home}/state/${name}`, { recursive: true, mode: 0o700 });
  const loaded = await loadText({ path: manifest, bytes }, home, undefined);
  keepLastGood(fileWriter(), home, { ...loaded, bytes }, ['call', 'me']);
}
const agents = async (manifest = path): Promise<readonly string[] | undefined> =>
  (await recallLastGood(files, home, manifest))?.fleet.agents.map(({ name }) => name);

describe('the last good manifest', () => {
  it('is unknown before one was taken, whatever else lies there', async () => {
    mkdirSync(`${home}/state`, { recursive: true });
    writeFileSync(`${home}/state/.lock`, '');
    expect(await agents()).toBeUndefined();
  });

  it('is known by the path it was taken from, and to nobody else', async () => {
    await keep('canary', 'alpha');
    expect(await agents()).toEqual(['alpha']);
    expect(await agents('/elsewhere/fleet.yaml')).toBeUndefined();
    const called = (manifest: string) => recallNotify(files, home, fleetWith({}).name, manifest);
    expect([called(path), called('/elsewhere/fleet.yaml')]).toEqual([['call', 'me'], []]);
    expect(statSync(`${home}/state/canary/last-good.json`).mode & 0o777).toBe(0o600);
  });

  it('is none when its record was torn or belongs to another fleet (F83)', async () => {
    const record = `${home}/state/canary/last-good.json`;
    const good = readFileSync(record, 'utf8');
    for (const bad of [
      good.slice(0, -20),
      '',
      'null',
      '{"manifest":1}',
      good.replace('"base64":"', '"base64":"YWJj'),
    ]) {
      writeFileSync(record, bad);
      expect(await agents()).toBeUndefined();
    }
    mkdirSync(`${home}/state/other`, { mode: 0o700 });
    writeFileSync(`${home}/state/other/last-good.json`, good);
    writeFileSync(record, '');
    expect(await agents()).toBeUndefined();
  });
});
