import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, eventually, UNIT_DIRECTORY } from '../support/harness.ts';
import { contents, liveFleet, systemctl, unitNames, type LiveFleet } from './live-fleet.ts';

const REPORT = resolve(import.meta.dirname, '../fixtures/bin/report.mjs');

/** One secret per way in, each easy to find again. */
const CANARIES = {
  envFile: 'canary-of-the-env-file',
  manifest: 'canary-of-the-manifest',
  caller: 'canary-of-the-caller',
  manager: 'canary-of-the-manager',
};
const ANY = /canary-of-the-[a-z]+(-[a-z]+)*/g;
const found = (text: string): readonly string[] => [...new Set(text.match(ANY) ?? [])].toSorted();

let live: LiveFleet;
let secrets: string;
/** Everything any command said, on both streams. */
let said = '';

async function say(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await live.mosaic(args, { env: { CANARY_CALLER: CANARIES.caller } });
  said += `${stdout}\n${stderr}\n`;
  return `${stdout}\n${stderr}\n`;
}

const agents = (suffix: string): Readonly<Record<string, object>> => ({
  keyed: { command: [process.execPath, REPORT, join(live.root, 'keyed')], envFiles: [secrets] },
  token: {
    command: [process.execPath, REPORT, join(live.root, 'token'), '--api-key', `${CANARIES.manifest}-arg${suffix}`],
    env: { API_TOKEN: `${CANARIES.manifest}${suffix}` },
  },
  plain: { command: [process.execPath, REPORT, join(live.root, 'plain')] },
});

/** What an agent was started with, as it tells itself. */
const environmentOf = (name: string): string => {
  const report = readFileSync(join(live.root, name), 'utf8');
  return report.slice(report.indexOf('"env"'));
};

beforeAll(async () => {
  live = liveFleet({});
  secrets = join(live.home, 'secrets', 'keyed.env');
  mkdirSync(join(live.home, 'secrets'), { mode: 0o700 });
  writeFileSync(secrets, `KEY=${CANARIES.envFile}\n`);
  chmodSync(secrets, 0o600);
  await systemctl('set-environment', `CANARY_MANAGER=${CANARIES.manager}`);
  live.declare(agents(''));
  for (const args of [['validate'], ['plan'], ['plan', '-v'], ['plan', '-o', 'json'], ['apply', '-v']])
    await say(...args);
  live.declare(agents('-2'));
  for (const args of [
    ['plan', '-v'],
    ['plan', '-o', 'json'],
    ['plan', '-o', 'markdown'],
    ['plan', '--diff', '-v'],
    ['snapshot'],
    ['plan', '--out', join(live.root, 'saved.plan')],
  ])
    await say(...args);
  said += readFileSync(join(live.root, 'saved.plan'), 'utf8');
  for (const args of [
    ['apply', '--yes', '-v'],
    ['status'],
    ['status', '-o', 'json'],
    ['verify'],
    ['verify', '-o', 'json'],
  ])
    await say(...args);
  for (const args of [
    ['restart', 'token'],
    ['stop', 'plain'],
    ['start', 'plain'],
    ['log'],
    ['log', '-o', 'json'],
    ['doctor'],
  ])
    await say(...args);
  await eventually(() => ['keyed', 'token', 'plain'].every((name) => existsSync(join(live.root, name))));
});
afterAll(async () => {
  await systemctl('unset-environment', 'CANARY_MANAGER');
  await cleanUp();
});

describe('a secret', () => {
  it('reaches the agent that is to have it, and no other', () => {
    expect(found(environmentOf('keyed'))).toEqual([CANARIES.envFile]);
    expect(found(environmentOf('token'))).toEqual([CANARIES.manifest]);
    expect(found(environmentOf('plain'))).toEqual([]);
  });

  it('is in nothing that any command says', () => {
    expect(said).toContain('(hidden)');
    expect(found(said)).toEqual([]);
  });

  it('is in no unit, and in nothing systemd tells of its units', async () => {
    const names = unitNames(live.fleet).filter((name) => statSync(join(UNIT_DIRECTORY, name)).isFile());
    expect(names.length).toBeGreaterThan(4);
    for (const name of names) expect(found(readFileSync(join(UNIT_DIRECTORY, name), 'utf8'))).toEqual([]);
    expect(found((await systemctl('show', '*')).stdout)).toEqual([]);
  });

  it('is in no command line but that of the agent whose argument it is', () => {
    const lines = readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && existsSync(`/proc/${name}/cmdline`))
      .map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' '))
      .filter((line) => found(line).length > 0);
    expect(lines).toEqual([expect.stringMatching(/report\.mjs \S+\/token --api-key canary-of-the-manifest-arg/)]);
  });

  it('is in no environment of the tmux server or of a session', async () => {
    const all = [await live.tmux('show-environment', '-g')];
    for (const name of ['keyed', 'token', 'plain']) all.push(await live.tmux('show-environment', '-t', `=${name}`));
    expect(all.map(({ exitCode, stdout }) => [exitCode, found(stdout)])).toEqual(all.map(() => [0, []]));
  });

  it('is in no file of the home but where the user put it, and in launch data that only the user reads', () => {
    const holders = Object.entries(contents(live.home)).filter(([, text]) => found(text).length > 0);
    const launch = join(live.home, 'fleets', live.fleet, 'launch/token');
    const cache = join(live.home, 'state', live.fleet, 'manifest.json');
    expect(holders.map(([path]) => path).toSorted()).toEqual([live.manifest, launch, secrets, cache].toSorted());
    expect((statSync(cache).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(launch).mode & 0o777).toString(8)).toBe('600');
    expect(found(readFileSync(launch, 'utf8'))).toEqual([CANARIES.manifest, `${CANARIES.manifest}-arg`].toSorted());
  });
});
