import { describe, expect, it } from '@jest/globals';
import type { ReadPort, WritePort } from '../../src/model/host.ts';
import { isEmpty } from '../../src/model/plan.ts';
import type { Provider, Scope } from '../../src/model/provider.ts';
import type { JsonObject, Observation } from '../../src/model/resource.ts';
import { act, look, type Engine } from '../../src/reconciler/pass.ts';
import { APPLY } from '../../src/reconciler/policy.ts';
import { fleetWith, hostFor } from '../support/fleet.ts';

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
});
