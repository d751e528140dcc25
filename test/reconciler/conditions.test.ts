import { describe, expect, it } from '@jest/globals';
import { isEmpty } from '../../src/model/plan.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf, type Overlay } from '../support/observed.ts';

const AGENTS = { coder: '{ command: [codex] }', reviewer: '{ command: [claude] }' };
const OLDER = { spec: { launcher: 'older' } };

const conditions = (overlay: Overlay, spec = ''): readonly string[] => {
  const plan = planOf(fleetWith(AGENTS, spec), overlay);
  expect(isEmpty(plan)).toBe(true);
  return plan.conditions.map(({ type, status, message }) => `${type} ${status}: ${message}`);
};

describe('conditions', () => {
  it('are none when there is nothing to say', () => expect(conditions({})).toEqual([]));

  it('say that agents end at logout, unless that cannot be told or no user manager runs them', () => {
    const host = { linger: false };
    expect(conditions({ host })).toEqual([expect.stringMatching(/^Linger False: .*loginctl enable-linger ada$/)]);
    expect(conditions({ host }, 'supervisor: tmux')).toEqual([]);
  });

  it('name who takes the new launcher at its next start, and only who runs', () => {
    const items = { 'session.coder': OLDER, 'session.reviewer': OLDER };
    expect(conditions({ items })).toEqual([expect.stringMatching(/^RestartPending True: coder, reviewer: /)]);
    const held = { 'session.coder': null, 'session.reviewer': OLDER };
    expect(conditions({ items: held, host: { holds: [{ agent: 'coder', by: '' }] } })).toEqual([
      expect.stringMatching(/^RestartPending True: reviewer: /),
    ]);
  });

  it('name the other fleets of the home and how to remove them', () => {
    expect(conditions({ host: { otherFleets: { old: 3, lab: 1 } } })).toEqual([
      'OtherFleet True: this home still holds fleet lab (1 agent): mosaic fleet destroy --fleet lab',
      'OtherFleet True: this home still holds fleet old (3 agents): mosaic fleet destroy --fleet old',
    ]);
  });

  it('name a user’s own drop-ins', () => {
    expect(conditions({ facts: { overrides: ['b.conf', 'a.conf'] } })).toEqual([
      expect.stringMatching(/^Override True: .*: a.conf, b.conf$/),
    ]);
  });
});
