import fc from 'fast-check';
import type { Fleet } from '../../src/model/fleet.ts';
import { fleetOf, type Wishes } from '../support/simulated-fleet.ts';

export const NAMES = ['worker', 'worker-1', 'worker-10', 'scribe', 'tester'] as const;

const agent = fc.record(
  {
    command: fc.constantFrom(['/bin/cat'], ['/bin/cat', '-u'], ['sleep', '5; kill-server']),
    env: fc.constantFrom({}, { A: '1' }, { A: "it's", B: '%h $x' }),
    labels: fc.constantFrom({}, { role: 'x' }),
    description: fc.constantFrom('', 'does things'),
    workingDirectory: fc.constantFrom('~', '~/src'),
    state: fc.constantFrom('running', 'running', 'running', 'stopped'),
    restart: fc.record({ policy: fc.constantFrom('always', 'on-failure', 'never') }),
    stop: fc.constantFrom({ timeout: '15s' }, { timeout: '1s' }),
    limits: fc.constantFrom({}, { memoryMax: '1G' }, { tasksMax: 9 }),
    updatePolicy: fc.constantFrom('when-idle', 'immediate', 'manual'),
    protect: fc.constantFrom(false, false, false, false, true),
  },
  { requiredKeys: ['command'] },
);

const tmux = fc.record(
  {
    socket: fc.constantFrom('sim', 'sim', 'sim', 'sim-2'),
    historyLimit: fc.constantFrom(20_000, 500),
    size: fc.constantFrom('200x50', '80x24'),
    options: fc.constantFrom({}, { mouse: 'on' }, { prefix: 'C-a', status: 'off' }),
  },
  { requiredKeys: [] },
);

const supervisor = fc.constantFrom('systemd' as const, 'systemd' as const, 'tmux' as const);

const wishes: fc.Arbitrary<Wishes> = fc.record({
  supervisor,
  tmux,
  agents: fc.dictionary(fc.constantFrom(...NAMES), agent, { maxKeys: 4 }),
});

/** Two manifests of one fleet: what was applied, if anything, and what is wanted now. */
export interface Manifests {
  readonly before: Wishes | undefined;
  readonly wanted: Wishes;
}

const fates = fc.array(fc.constantFrom('same', 'same', 'same', 'new', 'gone'), { minLength: 6, maxLength: 6 });

/** Any two manifests; most of their fields and agents are the same, as they are in life. */
export const anyManifests: fc.Arbitrary<Manifests> = fc
  .tuple(fc.option(wishes, { freq: 6 }), wishes, fates)
  .map(([before, next, [whole, ...each]]) => {
    if (before === null) return { before: undefined, wanted: next };
    const agents = NAMES.flatMap((name, at) => {
      const fields = each[at] === 'new' ? next.agents[name] : before.agents[name];
      return fields === undefined || each[at] === 'gone' ? [] : [[name, fields] as const];
    });
    return { before, wanted: { ...(whole === 'new' ? next : before), agents: Object.fromEntries(agents) } };
  });

const known = new Map<string, Fleet>();

/** The fleet of such a manifest; the same manifest gives the same fleet. */
export function fleetFrom(wanted: Wishes): Fleet {
  const key = JSON.stringify(wanted);
  const fleet = known.get(key) ?? fleetOf(fitting(wanted));
  if (known.size > 10_000) known.clear();
  known.set(key, fleet);
  return fleet;
}

/** Limits need systemd. */
function fitting(wanted: Wishes): Wishes {
  if (wanted.supervisor === 'systemd') return wanted;
  const agents = Object.entries(wanted.agents).map(([name, fields]) => [name, { ...fields, limits: undefined }]);
  return { ...wanted, agents: Object.fromEntries(agents) };
}
