import { describe, expect, it } from '@jest/globals';
import type { Desired, Observation } from '../../src/model/resource.ts';
import { decideUnwanted, decideWanted } from '../../src/reconciler/resources.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf } from '../support/observed.ts';

const desired: Desired = {
  address: 'launch.coder',
  group: 'agent.coder',
  provider: 'files',
  spec: { command: ['codex'], labels: {}, limit: 1, loaded: true },
  classes: { command: 'restart', limit: 'live', labels: 'mark' },
  line: 6,
};
const ours = (spec: object, rest: object = {}): Observation => ({
  state: 'present',
  owner: 'fleet',
  spec: { ...desired.spec, ...spec },
  fingerprint: 'seen',
  ...rest,
});
const foreign: Observation = { state: 'present', owner: 'foreign', spec: {}, fingerprint: 'x', foreignBecause: 'why' };
const unknown: Observation = { state: 'unknown', error: { code: 'E_IO', message: 'denied' } };
const absent: Observation = { state: 'absent' };
const unwanted = (seen: Observation, address = 'launch.old'): ReturnType<typeof decideUnwanted> =>
  decideUnwanted(address, 'agent.old', 'files', seen);

describe('a wanted thing', () => {
  it('that is absent is created', () => {
    expect(decideWanted(desired, absent)).toEqual({
      change: expect.objectContaining({ action: 'create', reason: 'missing', disruption: 'none', expected: 'absent' }),
    });
  });

  it('that is ours with the same spec is left alone', () => expect(decideWanted(desired, ours({}))).toEqual({}));

  it.each([
    [{ labels: { a: 'b' } }, {}, 'none', 'spec_changed', 'labels changed'],
    [{ limit: 2 }, {}, 'live', 'spec_changed', 'limit changed'],
    [{ command: ['claude'], spec: 'v1:x' }, {}, 'restart', 'spec_changed', 'command changed'],
    [{ command: ['claude'] }, { handEdited: true }, 'restart', 'hand_edited', 'changed by hand'],
    [{ loaded: false }, {}, 'none', 'not_loaded', 'the user manager has not loaded it yet'],
    [{ loaded: false, limit: 2 }, {}, 'live', 'spec_changed', 'limit changed'],
  ])('that is ours with %j %j is an update of disruption %s', (spec, rest, ...wanted) => {
    const { change } = decideWanted(desired, ours(spec, rest));
    expect([change?.disruption, change?.reason, change?.because]).toEqual(wanted);
    expect(change).toMatchObject({ action: 'update', line: 6, expected: 'seen' });
    expect(change?.patch.length).toBeGreaterThan(0);
  });

  it('that is foreign is blocked and named, and never touched', () => {
    expect(decideWanted(desired, foreign)).toEqual({
      blocked: expect.objectContaining({ reason: 'foreign', address: 'launch.coder' }),
      foreign: { address: 'launch.coder', message: 'why' },
    });
  });

  it('that is masked is blocked as masked', () => {
    expect(decideWanted(desired, { ...foreign, spec: { masked: true } }).blocked?.reason).toBe('masked');
  });

  it('that could not be seen is blocked', () => {
    const message = 'launch.coder could not be observed: denied';
    expect(decideWanted(desired, unknown)).toEqual({
      blocked: expect.objectContaining({ reason: 'unknown', message }),
    });
  });

  it.each([
    ['files', 'write'],
    ['systemd', 'install'],
    ['tmux', 'live'],
    ['cron', 'write'],
  ])('of %s is written in the phase %s', (provider, phase) => {
    expect(decideWanted({ ...desired, provider }, absent).change?.phase).toBe(phase);
  });

  it('of a newer mosaic says that it is an upgrade', () => {
    const script = { ...desired, address: 'file.libexec/mosaic-agent' };
    expect(decideWanted(script, ours({ limit: 2 })).change).toMatchObject({ reason: 'upgraded' });
  });
});

describe('launch data of which only the hash differs', () => {
  it('says so', () => {
    const plan = planOf(fleetWith({ coder: '{ command: [codex] }' }), {
      items: { 'launch.coder': { spec: { spec: 'v1:older' } } },
    });
    expect(plan.changes).toMatchObject([{ address: 'launch.coder', because: 'hash changed', disruption: 'none' }]);
  });
});

describe('a thing nobody wants', () => {
  it('that is absent is nothing', () => expect(unwanted(absent)).toEqual({}));
  it('that is foreign is nothing', () => expect(unwanted(foreign)).toEqual({}));
  it('that could not be seen is blocked', () => expect(unwanted(unknown).blocked?.reason).toBe('unknown'));

  it('that is ours is deleted, a link before the reload and anything else at the end', () => {
    expect(unwanted(ours({})).change).toMatchObject({ action: 'delete', reason: 'not_in_manifest', phase: 'delete' });
    expect(unwanted(ours({}), 'link.x').change?.phase).toBe('install');
  });
});
