import { describe, expect, it } from '@jest/globals';
import { fleetStatus } from '../../../src/reconciler/status.ts';
import { conditionsNow, headline } from '../../../src/reconciler/watch/conditions.ts';
import { fleetWith } from '../../support/fleet.ts';
import { lookAt, worldOf } from '../../support/observed.ts';

const BROKEN = { type: 'ManifestInvalid', status: 'True', reason: 'Refused', message: 'fleet.yaml:3:5: no' } as const;

describe('the conditions of a fleet', () => {
  it('come down to one line, the loudest', () => {
    const ready = { type: 'Ready', status: 'True', reason: 'InSync', message: '1 agent as the manifest says' } as const;
    expect(headline([ready, BROKEN])).toBe('ManifestInvalid: fleet.yaml:3:5: no');
    expect(headline([{ ...ready, status: 'False', message: 'coder' }])).toBe('Ready: False, coder');
    expect(headline([])).toBe('nothing is known yet');
    expect(headline([ready])).toBe('Ready: 1 agent as the manifest says');
  });
});

describe('an agent that is not in sync for no reason that is told', () => {
  it('is said to be what it is', () => {
    const seen = lookAt(worldOf(fleetWith({ coder: '{ command: [codex] }' })));
    const status = fleetStatus(seen, []);
    const agents = status.agents.map((agent) => ({ ...agent, inSync: false, note: undefined }));
    const none = {
      manifest: [],
      queue: {},
      starts: {},
      crashed: new Map(),
      before: { fleet: [], agents: {} },
      nowMs: 0,
    };
    expect(conditionsNow({ seen, status: { ...status, agents }, ...none }).agents['coder']).toMatchObject([
      { type: 'Ready', status: 'False', message: 'running' },
    ]);
  });
});
