import { describe, expect, it } from '@jest/globals';
import { agentAround } from '../../../src/reconciler/watch/exposure.ts';
import { fleetWith } from '../../support/fleet.ts';

const links: Readonly<Record<string, string>> = { '/home/ada/link': '/srv/app', '/home/ada': '/data/ada' };
const real = (path: string): string => links[path] ?? path;
const around = (workingDirectory: string, ...places: readonly string[]): string | undefined =>
  agentAround(fleetWith({ coder: `{ command: [codex], workingDirectory: "${workingDirectory}" }` }).agents, places, {
    home: '/home/ada',
    real,
  });

describe('a manifest is inside an agent', () => {
  it.each([
    ['its directory', '/srv/app', '/srv/app/fleet.yaml', 'coder'],
    ['a directory above', '/srv', '/srv/app/deep/fleet.yaml', 'coder'],
    ['a link to it', '~/link', '/srv/app/fleet.yaml', 'coder'],
    ['the root', '/', '/srv/fleet.yaml', 'coder'],
    ['a directory beside it', '/srv/ap', '/srv/app/fleet.yaml', undefined],
    ['the home directory itself', '~', '/data/ada/.config/mosaic/fleet.yaml', undefined],
    ['the home directory by its real name', '/data/ada', '/data/ada/.config/mosaic/fleet.yaml', undefined],
  ])('that works in %s', (_where, directory, manifest, agent) => {
    expect(around(directory, manifest)).toBe(agent);
  });

  it('by any one of the places it is read from', () => {
    expect(around('/srv/app', '/home/ada/fleet.yaml', '/srv/app/fleet.yaml')).toBe('coder');
    expect(around('/srv/app', '/srv/app', '/home/ada/fleet.yaml')).toBe('coder');
    expect(around('/srv/app')).toBeUndefined();
  });
});
