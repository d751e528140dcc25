import { mkdirSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { exposureOf } from '../../../src/cli/watch/manifest.ts';
import { createFileReader } from '../../../src/host/files.ts';
import { identity } from '../../../src/host/identity.ts';
import { renderItems } from '../../../src/providers/files/render.ts';
import { fleetWith } from '../../support/fleet.ts';
import { cleanUp, tempHome } from '../../support/harness.ts';

afterAll(cleanUp);

const temp = tempHome();
const root = realpathSync(temp.root);
const home = join(root, 'mosaic');
const place = { read: { files: createFileReader() }, home, identity: identity() };
const fleet = (workingDirectory: string) =>
  fleetWith({ coder: `{ command: [codex], workingDirectory: "${workingDirectory}" }` });

function write(path: string, text = ''): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
  return path;
}

const isExposed = (path: string, workingDirectory: string): boolean =>
  exposureOf(fleet(workingDirectory), path, place).exposed !== undefined;

describe('a manifest that an agent can edit', () => {
  const work = join(root, 'work');
  const manifest = write(join(work, 'fleet.yaml'));
  const safe = write(join(root, 'safe/fleet.yaml'));

  it('lies in its working directory, by whatever name', () => {
    symlinkSync(work, join(root, 'link'));
    expect([manifest, join(root, 'link/fleet.yaml')].map((path) => isExposed(path, work))).toEqual([true, true]);
    expect(isExposed(safe, work)).toBe(false);
  });

  it('is also one whose name or directory there is a link to elsewhere', () => {
    symlinkSync(safe, join(work, 'linked.yaml'));
    symlinkSync(dirname(safe), join(work, 'linked'));
    const names = ['linked.yaml', 'linked/fleet.yaml'];
    expect(names.map((name) => isExposed(join(work, name), work))).toEqual([true, true]);
  });

  it('is also one that a link there leads to, wherever the chain of links begins and ends', () => {
    symlinkSync(safe, join(work, 'middle.yaml'));
    symlinkSync(join(work, 'middle.yaml'), join(root, 'first.yaml'));
    mkdirSync(join(work, 'deep'));
    symlinkSync(`${work}/deep/../../safe/fleet.yaml`, join(root, 'through.yaml'));
    expect(['first.yaml', 'through.yaml'].map((name) => isExposed(join(root, name), work))).toEqual([true, true]);
    expect(isExposed(join(root, 'first.yaml'), join(work, 'deep'))).toBe(false);
  });

  it('is not trusted because it says that the agent works elsewhere, until that is installed', () => {
    const { name } = fleet('/');
    const install = (cwd: string): void => {
      const launch = renderItems('launch', `${name}/coder`, [`cwd=${cwd}`, 'stop=5']);
      write(join(home, 'fleets', name, 'launch/coder'), launch);
    };
    const server = [`userhome=${place.identity.home}`, 'supervisor=systemd', 'socket=/tmp/tmux-0/mosaic-factory'];
    write(join(home, 'fleets', name, 'server'), renderItems('server', name, server));
    install(work);
    expect(isExposed(manifest, '/srv')).toBe(true);
    install('/srv');
    expect(isExposed(manifest, '/srv')).toBe(false);
  });
});
