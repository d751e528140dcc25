import { describe, expect, it } from '@jest/globals';
import type { ReadPort, WritePort } from '../../src/model/host.ts';
import type { Activity } from '../../src/model/observed.ts';
import { isEmpty } from '../../src/model/plan.ts';
import type { Provider, Scope } from '../../src/model/provider.ts';
import type { JsonObject, Observation } from '../../src/model/resource.ts';
import { providerOf } from '../../src/reconciler/address.ts';
import { act } from '../../src/reconciler/act.ts';
import { look, lookAtAgents, type Engine } from '../../src/reconciler/pass.ts';
import { APPLY } from '../../src/reconciler/policy.ts';
import { fleetWith, hostFor } from '../support/fleet.ts';
import { worldOf } from '../support/observed.ts';

const fleet = fleetWith({});

/** A provider over a store in memory, of the resources `KIND.a` and `KIND.b`. */
function memory(kind: string, store: Map<string, JsonObject>, scopes: Scope[] = []): Provider {
  const seen = (spec: JsonObject): Observation => ({ state: 'present', owner: 'fleet', spec, fingerprint: 'x' });
  return {
    name: kind,
    desired: () =>
      ['a', 'b'].map((name) => ({ address: `${kind}.${name}`, group: 'fleet', provider: kind, spec: { name } })),
    observe: (_, scope) => {
      scopes.push(scope);
      const items = Object.fromEntries([...store].map(([address, spec]) => [address, seen(spec)]));
      return Promise.resolve({ items, complete: true, errors: [], facts: { [kind]: store.size } });
    },
    apply: (_, changes, scope) => {
      scopes.push(scope);
      for (const { address, action, desired } of changes) {
        if (action === 'delete') store.delete(address);
        else store.set(address, desired?.spec ?? {});
      }
      return Promise.resolve(changes.map(({ address }) => ({ address, done: true })));
    },
  };
}

const engine = (providers: readonly Provider[]): Engine => ({
  providers,
  read: {} as ReadPort,
  hostFacts: hostFor,
  activity: () => Promise.resolve({}),
  tmux: '/usr/bin/tmux',
});

