import { expect, it } from '@jest/globals';
import { collectFacts } from '../../src/cli/facts.ts';
import { fleetWith, hostFor } from '../support/fleet.ts';
import { MemoryFiles } from '../support/memory-files.ts';

it.each([
  ['off where logind runs', ['/run/systemd/seats'], false],
  [
    'on where logind has its mark',
    ['/run/systemd/seats', '/var/lib/systemd/linger', '/var/lib/systemd/linger/ada'],
    true,
  ],
  ['unknown where there is no logind', [], undefined],
])('lingering is %s', (_, places, linger) => {
  const fleet = fleetWith({ coder: '{ command: [codex] }' });
  const { programs } = hostFor(fleet);
  const files = new MemoryFiles(1000, () => 1);
  for (const path of places) files.plant(path, { kind: 'directory' });
  const identity = { uid: 1000, user: 'ada', home: '/home/ada', shell: '/bin/sh' };
  expect(collectFacts({ files, identity, env: {}, home: '/home/ada/m', programs }, fleet).linger).toBe(linger);
});
