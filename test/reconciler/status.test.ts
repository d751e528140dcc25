import { describe, expect, it } from '@jest/globals';
import { fleetStatus, type FleetStatus } from '../../src/reconciler/status.ts';
import { fleetWith } from '../support/fleet.ts';
import { lookAt, worldOf, type Overlay } from '../support/observed.ts';

const TWO = { coder: '{ command: [codex] }', reviewer: '{ command: [claude], state: stopped }' };

function status(overlay: Overlay = {}, spec = ''): FleetStatus {
  return fleetStatus(lookAt(worldOf(fleetWith(TWO, spec), overlay)), []);
}

describe('status', () => {
  it('is ready when everything is as the manifest says', () => {
    const { fleet, socket, conditions, agents } = status();
    expect([fleet, socket]).toEqual(['canary', { name: 'mosaic-factory', path: '/tmp/tmux-1000/mosaic-factory' }]);
    expect(conditions[0]).toMatchObject({ type: 'Ready', status: 'True', message: '2 agents as the manifest says' });
    expect(agents).toMatchObject([
      { name: 'coder', desired: 'running', state: 'running', inSync: true, pid: 4242, sessionId: '$1', restarts: 0 },
      { name: 'reviewer', desired: 'stopped', state: 'stopped', inSync: true, pid: undefined },
    ]);
    expect(agents[0]?.unit).toBe('mosaic-canary@coder.service');
  });

  it('has no unit without systemd', () => {
    expect(status({}, 'supervisor: tmux').agents[0]).toMatchObject({ state: 'running', unit: undefined });
  });

  it('names the agents that are not as they should be, and what would be done', () => {
    const { conditions, agents } = status({ items: { 'session.coder': { spec: { spec: 'v1:older' } } } });
    expect(conditions[0]).toMatchObject({ status: 'False', message: 'not as the manifest says: coder' });
    expect(agents[0]).toMatchObject({ inSync: false, note: 'restart: it runs with an older spec' });
  });

  it.each<[string, Overlay, string]>([
    ['what blocks it', { items: { 'session.coder': { spec: { inUnit: false } } } }, 'a session stands where coder'],
    [
      'what it waits for',
      { activity: { coder: 'busy' }, items: { 'session.coder': { spec: { spec: 'v1:older' } } } },
      'apply --now',
    ],
    [
      'how it ended',
      {
        items: {
          'session.coder': null,
          'run.coder': null,
          'record.coder': { spec: { endedAt: 2000, code: 0, asked: 'none' } },
        },
      },
      'exited with 0',
    ],
    [
      'that it is being stopped',
      { items: { 'run.coder': { spec: { active: 'deactivating' } } } },
      'it is being stopped',
    ],
    [
      'that its resume was of no use',
      { items: { 'record.coder': { spec: { resumeFailed: true } } } },
      'its resume failed at once, it was started with its command',
    ],
  ])('says of an agent %s', (_, overlay, text) => {
    expect(status(overlay).agents[0]?.note).toContain(text);
  });

  it('is not in sync while an agent starts', () => {
    const starting = { 'session.coder': null, 'run.coder': { spec: { active: 'activating' } } };
    expect(status({ items: starting }).agents[0]).toMatchObject({ state: 'starting', inSync: false });
  });

  it('lists an agent that was removed from the manifest until nothing of it is left', () => {
    const launch = { 'launch.old': { spec: { protect: false } } };
    const running = {
      'session.old': { spec: { id: '$9', name: 'old', wantedName: 'old', inUnit: true } },
      'run.old': { spec: { active: 'active' } },
    };
    const { conditions, agents } = status({ items: { ...launch, ...running } });
    expect(conditions[0]).toMatchObject({ status: 'False', message: 'not as the manifest says: old' });
    expect(agents.map(({ name }) => name)).toEqual(['coder', 'old', 'reviewer']);
    expect(agents[1]).toMatchObject({ desired: 'stopped', state: 'running', inSync: false, sessionId: '$9' });
    expect(agents[1]?.note).toBe('not in the manifest; mosaic fleet apply removes it');
    expect(status({ items: running }).agents[1]?.note).toMatch(/^not in the manifest, but it cannot be told/);
    expect(status({ items: { 'record.old': {} } }).agents.map(({ name }) => name)).toEqual(['coder', 'reviewer']);
  });

  it('is not ready while something of the fleet itself is not as the manifest says', () => {
    const items = { 'link.mosaic-canary.target': { spec: { target: 'elsewhere' } } };
    expect(status({ items }).conditions[0]).toMatchObject({
      status: 'False',
      message: 'not as the manifest says: fleet (update link.mosaic-canary.target)',
    });
  });

  it('says why an agent whose settings alone differ is not in sync', () => {
    const items = { 'unit.mosaic-canary@coder.service.d/50-mosaic.conf': null };
    expect(status({ items }).agents[0]).toMatchObject({
      inSync: false,
      note: 'create unit.mosaic-canary@coder.service.d/50-mosaic.conf: not there yet',
    });
  });

  it('does not call an agent in sync that cannot start because the fleet cannot', () => {
    const foreign = { owner: 'foreign', foreignBecause: 'it belongs to somebody' };
    const items = { 'session.coder': null, 'run.coder': null, 'unit.mosaic-canary@.service': foreign };
    const [coder] = status({ items }).agents;
    expect([coder?.inSync, coder?.note]).toEqual([false, expect.stringContaining('it belongs to somebody')]);
  });

  it('tells of a taken socket with the fleet alone', () => {
    const taken = { 'server.mosaic-factory': { owner: 'foreign', spec: {} }, 'session.coder': { owner: 'foreign' } };
    const { agents, conditions } = status({ items: taken });
    expect([agents[0]?.inSync, agents[0]?.note]).toEqual([false, undefined]);
    expect(conditions[0]?.message).toContain('/tmp/tmux-1000/mosaic-factory');
  });

  it('shows a hold as in sync', () => {
    const items = { 'session.coder': null };
    expect(status({ items, host: { holds: [{ agent: 'coder', by: 'ada' }] } }).agents[0]).toMatchObject({
      held: true,
      state: 'stopped',
      inSync: true,
    });
  });

  it('is not ready while something of the fleet is in the way', () => {
    const error = { code: 'E_TMUX', message: 'no answer' };
    expect(status({ incomplete: [{ provider: 'tmux', error }] }).conditions[0]).toMatchObject({
      status: 'False',
      message: 'tmux could not be observed: no answer',
    });
  });

  it('says of an agent that is down and that nothing is to be done to that it waits for the fleet', () => {
    const items = { 'session.coder': null, 'run.coder': { spec: { active: 'inactive' } }, 'record.coder': null };
    const [coder] = status({ items, policy: { only: ['reviewer'] } }).agents;
    expect([coder?.inSync, coder?.note]).toEqual([false, 'it waits for the fleet']);
  });
});
