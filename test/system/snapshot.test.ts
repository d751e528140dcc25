import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp } from '../support/harness.ts';
import type { Ended } from '../support/process.ts';
import { bareMosaic } from './bare.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

let live: LiveFleet;
/** What a checkout of the pull request has. */
let checkout: string;
const at = (name: string): string => join(checkout, name);

const bare = (...args: readonly string[]): Promise<Ended> => bareMosaic(live.root, args);

beforeAll(async () => {
  live = liveFleet({
    a: { ...sleeper, env: { API_TOKEN: 'canary-in-env' } },
    b: { command: ['sleep', '3600'], resume: ['sleep', '--token', 'canary-behind-a-flag'] },
  });
  checkout = join(live.root, 'checkout');
  mkdirSync(checkout);
  await live.must('apply');
});
afterAll(cleanUp);

describe('a snapshot', () => {
  it('is a file for its owner alone, and holds no secret', async () => {
    await live.must('snapshot', '--out', at('observed.json'));
    expect((statSync(at('observed.json')).mode & 0o777).toString(8)).toBe('600');
    const text = readFileSync(at('observed.json'), 'utf8');
    expect(text).not.toMatch(/canary-/);
    const hash = createHash('sha256').update('canary-in-env').digest('hex');
    expect(text).not.toContain(hash);
    expect((await live.must('snapshot')).json()).toMatchObject({ kind: 'Snapshot', fleet: live.fleet });
  });

  it('gives on a bare machine the plan of the host, byte for byte, in every form (F42)', async () => {
    live.declare({
      a: { ...sleeper, env: { API_TOKEN: 'canary-changed' } },
      c: { command: ['no-such-program'] },
      d: { command: ['sh'] },
    });
    copyFileSync(live.manifest, at('fleet.yaml'));
    for (const form of [['-o', 'text'], ['-v'], ['-o', 'json'], ['-o', 'markdown'], ['-o', 'github']]) {
      const host = await live.mosaic(['plan', ...form, '--detailed-exitcode']);
      const observed = ['--observed', at('observed.json'), '-f', at('fleet.yaml')];
      const elsewhere = await bare('plan', ...form, '--detailed-exitcode', ...observed);
      expect(elsewhere).toMatchObject({ exitCode: 2, stdout: host.stdout, stderr: host.stderr });
      expect(host.stdout).not.toMatch(/canary-/);
    }
  });

  it('needs no name for the manifest where there is a home', async () => {
    const { stdout } = await live.must('plan', '--observed', at('observed.json'));
    expect(stdout).toBe((await live.must('plan')).stdout);
  });

  it('is refused for another fleet, and where texts of this host would be compared', async () => {
    writeFileSync(at('other.yaml'), readFileSync(at('fleet.yaml'), 'utf8').replace(live.fleet, 'other'));
    const args = ['plan', '--observed', at('observed.json'), '-f'];
    expect(await bare(...args, at('other.yaml'))).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining(`is of fleet ${live.fleet}, the manifest of fleet other`),
    });
    expect(await bare(...args, at('fleet.yaml'), '--diff')).toMatchObject({ exitCode: 64 });
  });

  it('of a hundred megabytes is refused at once', async () => {
    writeFileSync(at('huge.json'), '{');
    truncateSync(at('huge.json'), 100 * 1024 * 1024);
    const ended = await bare('plan', '--observed', at('huge.json'), '-f', at('fleet.yaml'), '-o', 'json');
    expect(ended).toMatchObject({ exitCode: 65, stderr: expect.stringContaining('has more than 33554432 bytes') });
    expect(ended.json()).toMatchObject({ error: { code: 'E_SNAPSHOT' } });
  });

  it('is taken of what is installed where the manifest cannot be used', async () => {
    writeFileSync(live.manifest, 'kind: [');
    const ended = await live.must('snapshot');
    expect(ended.stderr).toContain('going by what is installed');
    expect(ended.json()).toMatchObject({ items: { 'session.a': { state: 'present' } } });
  });
});
