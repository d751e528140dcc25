import { describe, expect, it } from '@jest/globals';
import { exposedGroups } from '../../../src/reconciler/watch/withhold.ts';
import { fleetWith } from '../../support/fleet.ts';
import { lookAt, worldOf } from '../../support/observed.ts';

const AGENT = '{ command: [codex], restart: { policy: always } }';

describe('what waits for a person while the manifest is exposed, without systemd', () => {
  it('is the start of who was stopped on request, and of nobody who fell over or has left no record', () => {
    const fleet = fleetWith({ asked: AGENT, fell: AGENT, unrecorded: AGENT }, 'supervisor: tmux');
    const down = { startedAt: 1000, endedAt: 2000 };
    const seen = lookAt(
      worldOf(fleet, {
        items: {
          'session.asked': null,
          'record.asked': { spec: { ...down, asked: 'stop' } },
          'session.fell': null,
          'record.fell': { spec: { ...down, asked: 'none', code: 1 } },
          'session.unrecorded': null,
          'record.unrecorded': null,
        },
        host: { installedSocketPath: '/tmp/tmux-1000/mosaic-factory' },
      }),
    );
    expect(seen.plan.changes.map(({ action, address }) => `${action} ${address}`)).toEqual([
      'start session.asked',
      'start session.fell',
      'start session.unrecorded',
    ]);
    expect([...exposedGroups(seen)]).toEqual(['agent.asked']);
  });
});
