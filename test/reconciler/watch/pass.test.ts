import { describe, expect, it } from '@jest/globals';
import { FleetError } from '../../../src/model/error.ts';
import type { Fleet } from '../../../src/model/fleet.ts';
import type { Step } from '../../../src/reconciler/execute.ts';
import { replan, type Look } from '../../../src/reconciler/pass.ts';
import { freshMemory, type Memory, type StampedCondition } from '../../../src/reconciler/watch/memory.ts';
import { watchPass, type Auto, type PassPorts, type PassReport } from '../../../src/reconciler/watch/pass.ts';
import { fleetWith } from '../../support/fleet.ts';
import { worldOf, type Overlay } from '../../support/observed.ts';

const NOW = 10_000_000;
const fleet = fleetWith({ coder: '{ command: [codex] }' });

interface Given extends Overlay {
  readonly of?: Fleet;
  readonly auto?: Auto;
  readonly memory?: Memory;
  readonly ports?: Partial<PassPorts>;
}

/** One pass over a machine that differs from what is wanted by an overlay; whatever it would do succeeds and shows nowhere. */
function pass({
  of = fleet,
  auto = 'safe',
  memory = freshMemory(of, 'k'),
  ports,
  ...overlay
}: Given): Promise<PassReport> {
  const look = (policy: Look['policy']): Look => {
    const { policy: _asApplied, ...world } = worldOf(of, overlay);
    const seen: Look = { ...world, policy, activity: {}, plan: EMPTY };
    return { ...seen, plan: replan(seen, policy) };
  };
  return watchPass(memory, auto, {
    nowMs: () => NOW,
    random: () => 0,
    read: () => Promise.resolve({ isGood: true, key: 'k', fleet: of }),
    look: (_fleet, policy) => Promise.resolve(look(policy)),
    needs: (seen) => seen,
    planned: () => undefined,
    act: ({ policy, narrow }) => {
      const steps = narrow(look(policy)).plan.changes.map((change): Step => ({ change, result: 'done' }));
      return Promise.resolve({ steps, after: look(policy) });
    },
    ...ports,
  });
}
const EXPOSED = { type: 'ManifestExposed', status: 'True', reason: 'InWorkingDirectory', message: 'it' } as const;
const BROKEN = { type: 'ManifestInvalid', status: 'True', reason: 'Refused', message: 'fleet.yaml:3:5: no' } as const;
const EMPTY: Look['plan'] = {
  fleet: '',
  changes: [],
  blocked: [],
  deferred: [],
  foreign: [],
  holds: [],
  conditions: [],
};
const inShort = (list: readonly StampedCondition[] = []): readonly string[] =>
  list.map(({ type, status, reason }) => `${type} ${status} ${reason}`);
const ofFleet = async (given: Given) => inShort((await pass(given)).memory.conditions.fleet);
const ofCoder = async (given: Given) => inShort((await pass(given)).memory.conditions.agents['coder']);
const down = { 'session.coder': null, 'run.coder': { spec: { active: 'inactive' } } };

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
      { items: { 'session.coder': null, 'run.coder': { spec: { active: 'failed' } }, 'record.coder': crashed() } },
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

