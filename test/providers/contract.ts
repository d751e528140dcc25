import { describe, expect, it } from '@jest/globals';
import { watched, type Fault } from '../support/simulated-faults.ts';
import { bench, history, type Awaitable, type Bench, type ProviderCase, type Story } from './bench.ts';

/**
 * The obligations of every provider, checked on the machines that `makeCase` makes, a fresh one for each. `kinds` are
 * the faults that every act is tried with.
 */
export function describeProvider(
  name: string,
  makeCase: () => Awaitable<ProviderCase>,
  kinds: readonly Fault['kind'][] = ['crash', 'failure'],
): void {
  const on = (check: (bench: Bench) => Promise<void>) => async (): Promise<void> => {
    const given = await makeCase();
    try {
      await check(bench(given));
    } finally {
      await given.close?.();
    }
  };
  describe(`the contract of the provider ${name}`, () => {
    looks(on);
    acts(on);
    healing(on, makeCase, kinds);
  });
}

type On = (check: (bench: Bench) => Promise<void>) => () => Promise<void>;

function looks(on: On): void {
  it(
    'tells what is not there from what is there and ours',
    on(async ({ given, observe, apply }) => {
      expect((await observe()).items[given.example]).toEqual({ state: 'absent' });
      await apply();
      expect((await observe()).items[given.example]).toMatchObject({ state: 'present', owner: 'fleet' });
    }),
  );

  it(
    'says of what carries no mark of this fleet that it is foreign, and why',
    on(async ({ given, observe, plan }) => {
      await given.plantForeign();
      const seen = (await observe()).items[given.example];
      expect(seen).toMatchObject({ state: 'present', owner: 'foreign', foreignBecause: expect.stringMatching(/\S/) });
      const { blocked, changes } = await plan();
      expect(blocked.map(({ reason }) => reason)).toContain('foreign');
      expect(changes.map(({ address }) => address)).not.toContain(given.example);
    }),
  );

  it(
    'says unknown, never absent, of a thing it may not look at, and still sees the others',
    on(async ({ given, observe, apply }) => {
      await apply();
      if (given.breakLook === undefined) return;
      const before = await observe();
      await given.breakLook();
      const { items } = await observe();
      expect(items[given.example]).toMatchObject({ state: 'unknown' });
      expect(items[given.other]).toEqual(before.items[given.other]);
    }),
  );

  it(
    'says unknown of everything wanted when an outside call does not end in time (F37)',
    on(async ({ given, observe, apply, plan }) => {
      await apply();
      if (given.silence === undefined) return;
      await given.silence();
      const { items, complete, errors } = await observe();
      expect([items[given.example]?.state, items[given.other]?.state]).toEqual(['unknown', 'unknown']);
      expect(complete).toBe(false);
      expect(errors).not.toEqual([]);
      expect((await plan()).changes).toEqual([]);
    }),
  );

  it(
    'changes nothing by looking',
    on(async ({ given, observe, apply }) => {
      for (const prepare of [() => {}, apply, given.damage, given.plantForeign]) {
        await prepare();
        const before = await given.state();
        const port = watched(given.port);
        await observe(port);
        expect(port.acts).toEqual([]);
        expect(await given.state()).toBe(before);
      }
    }),
  );
}

function acts(on: On): void {
  it(
    'makes what is wanted, and then has nothing left to do',
    on(async ({ plan, apply }) => {
      expect((await plan()).changes).not.toEqual([]);
      expect(await apply()).toEqual([]);
      expect(await plan()).toMatchObject({ changes: [], blocked: [] });
    }),
  );

  it(
    'does no harm when it is asked to do the same again',
    on(async ({ given, look: see, applyAll, plan }) => {
      const first = await see();
      await applyAll(first);
      const state = await given.state();
      expect((await applyAll(first)).filter(({ done }) => !done)).toEqual([]);
      expect(await given.state()).toBe(state);
      expect((await plan()).changes).toEqual([]);
    }),
  );

  it(
    'puts right what was changed by hand',
    on(async ({ given, apply, plan }) => {
      await apply();
      await given.damage();
      expect((await plan()).changes).not.toEqual([]);
      expect(await apply()).toEqual([]);
      expect((await plan()).changes).toEqual([]);
    }),
  );

  it(
    'takes away what is ours and no longer wanted, and nothing else',
    on(async ({ given, apply, observe }) => {
      await apply();
      const other = (await observe()).items[given.other];
      expect(await apply(given.smaller)).toEqual([]);
      const { items } = await observe();
      expect(items[given.example]).toEqual({ state: 'absent' });
      expect(items[given.other]).toEqual(other);
    }),
  );

  it(
    'refuses to overwrite or delete what is foreign, even when told to',
    on(async ({ given, look: see, applyAll, order }) => {
      const wanted = await see();
      await given.plantForeign();
      const state = await given.state();
      for (const action of ['create', 'delete'] as const) {
        const [outcome] = await applyAll(wanted, [order(wanted, action)]);
        expect(outcome).toMatchObject({ address: given.example, done: false });
        expect(await given.state()).toBe(state);
      }
    }),
  );
}

/** The three histories whose every act is made to fail in turn. */
const STORIES = {
  'the first apply': ({ given }: Bench) => Promise.resolve(given.fleet),
  'an apply that repairs': async ({ given, apply }: Bench) => {
    await apply();
    await given.damage();
    return given.fleet;
  },
  'an apply that deletes': async ({ given, apply }: Bench) => {
    await apply();
    return given.smaller;
  },
} satisfies Record<string, Story>;

function healing(on: On, makeCase: () => Awaitable<ProviderCase>, kinds: readonly Fault['kind'][]): void {
  const cells = Object.entries(STORIES).flatMap(([name, story]) => kinds.map((kind) => ({ name, story, kind })));
  it.each(cells)(
    'heals after a $kind at any act of $name',
    async ({ kind, story }) => {
      const calm = await history(makeCase, story);
      expect(calm.acts).toBeGreaterThan(0);
      for (let at = 1; at <= calm.acts; at += 1) {
        const { state, plan } = await history(makeCase, story, { at, kind });
        expect({ at, plan }).toEqual({ at, plan: calm.plan });
        expect({ at, state }).toEqual({ at, state: calm.state });
      }
    },
    120_000,
  );
  it(
    'leaves a plan that is empty to the next pass as well',
    on(async ({ apply, plan }) => {
      await apply();
      await apply();
      expect(await plan()).toMatchObject({ changes: [], blocked: [] });
    }),
  );
}
