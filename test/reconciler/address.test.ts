import { describe, expect, it } from '@jest/globals';
import { agentOf, groupOf, observationOf, providerOf } from '../../src/reconciler/address.ts';
import { fleetWith } from '../support/fleet.ts';
import { worldOf } from '../support/observed.ts';

describe('an address', () => {
  it.each([
    ['launch.coder', 'agent.coder', 'files'],
    ['record.coder', 'agent.coder', 'files'],
    ['session.coder', 'agent.coder', 'tmux'],
    ['run.coder', 'agent.coder', 'systemd'],
    ['unit.mosaic-canary@coder.service.d/50-mosaic.conf', 'agent.coder', 'systemd'],
    ['link.mosaic-a-b@my-coder.service', 'agent.my-coder', 'systemd'],
    ['unit.mosaic-canary@.service', 'fleet', 'systemd'],
    ['unit.mosaic-canary-tmux.service', 'fleet', 'systemd'],
    ['link.mosaic-canary.target', 'fleet', 'systemd'],
    ['file.libexec/mosaic-agent', 'fleet', 'files'],
    ['server.mosaic-factory', 'fleet', 'tmux'],
    ['launch.Not An Agent', 'fleet', 'files'],
    ['cron.backup', 'fleet', 'cron'],
  ])('%s is of %s and seen by %s', (address, group, provider) => {
    expect([groupOf(address), providerOf(address)]).toEqual([group, provider]);
  });

  it('gives the agent of an agent’s group alone', () => {
    expect([agentOf('agent.coder'), agentOf('fleet')]).toEqual(['coder', undefined]);
  });

  it('that nobody saw is absent, and unknown where its provider could not look', () => {
    const error = { code: 'E_TMUX', message: 'no answer' };
    const { observed } = worldOf(fleetWith({}), { incomplete: [{ provider: 'tmux', error }] });
    expect(observationOf(observed, 'session.old')).toEqual({ state: 'unknown', error });
    expect(observationOf(observed, 'launch.old')).toEqual({ state: 'absent' });
    expect(observationOf(observed, 'file.bin/mosaic')).toMatchObject({ state: 'present' });
  });
});