describe('a pass', () => {
  it('with nothing to do begins no transaction', async () => {
    const act = (): never => {
      throw new Error('there was nothing to do');
    };
    expect((await pass({ ports: { act } })).news).toBeUndefined();
  });

  it('does nothing to a group that has to wait, and says until when', async () => {
    const waiting = failing(4);
    const { steps, waits, nextMs } = await pass({ memory: waiting, items: down });
    expect(steps).toEqual([]);
    expect(waits).toContainEqual({ group: 'agent.coder', reason: 'backoff', message: 'no', untilMs: NOW + 8000 });
    expect(nextMs).toBe(NOW + 8000);
  });

  it('does nothing to any agent while what is the fleet’s has to wait', async () => {
    const entry = { failures: 1, untilMs: NOW + 500, message: 'no', actsMs: [] };
    const memory = { ...freshMemory(fleet, 'k'), queue: { fleet: entry } };
    expect((await pass({ memory, items: down })).steps).toEqual([]);
    expect((await pass({ items: down })).steps.map(({ change }) => change.address)).toEqual(['session.coder']);
  });

  it('that fails before its next try is due is news only where it fails otherwise', async () => {
    const failure = (code: 'E_SYSTEMD_TIMEOUT' | 'E_TMUX') => ({
      look: () => Promise.reject(new FleetError(code, 'no answer')),
    });
    const first = await pass({ ports: failure('E_SYSTEMD_TIMEOUT') });
    expect([first.news?.failures, first.nextMs]).toEqual([1, NOW + 1000]);
    const { memory } = first;
    const again = await pass({ memory, ports: failure('E_SYSTEMD_TIMEOUT') });
    expect([again.news, again.nextMs]).toEqual([undefined, NOW + 1000]);
    expect((await pass({ memory, ports: failure('E_TMUX') })).news).toMatchObject({ code: 'E_TMUX', failures: 1 });
  });

  it('looks again soon at an agent that is being started, for two minutes', async () => {
    const items = { 'session.coder': null };
    const first = await pass({ items });
    expect(first.nextMs).toBe(NOW + 2000);
    const at = (ms: number) => pass({ items, memory: first.memory, ports: { nowMs: () => NOW + ms } });
    expect((await at(119_000)).nextMs).toBe(NOW + 121_000);
    expect((await at(120_000)).nextMs).toBeUndefined();
  });

  it('of a new manifest holds nothing against it', async () => {
    expect((await pass({ memory: { ...failing(4), key: 'older' }, items: down })).steps).toHaveLength(1);
  });
});

describe('without a user manager, a pass', () => {
  const alone = fleetWith(
    { coder: '{ command: [codex], restart: { delay: 2s, burst: 2, window: 60s } }' },
    'supervisor: tmux',
  );
  const endedAt = (ms: number) => ({
    'session.coder': null,
    'record.coder': { spec: { starts: 1, startedAt: ms - 1000, endedAt: ms, code: 1 } },
  });

  it('starts an agent again as its restart policy says, no sooner than its delay', async () => {
    const early = await pass({ of: alone, items: endedAt(NOW - 500) });
    expect([early.steps, early.nextMs]).toEqual([[], NOW + 1500]);
    const { steps } = await pass({ of: alone, items: endedAt(NOW - 2000) });
    expect(steps).toMatchObject([{ change: { action: 'start', address: 'session.coder', reason: 'failed' } }]);
  });

  it('tells of that in its plan, and not that a person is needed', async () => {
    const told: (readonly string[])[] = [];
    const planned = ({ plan }: Look): void =>
      void told.push([...plan.deferred, ...plan.changes].map(({ address, reason }) => `${address} ${reason}`));
    await pass({ of: alone, items: endedAt(NOW - 2000), ports: { planned } });
    const early = await pass({ of: alone, items: endedAt(NOW - 500), ports: { planned } });
    expect(told).toEqual([['session.coder failed'], ['session.coder starting']]);
    expect(early.waits).toMatchObject([{ group: 'agent.coder', reason: 'starting' }]);
  });

  it('gives it up past its start limit, says so, and remembers it', async () => {
    const starts = { coder: { atMs: [NOW - 9000, NOW - 3000], count: 0 } };
    const memory = { ...freshMemory(alone, 'k'), starts };
    const { steps, memory: after, calls } = await pass({ of: alone, memory, items: endedAt(NOW - 2000) });
    expect([steps, after.starts['coder']?.gaveUp]).toEqual([[], NOW - 3000]);
    const message = expect.stringMatching(/^coder is past its start limit \(2 starts in 60 s\)/);
    expect(after.conditions.agents['coder']).toContainEqual(expect.objectContaining({ type: 'CrashLoop', message }));
    expect(calls).toHaveLength(1);
  });
});

function failing(failures: number): Memory {
  const entry = { failures, untilMs: NOW + 8000, message: 'no', actsMs: [] };
  return { ...freshMemory(fleet, 'k'), queue: { 'agent.coder': entry } };
}
function loopedBefore(): Memory {
  const loop = { type: 'CrashLoop', status: 'True', reason: 'StartLimit', message: 'no', sinceMs: NOW - 9000 } as const;
  return { ...freshMemory(fleet, 'k'), conditions: { fleet: [], agents: { coder: [loop] } } };
}
function noLink(): NonNullable<Overlay['items']> {
  return { 'link.mosaic-canary@coder.service': null };
}
function crashed() {
  return { spec: { starts: 5, startedAt: NOW - 2000, endedAt: NOW - 1000, code: 1 } };
}
function startedNow() {
  return { spec: { starts: 7, startedAt: NOW } };
}
