import { describe, expect, it } from '@jest/globals';
import { SELF_SERVER } from '../../src/model/observed.ts';
import type { Blocked, Change } from '../../src/model/plan.ts';
import { agentOf, groupOf, providerOf } from '../../src/reconciler/address.ts';
import { guard } from '../../src/reconciler/guards.ts';
import { APPLY } from '../../src/reconciler/policy.ts';
import { fleetWith } from '../support/fleet.ts';
import { worldOf, type Overlay } from '../support/observed.ts';

const FLEET = fleetWith({ coder: '{ command: [codex] }' });
const error = { code: 'E_IO', message: 'refused' };

/** A change as `ACTION ADDRESS`, and its disruption and its reason where they matter. */
function changeOf(words: string): Change {
  const [action = '', address = '', disruption = 'none', reason = 'spec_changed'] = words.split(' ');
  return {
    action: action as Change['action'],
    address,
    disruption: disruption as Change['disruption'],
    group: groupOf(address),
    provider: providerOf(address),
    reason: reason as Change['reason'],
    phase: 'write',
    patch: [],
    because: 'it differs',
    expected: 'absent',
  };
}

const blockOf = (reason: Blocked['reason'], address?: string, group = groupOf(address ?? 'server.x')): Blocked => ({
  reason,
  group,
  message: 'm',
  hint: 'h',
  ...(address === undefined ? {} : { address }),
});

const goesOn = (words: string, blocked: readonly Blocked[], overlay: Overlay = {}): boolean => {
  const { observed } = worldOf(FLEET, overlay);
  return guard([changeOf(words)], blocked, { fleet: FLEET, observed, policy: APPLY }).changes.length === 1;
};

const END = 'restart session.coder restart';
const START = 'start session.coder';
const SERVER = 'server.mosaic-factory';
const UNIT = 'unit.mosaic-canary@.service';
const SCRIPT = 'file.libexec/mosaic-agent';
const SHORTCUT = 'file.bin/mosaic';

describe('a block of something the whole fleet needs', () => {
  it.each<readonly [Blocked['reason'], string, string, boolean]>([
    // What it is about stays as it is; another thing of the fleet does not wait for it.
    ['unknown', SCRIPT, `update ${SCRIPT}`, false],
    ['unknown', SCRIPT, 'update file.libexec/mosaic-server', true],
    // Nobody starts without it, and nobody ends by a helper that may be somebody else's.
    ['unknown', SCRIPT, START, false],
    ['foreign', SCRIPT, END, false],
    ['foreign', UNIT, START, false],
    ['unknown', SCRIPT, `stop session.coder kill`, false],
    ['unknown', SERVER, `stop session.coder kill`, true],
    // What is only a shortcut keeps nobody from anything.
    ['foreign', SHORTCUT, START, true],
    ['foreign', SHORTCUT, `stop session.coder kill`, true],
    ['foreign', 'link.mosaic-canary.service', START, true],
    ['foreign', `${SHORTCUT}-more`, START, false],
    ['foreign', 'file.home/file.bin/mosaic', START, false],
    // Beside a unit that is somebody else's nothing but files is ours; beside an unseen one nothing new is put.
    ['foreign', UNIT, 'update unit.mosaic-canary.service', false],
    ['foreign', UNIT, 'update launch.coder', true],
    ['unknown', UNIT, 'create unit.mosaic-canary.service', false],
    ['unknown', UNIT, 'update unit.mosaic-canary.service', true],
    ['unknown', UNIT, 'create launch.coder', true],
    // A server that cannot be seen may live on where the manifest no longer says.
    ['unknown', SERVER, 'update file.fleets/canary/fleet.json', false],
    ['unknown', SERVER, 'create file.fleets/canary/fleet.json', true],
    ['unknown', SERVER, `update ${SCRIPT}`, true],
    ['unknown', SERVER, `delete ${UNIT}`, false],
    ['unknown', SERVER, 'update unit.mosaic-canary@coder.service.d/50-mosaic.conf', true],
  ])('that is %s, %s: %s may go on: %p', (reason, address, words, expected) => {
    expect(goesOn(words, [blockOf(reason, address)])).toBe(expected);
  });
});

