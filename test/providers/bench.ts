import type { Fleet } from '../../src/model/fleet.ts';
import type { ReadPort, WritePort } from '../../src/model/host.ts';
import type { HostFacts } from '../../src/model/observed.ts';
import type { Change, Phase } from '../../src/model/plan.ts';
import type { Outcome, Provider, Scope } from '../../src/model/provider.ts';
import type { Address, Observation, ProviderObservation } from '../../src/model/resource.ts';
import { act } from '../../src/reconciler/act.ts';
import { look, type Engine, type Look } from '../../src/reconciler/pass.ts';
import { APPLY } from '../../src/reconciler/policy.ts';
import { watched, type Fault } from '../support/simulated-faults.ts';

/** A value, now or later. */
export type Awaitable<T> = T | Promise<T>;

/** A provider on a machine of its own, and the mischief that this machine can be made to do. */
export interface ProviderCase {
  readonly provider: Provider;
  /** A fleet that wants `example` and `other`, and one that wants `other` alone. */
  readonly fleet: Fleet;
  readonly smaller: Fleet;
  readonly host: HostFacts;
  readonly port: WritePort;
  readonly example: Address;
  readonly other: Address;
  /** The phase in which a person could ask this provider to put `example` there, and to take it away. */
  readonly phases: { readonly create: Phase; readonly delete: Phase };
  /** Puts something of somebody else where `example` belongs. */
  readonly plantForeign: () => Awaitable<void>;
  /** Changes a thing of ours by hand, so that a plan has to put it right. */
  readonly damage: () => Awaitable<void>;
  /** Makes a look at `example`, and at nothing else, fail; only where a provider looks at things one by one. */
  readonly breakLook: (() => Awaitable<void>) | undefined;
  /** No outside call ends any more; only where there are any. */
  readonly silence: (() => Awaitable<void>) | undefined;
  /** Everything that lasts on the machine, as text. */
  readonly state: () => Awaitable<string>;
  readonly close?: () => Awaitable<void>;
}

/** A machine that is made no mischief with. */
export const CALM: Pick<ProviderCase, 'plantForeign' | 'damage' | 'breakLook' | 'silence'> = {
  plantForeign: () => {},
  damage: () => {},
  breakLook: undefined,
  silence: undefined,
};

/** What goes before an apply; gives the fleet that is then wanted. */
export type Story = (bench: Bench) => Promise<Fleet>;

/** A pass converges in this many rounds at most once the faults are over. */
const ROUNDS = 2;

/** One life of a machine: the story, one apply with or without a fault, then applies until nothing is left to do. */
export async function history(
  makeCase: () => Awaitable<ProviderCase>,
  story: Story,
  fault?: Fault,
): Promise<{ acts: number; state: string; plan: unknown }> {
  const given = await makeCase();
  try {
    const at = bench(given);
    const fleet = await story(at);
    const port = watched(given.port, fault);
    await at.applyThrough(port, fleet);
    for (let round = 0; round < ROUNDS; round += 1) await at.apply(fleet);
    const { changes, blocked } = await at.plan(fleet);
    return { acts: port.acts.length, state: await given.state(), plan: { changes, blocked } };
  } finally {
    await given.close?.();
  }
}

/** A provider on its machine, with a pass to run and ways around it. */
export interface Bench {
  readonly given: ProviderCase;
  readonly look: (fleet?: Fleet) => Promise<Look>;
  readonly plan: (fleet?: Fleet) => Promise<Look['plan']>;
  readonly observe: (port?: ReadPort) => Promise<ProviderObservation>;
  /** One pass; gives what could not be done. */
  readonly apply: (fleet?: Fleet) => Promise<readonly unknown[]>;
  readonly applyThrough: (port: WritePort, fleet: Fleet) => Promise<readonly unknown[]>;
  /** Hands changes straight to the provider, with no plan in between. */
  readonly applyAll: (seen: Look, changes?: readonly Change[]) => Promise<readonly Outcome[]>;
  /** A change that no plan would hold. */
  readonly order: (seen: Look, action: 'create' | 'delete') => Change;
}

/** Puts a provider to work through the same pass that the command line runs. */
export function bench(given: ProviderCase): Bench {
  const { provider, host, port } = given;
  const engine: Engine = {
    providers: provider.name === 'tmux' ? [launchOf(given.fleet), provider] : [provider],
    read: port,
    hostFacts: () => host,
    activity: () => Promise.resolve({}),
    tmux: host.programs.tmux,
  };
  const see = (fleet = given.fleet): Promise<Look> => look(engine, fleet, APPLY);
  const scope = ({ fleet, desired, observed }: Look): Scope => ({
    fleet: fleet.name,
    supervisor: fleet.supervisor,
    host,
    wanted: desired,
    facts: observed.facts,
  });
  const applyThrough = async (through: WritePort, fleet: Fleet): Promise<readonly unknown[]> => {
    const { steps } = await act(engine, await see(fleet), through, { onStep: () => undefined });
    return steps.filter(({ result }) => result !== 'done').map((step) => ({ ...step, change: step.change.address }));
  };
  const applyAll: Bench['applyAll'] = async (seen, changes = seen.plan.changes) => {
    const phases = [...new Set(changes.map(({ phase }) => phase))];
    const outcomes: Outcome[] = [];
    for (const phase of phases) {
      const batch = changes.filter((change) => change.phase === phase);
      outcomes.push(...(await provider.apply(port, batch, scope(seen))));
    }
    return outcomes;
  };
  return {
    given,
    look: see,
    plan: async (fleet) => (await see(fleet)).plan,
    observe: async (through = port) => provider.observe(through, scope(await see())),
    apply: (fleet = given.fleet) => applyThrough(port, fleet),
    applyThrough,
    applyAll,
    order: (seen, action) => orderFor(given, seen, action),
  };
}

/** Launch data that is there and in order: without it no running agent is ended. */
const launchOf = ({ agents }: Fleet): Provider => {
  const addresses = agents.map(({ name }) => `launch.${name}`);
  return {
    name: 'files',
    desired: () =>
      addresses.map((address) => ({
        address,
        group: address.replace('launch.', 'agent.'),
        provider: 'files',
        spec: {},
      })),
    observe: () => {
      const items = addresses.map((address): [Address, Observation] => [
        address,
        { state: 'present', owner: 'fleet', spec: {}, fingerprint: 'seen' },
      ]);
      return Promise.resolve({ items: Object.fromEntries(items), complete: true, errors: [], facts: {} });
    },
    apply: (_, changes) => Promise.resolve(changes.map(({ address }) => ({ address, done: true }))),
  };
};

function orderFor({ provider, example, phases }: ProviderCase, { desired }: Look, action: 'create' | 'delete'): Change {
  const wanted = desired.find(({ address }) => address === example);
  if (wanted === undefined) throw new Error(`the fleet does not want ${example}`);
  return {
    address: example,
    group: wanted.group,
    action,
    reason: action === 'create' ? 'missing' : 'not_in_manifest',
    disruption: 'none',
    phase: phases[action],
    provider: provider.name,
    patch: [],
    because: 'the test says so',
    expected: 'absent',
    ...(action === 'create' ? { desired: wanted } : {}),
  };
}
