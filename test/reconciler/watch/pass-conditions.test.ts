import { describe, expect, it } from '@jest/globals';
import { FleetError } from '../../../src/model/error.ts';
import type { Step } from '../../../src/reconciler/execute.ts';
import { freshMemory, type Memory, type StampedCondition } from '../../../src/reconciler/watch/memory.ts';
import { learn } from '../../../src/reconciler/watch/queue.ts';
import { down, failing, fleet, NOW, pass, type Given } from '../../support/one-pass.ts';
import type { Overlay } from '../../support/observed.ts';
import { changeOf } from '../../support/plans.ts';

const EXPOSED = { type: 'ManifestExposed', status: 'True', reason: 'InWorkingDirectory', message: 'it' } as const;
const BROKEN = { type: 'ManifestInvalid', status: 'True', reason: 'Refused', message: 'fleet.yaml:3:5: no' } as const;
const inShort = (list: readonly StampedCondition[] = []): readonly string[] =>
  list.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
const ofFleet = async (given: Given) => inShort((await pass(given)).memory.conditions.fleet);
const ofCoder = async (given: Given) => inShort((await pass(given)).memory.conditions.agents['coder']);

describe('the conditions of a fleet', () => {
  it.each<[string, Given, readonly string[]]>([
    ['is in sync', {}, ['Ready True InSync']],
    ['has no linger', { host: { linger: false } }, ['Ready True InSync', 'Linger False NotEnabled']],
    [
      'has an agent on its way up',
      { items: { 'session.coder': null } },
      ['Ready False OutOfSync', 'Reconciling True Starting'],
    ],
    [
      'stands in a manifest that an agent can edit',
      { ports: { read: () => Promise.resolve({ isGood: true, key: 'k', fleet, exposed: EXPOSED }) } },
      ['Ready True InSync', 'ManifestExposed True InWorkingDirectory'],
    ],
    [
      'has a broken manifest',
      { ports: { read: () => Promise.resolve({ isGood: false, condition: BROKEN }) } },
      ['Ready False OutOfSync', 'ManifestInvalid True Refused'],
    ],
    [
      'cannot be looked at',
      { ports: { look: () => Promise.reject(new FleetError('E_SYSTEMD_TIMEOUT', 'no answer')) } },
      ['Ready Unknown NotSeen', 'Stalled True PassFailed'],
    ],
    [
      'cannot be looked at, beside a broken manifest',
      {
        ports: {
          look: () => Promise.reject(new Error('no answer')),
          read: () => Promise.resolve({ isGood: false, condition: BROKEN }),
        },
      },
      ['Ready Unknown NotSeen', 'Stalled True PassFailed', 'ManifestInvalid True Refused'],
    ],
    [
      'has a step that failed for the third time',
      { memory: failing(3) },
      ['Ready True InSync', 'Stalled True KeepsFailing'],
    ],
    ['has a step that failed once', { memory: failing(1) }, ['Ready True InSync', 'Reconciling True Retrying']],
  ])('that %s', async (_case, given, expected) => {
    expect(await ofFleet(given)).toEqual(expected);
  });

  it('name the first few of many that fail, and of each the beginning of what it says', async () => {
    const error = new Error('no '.repeat(1000));
    const steps = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name): Step => {
      const change = changeOf('', { address: `launch.${name}`, group: `agent.${name}` });
      return { change, result: 'failed', error };
    });
    const queue = learn({}, steps, { nowMs: NOW, random: () => 0 });
    const { conditions } = (await pass({ memory: { ...freshMemory(fleet, 'k'), queue } })).memory;
    const { message = '' } = conditions.fleet.find(({ reason }) => reason === 'Retrying') ?? {};
    expect(message).toMatch(/^a: no .*…; b: .*; e: no .*…; and 2 more$/);
    expect(message.length).toBeLessThan(6000);
  });

  it('keep the time since when they say the same', async () => {
    const first = await pass({ host: { linger: false } });
    const later = await pass({ memory: first.memory, host: { linger: false }, ports: { nowMs: () => NOW + 5000 } });
    expect(later.memory.conditions).toEqual(first.memory.conditions);
    const over = await pass({ memory: first.memory, items: down, ports: { nowMs: () => NOW + 5000 } });
    expect(over.memory.conditions.fleet[0]).toMatchObject({ type: 'Ready', status: 'False', sinceMs: NOW + 5000 });
  });
});

