import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { desiredFiles } from '../../src/providers/files/spec.ts';
import { sh } from '../support/process.ts';
import { fleetOf, hostFacts } from '../support/simulated-fleet.ts';

let place: string;
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'mosaic-script-'));
});
afterAll(() => rmSync(place, { recursive: true }));

/** Runs `H/bin/mosaic` as it is written for a home, with a program in mosaic's place that tells which home it is given. */
async function homeGiven(home: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
  const host = hostFacts();
  const tells = join(place, "it's a cli.mjs");
  writeFileSync(tells, `process.stdout.write(process.env.MOSAIC_HOME + ' ' + process.argv.slice(2).join('|'));`);
  const programs = { ...host.programs, node: process.execPath, cli: tells };
  const files = desiredFiles(fleetOf({ agents: {} }), { ...host, home, programs }, { helpers: {} });
  const body = files.find(({ address }) => address === 'file.bin/mosaic')?.body;
  const script = join(place, 'mosaic');
  writeFileSync(script, body?.kind === 'text' ? body.text : '');
  return (await sh(['sh', script, 'fleet', 'a b'], { env: { MOSAIC_HOME: '', ...env } })).stdout;
}

it.each(['/h/plain', '/h/a }b{', '/h/$HOME`id`"%\\', "/h/it's"])(
  'bin/mosaic is about its own home: %s',
  async (home) => {
    expect(await homeGiven(home)).toBe(`${home} fleet|a b`);
  },
);

it('bin/mosaic is about the home that its caller names', async () => {
  expect(await homeGiven('/h/own', { MOSAIC_HOME: '/h/other' })).toBe('/h/other fleet|a b');
});
