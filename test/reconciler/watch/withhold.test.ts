import { describe, expect, it } from '@jest/globals';
import type { Change, Deferred, Plan } from '../../../src/model/plan.ts';
import { groupOf, providerOf } from '../../../src/reconciler/address.ts';
import type { Look } from '../../../src/reconciler/pass.ts';
import { exposedGroups, planWaits, withhold } from '../../../src/reconciler/watch/withhold.ts';
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

const INSTALLED = { host: { installedSocketPath: '/tmp/tmux-1000/mosaic-factory' } };

/** A change as `ACTION ADDRESS REASON`, and the fields it changes where it has some. */
function changeOf(words: string): Change {
  const [action = '', address = '', reason = 'missing', ...fields] = words.split(' ');
  return {
    action: action as Change['action'],
    address,
    reason: reason as Change['reason'],
    disruption: 'none',
    group: groupOf(address),
    provider: providerOf(address),
    phase: 'write',
    patch: fields.map((field) => ({ op: 'replace', path: `/${field}`, value: 'new' })),
    because: 'it differs',
    expected: 'absent',
  };
}

function lookWith(changes: readonly string[]): Look {
  const seen = lookAt(worldOf(fleetWith({ coder: AGENT }), INSTALLED));
  return { ...seen, plan: { ...seen.plan, changes: changes.map(changeOf) } };
}

describe('of a fleet whose manifest is exposed', () => {
  const left = (changes: readonly string[], isExposed = true, waiting: readonly string[] = []): readonly string[] =>
    withhold(lookWith(changes), { isExposed, waiting: new Set(waiting) }).plan.changes.map(
      ({ action, address }) => `${action} ${address}`,
    );
  const START = 'start session.coder failed';
  const UNIT = 'unit.mosaic-canary@coder.service.d/50-mosaic.conf';
  const LINK = 'link.mosaic-canary@coder.service';

  // What the manifest says anew, and what somebody did to what is installed.
  it.each([
    ['create launch.coder missing', 'agent'],
    ['update launch.coder spec_changed command', 'agent'],
    ['update launch.coder spec_changed command edited', 'agent'],
    ['update launch.coder edited edited', 'nothing'],
    ['update launch.coder edited mode', 'nothing'],
    ['create session.coder missing', 'nothing'],
    ['stop session.coder not_wanted', 'agent'],
    ['stop session.coder held', 'nothing'],
    [`delete ${LINK} not_wanted`, 'agent'],
    [`update ${UNIT} spec_changed`, 'setting'],
    [`update ${UNIT} edited`, 'nothing'],
    [`create ${UNIT} missing`, 'nothing'],
    [`create ${UNIT} spec_changed`, 'nothing'],
    ['update server.mosaic-factory spec_changed', 'setting'],
    ['update file.fleets/canary/fleet.json spec_changed', 'setting'],
  ])('%s: of it waits %s', (words, waits) => {
    const own = words.split(' ').slice(0, 2).join(' ');
    const beside = 'start session.coder';
    const rest = { agent: [], setting: [beside], nothing: [own, beside] }[waits];
    expect(left([words, START])).toEqual(rest);
    expect(left([words, START], false)).toEqual([own, beside]);
    expect([...exposedGroups(lookWith([words]))]).toEqual(
      waits === 'nothing' ? [] : [groupOf(own.split(' ')[1] ?? '')],
    );
  });

  it('nobody is started whose own link changes, and whoever has none that does', () => {
    expect(left([START, `create link.mosaic-canary@other.service`])).toContain('start session.coder');
    expect(left([START, 'create link.mosaic-canary@other.service', `create ${LINK}`])).not.toContain(
      'start session.coder',
    );
  });

  it('nothing is done where nothing is installed', () => {
    const seen = lookWith([START, 'update file.bin/mosaic edited']);
    const { installedSocketPath, ...host } = seen.observed.host;
    expect(installedSocketPath).toBeDefined();
    expect([...exposedGroups({ ...seen, observed: { ...seen.observed, host } })]).toEqual(['agent.coder', 'fleet']);
  });

  it('a group that waits keeps nothing of its own, and the fleet’s keeps all', () => {
    expect(left([START, 'start session.other failed'], false, ['agent.coder'])).toEqual(['start session.other']);
    expect(left([START, 'start session.other failed'], false, ['fleet'])).toEqual([]);
  });
});

describe('what a plan leaves to a person', () => {
  it('is said once for each group, by its process where that waits too, and then what is blocked', () => {
    const deferred = ['launch.coder', 'session.coder', 'unit.a', 'unit.b'].map((address): Deferred => ({
      reason: 'busy',
      address,
      group: groupOf(address),
      hint: `do ${address}`,
    }));
    const blocked: Plan['blocked'] = [{ group: 'fleet', reason: 'foreign', message: 'not ours', hint: 'move it' }];
    expect(planWaits({ ...lookWith([]).plan, deferred, blocked })).toEqual([
      { group: 'agent.coder', reason: 'busy', message: 'do session.coder' },
      { group: 'fleet', reason: 'busy', message: 'do unit.a' },
      { group: 'fleet', reason: 'foreign', message: 'not ours; move it' },
    ]);
  });
});
