import { errorOf, FleetError } from '../model/error.ts';
import type { ReadPort } from '../model/host.ts';
import type { Activity, Observed } from '../model/observed.ts';
import type { Change } from '../model/plan.ts';
import type { Provider, Scope } from '../model/provider.ts';
import { textOf } from '../model/resource.ts';
import { agentOf, agentsOf, kindOf, observationOf, providerOf } from './address.ts';
import { agentView, wasStarting } from './agent-state.ts';
import { observeWith } from './observe.ts';

/** What the second look goes through, and what the caller allows. */
export interface RecheckInput {
  readonly providers: readonly Provider[];
  readonly port: ReadPort;
  readonly scope: Scope;
  /** The server may end although sessions that are not ours live on it. */
  readonly withForeign: boolean;
  /** Of these agents, those that by now do something a restart for a new spec must not end, and what. */
  readonly atWork: (agents: readonly string[], observed: Observed) => Promise<Readonly<Record<string, Activity>>>;
  /** Looks at everything, not at what ends something alone. */
  readonly reviewed: boolean;
}

/** Why a change is not carried out: it is wrong by now, or it has to wait. */
export type Refusal =
  { readonly result: 'failed'; readonly error: Error } | { readonly result: 'skipped'; readonly because: string };

/**
 * Looks again right before something ends, and names the changes that are no longer right, and why. `done` are the
 * changes of the same run that went before: what they did is no surprise.
 */
export async function refusedNow(
  changes: readonly Change[],
  done: readonly Change[],
  input: RecheckInput,
): Promise<ReadonlyMap<Change, Refusal>> {
  const isChecked = input.reviewed ? isFirst : endsSomething;
  const checked = changes.filter((change) => isChecked(change) && !done.some((other) => explains(other, change)));
  if (checked.length === 0) return new Map();
  try {
    const observed = await lookAgain(input);
    const wrong = new Map(checked.flatMap((change) => failed(change, problem(change, observed, input))));
    const right = checked.filter((change) => !wrong.has(change));
    return new Map([...wrong, ...(await waiting(right, observed, input))]);
  } catch (error) {
    return new Map(checked.flatMap((change) => failed(change, errorOf(error))));
  }
}

/** The same for one change, in the middle of its phase: throws why it is not right by now. */
export async function requireRight(change: Change, done: readonly Change[], input: RecheckInput): Promise<void> {
  const refused = (await refusedNow([change], done, input)).get(change);
  if (refused?.result === 'failed') throw refused.error;
}

const failed = (change: Change, error: Error | undefined): readonly (readonly [Change, Refusal])[] =>
  error === undefined ? [] : [[change, { result: 'failed', error }]];

/** A new spec can wait for an agent that has begun to work since the plan was made. */
async function waiting(
  changes: readonly Change[],
  observed: Observed,
  { atWork }: RecheckInput,
): Promise<readonly (readonly [Change, Refusal])[]> {
  const restarts = changes.filter(({ action, reason }) => action === 'restart' && reason === 'spec_changed');
  if (restarts.length === 0) return [];
  const working = new Map(Object.entries(await atWork(agentsOf(restarts), observed)));
  const states = new Map([...working].map(([name, state]) => [`agent.${name}`, state]));
  return restarts.flatMap((change) => {
    const state = states.get(change.group);
    return state === undefined ? [] : [[change, { result: 'skipped', because: `it is ${state} by now` }] as const];
  });
}

const RUNS: ReadonlySet<string> = new Set(['session', 'server']);
const ENDS: ReadonlySet<string> = new Set(['restart', 'kill', 'fleet']);

const endsSomething = ({ address, disruption }: Change): boolean => RUNS.has(kindOf(address)) && ENDS.has(disruption);

/** A server that is started comes up with the first agent of the same run, too. */
const isFirst = ({ address, action }: Change): boolean => kindOf(address) !== 'server' || action !== 'start';

/** It was there before on the same address, or the server's end took everything with it. */
const explains = (other: Change, { address }: Change): boolean =>
  other.address === address || other.disruption === 'fleet';

/** What a process is told by: its session or server, and its unit. */
const WITNESSES: ReadonlySet<string> = new Set([providerOf('session.'), providerOf('run.')]);

const lookAgain = ({ providers, port, scope, reviewed }: RecheckInput): Promise<Observed> =>
  observeWith(
    providers.filter(({ name }) => reviewed || WITNESSES.has(name)),
    port,
    scope,
  );

function problem(change: Change, observed: Observed, { scope, withForeign }: RecheckInput): Error | undefined {
  if (change.disruption === 'fleet' && !withForeign) {
    const foreign = observed.facts['foreignSessions'];
    const names = Array.isArray(foreign) ? foreign.map(textOf).join(', ') : '';
    if (names !== '') return new FleetError('E_FOREIGN_SESSIONS', `sessions that are not ours live on it: ${names}`);
  }
  if (wasStarting(change.expected) || change.expected === fingerprintNow(change, observed, scope)) return undefined;
  return new FleetError('E_STEP_FAILED', 'it changed since the plan was made; plan again');
}

function fingerprintNow({ address, group }: Change, observed: Observed, { supervisor }: Scope): string {
  const name = kindOf(address) === 'session' ? agentOf(group) : undefined;
  if (name !== undefined) return agentView(observed, name, 'on-failure', supervisor).fingerprint;
  const seen = observationOf(observed, address);
  return seen.state === 'present' ? seen.fingerprint : seen.state;
}
