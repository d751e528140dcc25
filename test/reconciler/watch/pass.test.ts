import { describe, expect, it } from '@jest/globals';
import { FleetError } from '../../../src/model/error.ts';
import type { Look } from '../../../src/reconciler/pass.ts';
import { freshMemory } from '../../../src/reconciler/watch/memory.ts';
import { fleetWith } from '../../support/fleet.ts';
import { down, failing, fleet, NOW, pass } from '../../support/one-pass.ts';

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
