import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp } from '../support/harness.ts';
import type { Ended } from '../support/process.ts';
import { bareMosaic } from './bare.ts';
import { answer, liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

interface RenderAnswer {
  readonly directory: string;
  readonly files: readonly {
    readonly path: string;
    readonly installedAs: string;
    readonly kind: 'file' | 'link';
    readonly hidden?: boolean;
  }[];
  readonly check: { readonly result: string; readonly messages: readonly string[] };
}

let live: LiveFleet;
/** What a checkout of the pull request has. */
let checkout: string;
const at = (name: string): string => join(checkout, name);
const render = (name: string, ...args: readonly string[]): Promise<Ended> =>
  live.mosaic(['render', '--out', at(name), '-o', 'json', ...args]);

beforeAll(async () => {
  live = liveFleet({
    a: { ...sleeper, env: { API_TOKEN: 'canary-in-env' }, limits: { memoryMax: '1G' } },
    b: { command: ['sleep', '3600'], resume: ['sleep', '--token', 'canary-behind-a-flag'] },
    rests: { ...sleeper, state: 'stopped' },
  });
  checkout = join(live.root, 'checkout');
  mkdirSync(checkout);
  await live.must('apply');
  await live.must('stop', 'b');
  copyFileSync(live.manifest, at('fleet.yaml'));
});
afterAll(cleanUp);

/** Content and mode of a file, or where a link leads. */
function thing(path: string): string {
  const stat = lstatSync(path);
  return stat.isSymbolicLink()
    ? `-> ${readlinkSync(path)}`
    : `${(stat.mode & 0o777).toString(8)} ${readFileSync(path, 'latin1')}`;
}

const everything = (directory: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(directory, { recursive: true, encoding: 'utf8' })
      .filter((name) => !lstatSync(join(directory, name)).isDirectory())
      .map((name) => [name, thing(join(directory, name))]),
  );

describe('render', () => {
  it('writes what apply has installed, to the byte, the mode and the link', async () => {
    const ended = await render('here');
    expect(ended.exitCode).toBe(0);
    const { files, check } = answer<RenderAnswer>(ended);
    expect(check).toEqual({ result: 'ok', messages: [] });
    expect(files.map(({ path }) => path)).toEqual(Object.keys(everything(at('here'))).toSorted());
    expect(files.filter(({ kind }) => kind === 'link')).toHaveLength(2);
    for (const { path, installedAs, hidden } of files)
      expect(thing(at(`here/${path}`)) === thing(installedAs)).toBe(hidden !== true);
  });

  it('hides secrets, and says where', async () => {
    const { files } = answer<RenderAnswer>(await render('hidden'));
    expect(files.filter(({ hidden }) => hidden).map(({ path }) => path)).toEqual([
      `home/fleets/${live.fleet}/launch/a`,
      `home/fleets/${live.fleet}/launch/b`,
    ]);
    expect(JSON.stringify(everything(at('hidden')))).not.toContain('canary-');
    expect(thing(at(`hidden/home/fleets/${live.fleet}/launch/a`))).toContain('env=API_TOKEN=(hidden)\0');
  });

  it('writes the same on a bare machine from a snapshot, and says that nobody checked the units', async () => {
    await live.must('snapshot', '--out', at('observed.json'));
    const source = ['--observed', at('observed.json'), '-f', at('fleet.yaml')];
    const ended = await bareMosaic(live.root, ['render', '--out', at('there'), ...source]);
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('not checked: no systemd-analyze') });
    await render('again');
    expect(everything(at('there'))).toEqual(everything(at('again')));
  });

  it('takes a program that only the other host has for nobody’s mistake', async () => {
    const other = readFileSync(at('observed.json'), 'utf8').replaceAll(/"bash": "[^"]*"/g, '"bash": "/opt/none/bash"');
    writeFileSync(at('other.json'), other);
    const ended = await render('elsewhere', '--observed', at('other.json'));
    expect(answer<RenderAnswer>(ended).check).toEqual({
      result: 'ok',
      messages: ['not checked: /opt/none/bash is not on this machine'],
    });
  });

  it('fails on what systemd-analyze says of these units', async () => {
    const broken = readFileSync(at('observed.json'), 'utf8').replaceAll(/"bash": "[^"]*"/g, '"bash": "/etc/passwd"');
    writeFileSync(at('broken.json'), broken);
    const ended = await render('broken', '--observed', at('broken.json'));
    expect(ended).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('/etc/passwd is not executable') });
    const { result, messages } = answer<RenderAnswer>(ended).check;
    expect(result).toBe('failed');
    expect(messages.length).toBeGreaterThan(0);
  });

  it('leaves alone a directory with something in it, and what is none', async () => {
    const before = everything(at('here'));
    expect(await render('here')).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('is not empty') });
    expect(everything(at('here'))).toEqual(before);
    expect(await render('fleet.yaml')).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('no directory') });
    mkdirSync(at('empty'));
    expect(await render('empty')).toMatchObject({ exitCode: 0 });
  });
});
