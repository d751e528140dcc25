import { describe, expect, it } from '@jest/globals';
import type { Plan } from '../../src/model/plan.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf, type Overlay } from '../support/observed.ts';

const OWN = 'mosaic-canary@coder.service.d/x.conf';
const CODER = '{ command: [codex], limits: { tasksMax: 9 } }';
const UP = { spec: { load: 'bad-setting' } };
const DOWN = { 'session.coder': null, 'run.coder': { spec: { load: 'error', active: 'inactive' } } };

const told = ({ changes, blocked }: Plan): readonly string[] => [
  ...changes.map(({ action, address }) => `${action} ${address}`),
  ...blocked.map(({ group, reason }) => `${group}: ${reason}`),
];
const plan = (overlay: Overlay, agent = CODER): Plan =>
  planOf(fleetWith({ coder: agent }), { facts: { overrides: [OWN] }, ...overlay });

describe('an agent whose unit systemd refuses', () => {
  it('is not restarted for a new spec, nor when asked for, and says what to correct', () => {
    const older = { 'session.coder': { spec: { spec: 'v1:older' } }, 'run.coder': UP };
    expect(plan({ items: older }).blocked).toEqual([
      {
        group: 'agent.coder',
        address: 'session.coder',
        line: expect.any(Number),
        reason: 'unit-refused',
        message: 'coder cannot be started: systemd refuses its unit (bad-setting)',
        hint: `Correct ${OWN}, then systemctl --user daemon-reload, then try again.`,
      },
    ]);
    const asked = plan({ items: { 'run.coder': UP }, policy: { intents: { coder: 'restart' } } });
    expect(told(asked)).toEqual(['agent.coder: unit-refused']);
  });

  it('is not started either, by nobody', () => {
    expect(told(plan({ items: DOWN }))).toEqual(['agent.coder: unit-refused']);
    const asked = plan({ items: DOWN, facts: {}, policy: { intents: { coder: 'start' } } });
    expect(asked.blocked).toMatchObject([{ hint: expect.stringContaining('Correct mosaic-canary@coder.service, ') }]);
  });

  it('goes on where nothing is to be done, and can be stopped', () => {
    expect(told(plan({ items: { 'run.coder': UP } }))).toEqual([]);
    const session = { spec: { id: '$1', name: 'coder', wantedName: 'coder', inUnit: true } };
    const up = { spec: { ...UP.spec, active: 'active', sub: 'running' } };
    const items = { 'session.coder': session, 'run.coder': { owner: 'fleet', fingerprint: 'seen', ...up } };
    expect(told(plan({ items }, '{ command: [codex], state: stopped }'))).toEqual(['stop session.coder']);
  });

  it.each(['unit.mosaic-canary@coder.service.d/50-mosaic.conf', 'unit.mosaic-canary@.service'])(
    'is started once %s, which may have been what is refused, is written again',
    (unit) => {
      expect(told(plan({ items: { ...DOWN, [unit]: null } }))).toEqual([`create ${unit}`, 'start session.coder']);
    },
  );
});