describe('a block of the fleet without an address', () => {
  it.each<readonly [Blocked['reason'], string, boolean]>([
    ['unknown', START, false],
    ['unknown', 'update launch.coder', true],
    ['unknown', `update ${SCRIPT}`, true],
    ['unknown', `delete ${SCRIPT}`, false],
    ['foreign-sessions', `update ${SCRIPT}`, false],
    ['foreign-sessions', 'update launch.coder', true],
    ['foreign-server', 'update launch.coder', false],
  ])('that is %s: %s may go on: %p', (reason, words, expected) => {
    expect(goesOn(words, [blockOf(reason)])).toBe(expected);
  });
});

describe('a look that failed in part', () => {
  it.each([
    ['tmux', END, false],
    ['tmux', 'stop session.coder kill', false],
    ['tmux', 'update launch.coder', true],
    ['systemd', END, true],
    ['systemd', `delete ${UNIT}`, false],
    ['systemd', `update ${UNIT}`, true],
    ['systemd', 'delete launch.coder', true],
    ['systemd', 'delete unit.mosaic-canary.reload', true],
  ])('of %s: %s may go on: %p', (provider, words, expected) => {
    expect(goesOn(words, [], { incomplete: [{ provider, error }] })).toBe(expected);
  });
});

describe('what is said of a block', () => {
  const blocksOf = (
    words: readonly string[],
    blocked: readonly Blocked[],
    overlay: Overlay = {},
  ): readonly string[] => {
    const { observed } = worldOf(FLEET, overlay);
    const changes = words.map(changeOf);
    return guard(changes, blocked, { fleet: FLEET, observed, policy: APPLY }).blocked.map(
      ({ group, reason, message }) => `${agentOf(group) ?? group} ${reason}: ${message}`,
    );
  };

  it('names the agents that cannot be seen where the server would end', () => {
    const unseen = [blockOf('unknown', 'session.b'), blockOf('unknown', 'session.a'), blockOf('unknown', SERVER)];
    expect(blocksOf([`restart ${SERVER} fleet`], unseen)).toContain(
      'fleet unknown: the tmux server would end, and it cannot be told what runs there: a, b',
    );
    expect(blocksOf([`restart ${SERVER} fleet`], unseen.slice(2))).toHaveLength(1);
  });

  it.each([
    [
      SELF_SERVER,
      `restart ${SERVER} fleet`,
      'fleet self: this command runs inside the fleet’s tmux server, which would end',
    ],
    [
      'coder',
      `restart ${SERVER} fleet`,
      'fleet self: this command runs inside agent coder, which would end with the tmux server',
    ],
    ['coder', END, 'coder self: this command runs inside agent coder, which would end'],
    // An agent may be called that.
    [
      'server',
      `restart ${SERVER} fleet`,
      'fleet self: this command runs inside agent server, which would end with the tmux server',
    ],
    [
      'coder',
      'delete launch.old none not_in_manifest',
      'old self: this command runs inside agent coder, from where old may not be deleted',
    ],
  ])('tells what hosts this command, here %s, from what is held back by %s', (self, words, block) => {
    expect(blocksOf([words], [], { host: { self } })).toContain(block);
  });

  it('tells of each protected agent whether it would end or be deleted', () => {
    const fleet = fleetWith({ a: '{ command: [x], protect: true }', b: '{ command: [x], protect: true }' });
    const { observed } = worldOf(fleet, {});
    const changes = ['delete launch.a none not_in_manifest', 'restart session.b restart'].map(changeOf);
    const { blocked } = guard(changes, [], { fleet, observed, policy: APPLY });
    expect(blocked.map(({ message }) => message)).toEqual([
      'a is protected and would be deleted',
      'b is protected and would be ended',
    ]);
  });
});