describe('a pass', () => {
  it('looks, plans, acts, and finds nothing left to do', async () => {
    const store = new Map<string, JsonObject>([['cron.old', {}]]);
    const both = engine([memory('cron', store), memory('mail', new Map())]);
    const before = await look(both, fleet, APPLY);
    expect(before.plan.changes.map(({ action, address }) => `${action} ${address}`)).toEqual([
      'create cron.a',
      'create cron.b',
      'create mail.a',
      'create mail.b',
      'delete cron.old',
    ]);
    const { steps } = await act(both, before, {} as WritePort, { onStep: () => undefined });
    expect(steps.map(({ result }) => result)).toEqual(Array.from({ length: 5 }, () => 'done'));
    expect(isEmpty((await look(both, fleet, APPLY)).plan)).toBe(true);
  });

  it('hands the facts of the look to those who act', async () => {
    const scopes: Scope[] = [];
    const one = engine([memory('cron', new Map(), scopes)]);
    await act(one, await look(one, fleet, APPLY), {} as WritePort, { onStep: () => undefined });
    expect(scopes.map(({ facts }) => facts)).toEqual([{}, { cron: 0 }]);
  });

  it('hands the caller’s wish to stop to those who look and those who act', async () => {
    const scopes: Scope[] = [];
    const { signal } = new AbortController();
    const one = { ...engine([memory('cron', new Map(), scopes)]), signal };
    await act(one, await look(one, fleet, APPLY), {} as WritePort, { onStep: () => undefined });
    expect(scopes.map((scope) => scope.signal)).toEqual([signal, signal]);
  });

  it('wants nothing when the fleet is destroyed', async () => {
    const store = new Map<string, JsonObject>([['cron.a', { name: 'a' }]]);
    const { plan } = await look(engine([memory('cron', store)]), fleet, { ...APPLY, destroy: true });
    expect(plan.changes.map(({ action, address }) => `${action} ${address}`)).toEqual(['delete cron.a']);
  });

  it('names the provider that could not look', async () => {
    const blind: Provider = {
      ...memory('cron', new Map()),
      observe: () =>
        Promise.resolve({ items: {}, complete: false, errors: [{ code: 'E_X', message: 'no answer' }], facts: {} }),
    };
    const { observed, plan } = await look(engine([blind]), fleet, APPLY);
    expect(observed.incomplete).toEqual([{ provider: 'cron', error: { code: 'E_X', message: 'no answer' } }]);
    expect([plan.changes, plan.blocked.map(({ reason }) => reason)]).toEqual([[], ['unknown']]);
  });

  describe('of an agent that runs with an older spec', () => {
    const older = fleetWith({ coder: '{ command: [codex] }', other: '{ command: [claude] }' });
    const world = worldOf(older, { items: { 'session.coder': { spec: { spec: 'v1:older' } } } });
    const observe = (name: string): Provider => ({
      name,
      desired: () => world.desired.filter(({ provider }) => provider === name),
      observe: () => {
        const items = Object.entries(world.observed.items).filter(([address]) => providerOf(address) === name);
        return Promise.resolve({
          items: Object.fromEntries(items),
          complete: true,
          errors: [],
          facts: world.observed.facts,
        });
      },
      apply: (_, changes) => Promise.resolve(changes.map(({ address }) => ({ address, done: true }))),
    });

    /** Its engine, whose agents do this, one answer after the other; and who was asked about. */
    function working(...answers: readonly Activity[]): Engine & { readonly asked: (readonly string[] | undefined)[] } {
      const asked: (readonly string[] | undefined)[] = [];
      const activity: Engine['activity'] = (_fleet, _observed, agents) => {
        const state = answers[asked.length] ?? 'unknown';
        asked.push(agents);
        return Promise.resolve({ coder: { state, source: 'screen' } });
      };
      return { ...engine(['files', 'systemd', 'tmux'].map(observe)), activity, asked };
    }

    it('asks what it does, and of nobody else', async () => {
      const busy = working('busy');
      const { plan, activity } = await look(busy, older, APPLY);
      expect(busy.asked).toEqual([['coder']]);
      expect([plan.changes, plan.deferred]).toMatchObject([[], [{ reason: 'busy', group: 'agent.coder' }]]);
      expect(activity).toEqual({ coder: { state: 'busy', source: 'screen' } });
    });

    it('asks nothing when the answer would change nothing', async () => {
      const busy = working('busy');
      expect((await look(busy, older, { ...APPLY, now: true })).plan.changes).toMatchObject([{ action: 'restart' }]);
      const asked = { ...APPLY, intents: { coder: 'restart' } } as const;
      expect((await look(busy, older, asked)).plan.changes).toMatchObject([{ action: 'restart' }]);
      expect(busy.asked).toEqual([]);
    });

    it('takes whom the answer leaves out for unknown: under the watcher it waits', async () => {
      const silent = { ...working(), activity: () => Promise.resolve({}) };
      const seen = await look(silent, older, APPLY);
      const watched = { ...seen, policy: { ...APPLY, mode: 'watch-safe' } } as const;
      const { steps } = await act(silent, watched, {} as WritePort, { onStep: () => undefined });
      expect(steps).toMatchObject([{ result: 'skipped', because: 'it is unknown by now' }]);
    });

    it('asks about all for those who show it', async () => {
      const busy = working('busy');
      await lookAtAgents(busy, older, APPLY);
      expect(busy.asked).toEqual([undefined]);
    });

    it('asks again right before the restart', async () => {
      const begins = working('idle', 'busy');
      const { steps } = await act(begins, await look(begins, older, APPLY), {} as WritePort, {
        onStep: () => undefined,
      });
      expect(steps).toMatchObject([{ result: 'skipped', because: 'it is busy by now' }]);
      const stays = working('idle', 'idle');
      const done = await act(stays, await look(stays, older, APPLY), {} as WritePort, { onStep: () => undefined });
      expect(done.steps).toMatchObject([{ result: 'done' }]);
      expect(stays.asked).toEqual([['coder'], ['coder']]);
    });
  });
});
