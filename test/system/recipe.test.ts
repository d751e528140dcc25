import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { RECIPES, wrappers } from '../docs/wrappers.ts';
import { cleanUp } from '../support/harness.ts';
import { sh, type Ended } from '../support/process.ts';
import { BARE } from './bare.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const LIMITED = { ...sleeper, limits: { tasksMax: 64 } };

let live: LiveFleet;
let checkout: string;
let programs: string;
const at = (name: string): string => join(checkout, name);

/** A line of a CI's shell in the checkout, on a machine with a shell, Node and mosaic, and without all the rest. */
function ci(line: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const given = Object.entries({ PATH: at('bin'), ...env }).map(([name, value]) => `${name}=${value}`);
  const shell = [...given, join(programs, 'sh'), '-c', line];
  return sh(['unshare', '-Urm', 'sh', '-ec', BARE, 'sh', programs, homedir(), ...shell], { cwd: checkout });
}

const plan = (args: string, env: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  ci(`sh ci/mosaic-plan.sh ${args}`, env);

function program(name: string, line: string): void {
  writeFileSync(at(`bin/${name}`), `#!${programs}/sh\nexec ${line} "$@"\n`, { mode: 0o755 });
}

beforeAll(async () => {
  live = liveFleet({ a: LIMITED });
  checkout = join(live.root, 'checkout');
  programs = join(live.root, 'programs');
  for (const directory of [checkout, at('bin'), at('ci')]) mkdirSync(directory);
  program('mosaic', `${programs}/node ${MOSAIC}`);
  program('sh', `${programs}/sh`);
  copyFileSync(`${RECIPES}/mosaic-plan.sh`, at('ci/mosaic-plan.sh'));
  await live.must('apply');
  await live.must('snapshot', '--out', at('fleet.observed.json'));
  copyFileSync(live.manifest, at('fleet.yaml'));
  live.declare({ a: { ...LIMITED, command: ['sleep', '7200'] } });
  copyFileSync(live.manifest, at('changed.yaml'));
  live.declare({ a: { shell: 'sleep 7200' } });
  copyFileSync(live.manifest, at('lax.yaml'));
});
afterAll(cleanUp);

describe('the script for CI, with no tmux, no systemctl and no HOME,', () => {
  it('runs where there is really nothing of them (F42)', async () => {
    const { stdout } = await ci('echo "${HOME-no home}"; command -v tmux systemctl ls || echo "none of them"');
    expect(stdout).toBe('no home\nnone of them\n');
  });

  it.each(wrappers())('is run by the line of %s', async (_name, [line = '']) => {
    rmSync(at('plan.md'), { force: true });
    expect(await ci(line)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Nothing to do') });
    expect(readFileSync(at('plan.md'), 'utf8')).toContain('No changes');
  });

  it('writes the page of a change, and says by the exit code that there is one where that is asked for', async () => {
    expect(await plan('fleet.observed.json changed.yaml')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('There is something to do; it is told in plan.md.'),
      stderr: expect.stringContaining('changed.yaml:1:1: warning: restart agent.a: command changed'),
    });
    expect(readFileSync(at('plan.md'), 'utf8')).toContain('### Ends, restarts or deletes');
    expect(await plan('-d -m page.md fleet.observed.json changed.yaml')).toMatchObject({ exitCode: 2 });
    expect(readFileSync(at('page.md'), 'utf8')).toBe(readFileSync(at('plan.md'), 'utf8'));
    expect(await plan('-d fleet.observed.json fleet.yaml')).toMatchObject({ exitCode: 0 });
  });

  it('fails on what a strict review finds, until that is allowed', async () => {
    expect(await plan('fleet.observed.json lax.yaml')).toMatchObject({
      exitCode: 65,
      stderr: expect.stringContaining('--allow W_NO_LIMITS'),
    });
    const allowed = await plan('-a W_NO_LIMITS -a W_SHELL fleet.observed.json lax.yaml');
    expect(allowed).toMatchObject({ exitCode: 0 });
  });

  it('prints annotations where they are shown', async () => {
    const { stdout } = await plan('fleet.observed.json changed.yaml', { GITHUB_ACTIONS: 'true' });
    expect(stdout).toContain('::warning file=changed.yaml,line=1::restart agent.a: command changed');
  });

  it.each([
    ['fleet.observed.json', 64],
    ['-x fleet.observed.json fleet.yaml', 64],
    ['nowhere.json fleet.yaml', 65],
    ['fleet.observed.json nowhere.yaml', 65],
  ])('ends for %j with %i', async (args, exitCode) => {
    expect(await plan(args)).toMatchObject({ exitCode });
  });

  it('saves a plan that the host applies', async () => {
    expect(await plan('-o change.plan fleet.observed.json changed.yaml')).toMatchObject({ exitCode: 0 });
    await live.must('apply', at('change.plan'), '-f', at('changed.yaml'), '--yes');
    expect(await live.mosaic(['plan', '--detailed-exitcode', '-f', at('changed.yaml')])).toMatchObject({ exitCode: 0 });
  });
});
