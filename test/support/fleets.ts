import fc from 'fast-check';
import type { Fleet } from '../../src/model/fleet.ts';
import type { JsonObject } from '../../src/model/resource.ts';
import { fleetOf } from './fleet.ts';
import { worldOf, type Overlay, type World } from './observed.ts';

const word = fc.constantFrom('a', '-x', 'two words', '~1/0', 'é', 'quote"');
const record = fc.dictionary(fc.constantFrom('A', 'B_TOKEN', 'c'), word, { maxKeys: 3 });

const agent = fc.record(
  {
    command: fc.array(word, { maxLength: 12 }).map((rest) => ['codex', ...rest]),
    labels: record,
    env: record,
    state: fc.constantFrom('running', 'running', 'stopped'),
    restart: fc.record({ policy: fc.constantFrom('always', 'on-failure', 'never') }),
    updatePolicy: fc.constantFrom('when-idle', 'immediate', 'manual'),
    resume: fc.constant(['codex', 'resume']),
  },
  { requiredKeys: ['command'] },
);

const NAMES = ['coder', 'reviewer', 'tester', 'writer'];

/** Any fleet: none to four agents, under either supervisor. */
const fleets: fc.Arbitrary<Fleet> = fc
  .record({
    supervisor: fc.constantFrom('systemd', 'tmux'),
    agents: fc.dictionary(fc.constantFrom(...NAMES), agent, { maxKeys: 4 }),
  })
  .map((spec) =>
    fleetOf(JSON.stringify({ apiVersion: 'mosaic/v1alpha1', kind: 'Fleet', metadata: { name: 'canary' }, spec })),
  );

const holds = fc.subarray(NAMES).map((names) => names.map((name) => ({ agent: name, by: 'user ada' })));

/** Any fleet on a machine that is in sync with it. */
export const settledWorlds: fc.Arbitrary<World> = fc
  .tuple(fleets, holds)
  .map(([fleet, held]) => worldOf(fleet, { host: { holds: held } }));

/** What may have become of one thing. `foreign` and `unknown` only where a test asks for them. */
type Fate = 'same' | 'absent' | 'edited' | 'reload' | 'foreign' | 'unknown';

const drifts: Readonly<Record<Exclude<Fate, 'same'>, null | string | JsonObject>> = {
  absent: null,
  edited: { spec: { mode: '0666', command: ['other', 'x', 'y'], Service: { Restart: 'no', Extra: ['1', '2'] } } },
  reload: { spec: { loaded: false } },
  foreign: { owner: 'foreign', foreignBecause: 'no mark' },
  unknown: 'no answer',
};

const runs: readonly (readonly [string, JsonObject])[] = [
  ['inactive', { startedAt: 1, endedAt: 2, code: 0 }],
  ['inactive', { startedAt: 1 }],
  ['failed', { startedAt: 1, endedAt: 2, asked: 'stop' }],
  ['failed', { fault: 'command-not-found: codex' }],
];

interface Drift {
  readonly fates: readonly Fate[];
  readonly runs: readonly number[];
  readonly orphans: readonly string[];
  readonly activity: Overlay['activity'];
  readonly mode: 'apply' | 'watch-none' | 'watch-safe' | 'watch-all';
  readonly now: boolean;
}

const drift = (fates: readonly Fate[]): fc.Arbitrary<Drift> =>
  fc.record({
    fates: fc.array(fc.constantFrom<Fate>('same', 'same', ...fates), { minLength: 30, maxLength: 30 }),
    runs: fc.array(fc.integer({ min: 0, max: 6 }), { minLength: 4, maxLength: 4 }),
    orphans: fc.subarray(['old-a', 'old-b']),
    activity: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('idle', 'busy', 'dialog', 'unknown')),
    mode: fc.constantFrom('apply', 'watch-none', 'watch-safe', 'watch-all'),
    now: fc.boolean(),
  });

/** Any fleet on a machine that has drifted from it in any number of things. */
export const driftedWorlds = (fates: readonly Fate[]): fc.Arbitrary<World> =>
  fc.tuple(fleets, holds, drift(fates)).map(([fleet, held, chosen]) => {
    const host = { holds: held };
    const { desired } = worldOf(fleet, { host });
    const things = desired.filter(({ address }) => !address.startsWith('session.'));
    const items = Object.fromEntries([
      ...things.flatMap(({ address }, at) => itemDrift(address, chosen.fates[at % 30] ?? 'same')),
      ...fleet.agents.flatMap(({ name }, at) => runDrift(name, chosen.runs[at] ?? 0)),
      ...chosen.orphans.flatMap(orphan),
    ]);
    const policy = { mode: chosen.mode, now: chosen.now, allowDelete: 99 };
    return worldOf(fleet, { host, items, policy, activity: chosen.activity ?? {} });
  });

type Item = [string, null | string | JsonObject];

function itemDrift(address: string, fate: Fate): Item[] {
  if (fate === 'same') return [];
  if (fate === 'edited' && address.startsWith('server.')) return [[address, { spec: { socketPath: '/tmp/old' } }]];
  return [[address, drifts[fate]]];
}

function runDrift(name: string, choice: number): Item[] {
  const [active, ending] = runs[choice] ?? [];
  if (active !== undefined && ending !== undefined) {
    return [
      [`session.${name}`, null],
      [`run.${name}`, { spec: { active, load: 'loaded' } }],
      [`record.${name}`, { spec: ending }],
    ];
  }
  const place = { id: '$1', wantedName: name, inUnit: true, isWrapper: true };
  const seen = choice === 5 ? { ...place, name, spec: 'v1:older' } : { ...place, name: 'renamed' };
  return choice === 4
    ? []
    : [
        [`session.${name}`, { spec: seen }],
        [`run.${name}`, { spec: { active: 'active' } }],
      ];
}

const orphan = (name: string): Item[] => [
  [`launch.${name}`, {}],
  [`session.${name}`, { spec: { id: '$9', name, wantedName: name, inUnit: true, isWrapper: true } }],
  [`run.${name}`, { spec: { active: 'active' } }],
];
