import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Fleet } from '../../../src/model/fleet.ts';
import type { Plan } from '../../../src/model/plan.ts';
import { fleetOf } from '../../support/simulated-fleet.ts';
import { PLACES } from '../../support/simulated-host.ts';
import { SimulatedWatch, type Happening } from '../../support/simulated-watch.ts';

const NAMES = ['alpha', 'beta', 'gamma'] as const;
const SUPERVISORS = ['systemd', 'tmux'] as const;
const BROKEN = {
  type: 'ManifestInvalid',
  status: 'True',
  reason: 'Refused',
  message: 'fleet.yaml:3:5: unknown key',
} as const;

const rosters: readonly Readonly<Record<string, object>>[] = [
  { alpha: {}, beta: {}, gamma: { state: 'stopped' } },
  { alpha: { command: ['/bin/cat', '-u'] }, beta: { description: 'the second' }, gamma: {} },
  { alpha: { stop: { timeout: '5s' } }, gamma: { command: ['/bin/cat', '-'] } },
  { alpha: { env: { A: 'b' } }, beta: { state: 'stopped' }, gamma: { labels: { a: 'b' } }, delta: {} },
];
const fleets: Readonly<Record<(typeof SUPERVISORS)[number], readonly Fleet[]>> = {
  systemd: rosters.map((agents) => fleetOf({ agents })),
  tmux: rosters.map((agents) => fleetOf({ supervisor: 'tmux', agents })),
};
const other = fleetOf({ name: 'other', agents: { alpha: {} } });

const UNIT = `${PLACES.unitDirectory}/mosaic-canary@.service`;
const SCRIPT = `${PLACES.home}/libexec/mosaic-agent`;
const SOCKET = `${PLACES.socketDirectory}/sim`;

/** What can befall a watched fleet. `n` chooses among agents, manifests or numbers. */
const mischief: Readonly<Record<string, (watch: SimulatedWatch, n: number, mine: readonly Fleet[]) => void>> = {
  edit: (watch, n, mine) => watch.save(mine[n % mine.length] ?? watch.lastGood),
  'edit twice': (watch, n, mine) => {
    watch.save(mine[(n + 1) % mine.length] ?? watch.lastGood);
    watch.save(mine[n % mine.length] ?? watch.lastGood);
  },
  'save half of it': (watch) => watch.spoil({ isGood: false, condition: BROKEN }),
  'save another fleet': (watch) => watch.spoil({ isGood: true, key: 'other', fleet: other }),
  nothing: () => undefined,
  'stop a unit': ({ host }, n) => host.systemd.stop(`mosaic-canary@${NAMES[n % 3]}.service`),
  'kill a session': ({ host }, n) => {
    host.tmux.endSession(SOCKET, NAMES[n % 3] ?? '');
    // Without its session the helper ends, and its unit with it.
    host.systemd.stop(`mosaic-canary@${NAMES[n % 3]}.service`);
  },
  'kill the server': ({ host }) => {
    host.systemd.stop('mosaic-canary-tmux.service');
    host.tmux.end(SOCKET);
  },
  'edit a unit': ({ host }) => {
    if (host.files.read(UNIT) !== undefined) host.files.alter(UNIT, { content: `${host.files.read(UNIT)}Nice=5\n` });
  },
  'delete a unit': ({ host }) => host.files.uproot(UNIT),
  'delete a script': ({ host }) => host.files.uproot(SCRIPT),
  // Of an agent that every roster has: what is not in the manifest and cannot be read is left to a person.
  'delete launch data': ({ host }) => host.files.uproot(`${PLACES.home}/fleets/canary/launch/alpha`),
  hold: (watch, n) => watch.hold(NAMES[n % 3] ?? ''),
  'work on the fleet': (watch, n) => void (watch.locked = n % 4),
  'break a step': (watch, n) => void (watch.failAt = n + 1),
  'blind it': ({ host }) => void (host.silent = 'busctl'),
  'let it see': ({ host }) => void (host.silent = undefined),
  'end the watcher': (watch) => watch.restart(),
};

const happening = fc.record({
  what: fc.constantFrom(...Object.keys(mischief)),
  n: fc.nat(11),
  afterMs: fc.oneof(fc.nat(120), fc.nat(40_000)),
  isHeard: fc.boolean(),
});

interface Life {
  readonly supervisor: (typeof SUPERVISORS)[number];
  readonly story: readonly { what: string; n: number; afterMs: number; isHeard: boolean }[];
}

const life: fc.Arbitrary<Life> = fc.record({
  supervisor: fc.constantFrom(...SUPERVISORS),
  story: fc.array(happening, { minLength: 1, maxLength: 9 }),
});

async function live({ supervisor, story }: Life): Promise<SimulatedWatch> {
  const mine = fleets[supervisor];
  const watch = new SimulatedWatch(mine[0] ?? other);
  let atMs = watch.nowMs + 1000;
  const happenings = story.map(({ what, n, afterMs, isHeard }): Happening => {
    atMs += afterMs;
    return { atMs, isHeard, act: () => mischief[what]?.(watch, n, mine) };
  });
  await watch.run([...happenings, { atMs: atMs + 1, isHeard: false, act: () => (watch.host.silent = undefined) }]);
  return watch;
}

/** All that lasts but what is only remembered. */
function lasting({ host }: SimulatedWatch): string {
  host.files.uproot(`${PLACES.home}/state`);
  return host.state();
}

const left = ({ changes }: Plan): readonly string[] =>
  changes
    .filter(({ reason }) => reason !== 'not_in_manifest')
    .map(({ action, address, because }) => `${action} ${address}: ${because}`);

const ends = new Map<string, Promise<string>>();

/** The machine after one apply and nothing else; the same for every story that ends with this manifest. */
function oneApply({ lastGood, holds }: SimulatedWatch): Promise<string> {
  const key = JSON.stringify([lastGood, holds]);
  const end = ends.get(key) ?? applyOnce(lastGood, holds);
  ends.set(key, end);
  return end;
}

async function applyOnce(fleet: Fleet, holds: readonly string[]): Promise<string> {
  const calm = new SimulatedWatch(fleet);
  for (const name of holds) calm.hold(name);
  await calm.apply();
  return lasting(calm);
}

describe('whatever befalls a watched fleet, in any order', () => {
  it('ends as one apply of the last good manifest would, but for what only a person deletes (F92)', async () => {
    await fc.assert(
      fc.asyncProperty(life, async (one) => {
        const watch = await live(one);
        const { plan } = await watch.look();
        expect(left(plan)).toEqual([]);
        expect(plan.blocked).toEqual([]);
        await watch.apply();
        expect(lasting(watch)).toBe(await oneApply(watch));
      }),
      { seed: 20_261_123, numRuns: 2000, endOnFailure: true },
    );
  }, 600_000);
});