describe('the conditions of an agent', () => {
  const often = { atMs: [NOW], count: 6, endsMs: Array.from({ length: 6 }, (_, n) => NOW - n * 1000).toReversed() };
  it.each<[string, Given, readonly string[]]>([
    ['runs', {}, ['Ready True InSync']],
    ['cannot be told', { items: { 'session.coder': 'no answer' } }, ['Ready Unknown OutOfSync']],
    [
      'is held',
      { host: { holds: [{ agent: 'coder', by: '' }] }, items: { ...down, ...noLink() } },
      ['Ready True InSync', 'Suspended True Held'],
    ],
    [
      'is past its start limit',
      {
        memory: { ...freshMemory(fleet, 'k'), starts: { coder: often } },
        items: { 'session.coder': null, 'run.coder': { spec: { active: 'failed' } }, 'record.coder': crashed() },
      },
      ['Ready False OutOfSync', 'CrashLoop True StartLimit'],
    ],
    [
      'runs with an older spec',
      { items: { 'session.coder': { spec: { spec: 'v1:older' } } } },
      ['Ready False OutOfSync', 'RestartPending True SpecChanged'],
    ],
    [
      'ended by itself again and again',
      { memory: { ...freshMemory(fleet, 'k'), starts: { coder: often } }, items: { 'record.coder': startedNow() } },
      ['Ready False Unsteady', 'Flapping True ManyEnds'],
    ],
    [
      'ended by itself three times within the window of its start limit, and is up again',
      {
        memory: { ...freshMemory(fleet, 'k'), starts: { coder: { ...often, endsMs: often.endsMs.slice(3) } } },
        items: { 'record.coder': startedNow() },
      },
      ['Ready False Unsteady', 'Flapping True ManyEnds'],
    ],
    [
      'ended by itself twice',
      {
        memory: { ...freshMemory(fleet, 'k'), starts: { coder: { ...often, endsMs: often.endsMs.slice(4) } } },
        items: { 'record.coder': startedNow() },
      },
      ['Ready True InSync'],
    ],
    [
      'ended by itself again and again, and was stopped then',
      {
        memory: { ...freshMemory(fleet, 'k'), starts: { coder: often } },
        host: { holds: [{ agent: 'coder', by: '' }] },
        items: { ...down, ...noLink(), 'record.coder': crashed() },
      },
      ['Ready True InSync', 'Suspended True Held'],
    ],
    [
      'is held after a crash loop, and still runs',
      {
        memory: loopedBefore(),
        host: { holds: [{ agent: 'coder', by: '' }] },
        items: { ...stillUp(), 'record.coder': startedNow() },
      },
      ['Ready False OutOfSync', 'Suspended True Held'],
    ],
    [
      'was started again after a crash loop a moment ago',
      { memory: loopedBefore(), items: { 'record.coder': startedNow() } },
      ['Ready False Unsteady', 'CrashLoop True Recovering'],
    ],
    [
      'was started again after a crash loop, and has held',
      { memory: loopedBefore(), items: { 'record.coder': startedNow() }, ports: { nowMs: () => NOW + 60_000 } },
      ['Ready True InSync'],
    ],
  ])('that %s', async (_case, given, expected) => {
    expect(await ofCoder(given)).toEqual(expected);
  });
});

describe('a fleet with an agent that crashes again and again', () => {
  it('is not ready between two crashes', async () => {
    const given = { memory: loopedBefore(), items: { 'record.coder': startedNow() } };
    const [ready] = (await pass(given)).memory.conditions.fleet;
    expect(ready).toMatchObject({
      status: 'False',
      reason: 'Unsteady',
      message: expect.stringMatching(/^coder: ended/),
    });
  });
});

function loopedBefore(): Memory {
  const loop = { type: 'CrashLoop', status: 'True', reason: 'StartLimit', message: 'no', sinceMs: NOW - 9000 } as const;
  return { ...freshMemory(fleet, 'k'), conditions: { fleet: [], agents: { coder: [loop] } } };
}
function noLink(): NonNullable<Overlay['items']> {
  return { 'link.mosaic-canary@coder.service': null };
}
function stillUp(): NonNullable<Overlay['items']> {
  const session = { id: '$1', name: 'coder', wantedName: 'coder', pid: 1, inUnit: true };
  return { 'session.coder': { spec: session }, 'run.coder': { spec: { active: 'active', load: 'loaded' } } };
}
function crashed() {
  return { spec: { starts: 5, startedAt: NOW - 2000, endedAt: NOW - 1000, code: 1 } };
}
function startedNow() {
  return { spec: { starts: 7, startedAt: NOW } };
}
