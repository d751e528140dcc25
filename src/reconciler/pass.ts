import type { Conceal } from '../model/conceal.ts';
import type { Fleet } from '../model/fleet.ts';
import type { ReadPort } from '../model/host.ts';
import type { Activity, ActivityReport, HostFacts, Observed } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { Provider, Scope } from '../model/provider.ts';
import type { Desired } from '../model/resource.ts';
import { observeWith } from './observe.ts';
import { buildPlan } from './plan.ts';
import { agentsInQuestion, type Policy } from './policy.ts';

/** Everything a pass needs of the outside: who looks, through what, and the facts of this host. */
export interface Engine {
  readonly providers: readonly Provider[];
  readonly read: ReadPort;
  readonly hostFacts: (fleet: Fleet) => HostFacts;
  /** What these agents (all, when none is named) are doing; one that is not in the answer is `unknown`. */
  readonly activity: (fleet: Fleet, observed: Observed, agents?: readonly string[]) => Promise<Reports>;
  /** The tmux program. */
  readonly tmux: string;
  readonly signal?: AbortSignal;
}

type Reports = Readonly<Record<string, ActivityReport>>;

/** One look at the machine, and the plan that follows from it. */
export interface Look {
  readonly fleet: Fleet;
  readonly desired: readonly Desired[];
  readonly observed: Observed;
  /** Of the agents that were asked about. */
  readonly activity: Reports;
  /** What the plan was made under. */
  readonly policy: Policy;
  /** How the secrets of `observed` were concealed, where it came from a file. */
  readonly conceal?: Conceal;
  readonly plan: Plan;
}

/** Observes, then plans. Changes nothing: it holds no port that could. */
export async function look(engine: Engine, fleet: Fleet, policy: Policy): Promise<Look> {
  const quiet = await lookWithoutActivity(engine, fleet, policy);
  const asked = agentsInQuestion(quiet.plan, policy);
  return asked.length === 0 ? quiet : withActivity(quiet, await engine.activity(fleet, quiet.observed, asked));
}

/** The same, and what these agents (all, when none is named) are doing: for those who show it. */
export async function lookAtAgents(
  engine: Engine,
  fleet: Fleet,
  policy: Policy,
  agents?: readonly string[],
): Promise<Look> {
  return seeAgents(engine, await lookWithoutActivity(engine, fleet, policy), agents);
}

/** What was seen a moment ago, and what these agents (all, when none is named) are doing now. */
export const seeAgents = async (engine: Engine, seen: Look, agents?: readonly string[]): Promise<Look> =>
  withActivity(seen, await engine.activity(seen.fleet, seen.observed, agents));

async function lookWithoutActivity(engine: Engine, fleet: Fleet, policy: Policy): Promise<Look> {
  const host = engine.hostFacts(fleet);
  const desired = policy.destroy === true ? [] : wantedOf(engine.providers, fleet, host);
  const observed = await observeWith(
    engine.providers,
    engine.read,
    scopeOf(engine, { fleet, host, wanted: desired, facts: {} }),
  );
  const input = { fleet, desired, observed, policy, activity: {} };
  return { ...input, plan: buildPlan(input) };
}

function withActivity(seen: Look, activity: Reports): Look {
  const known = { ...seen, activity };
  return { ...known, plan: replan(known, seen.policy) };
}

/** What was seen before, here or on another machine. */
export type Seen = Omit<Look, 'desired' | 'plan'>;

/** The pass without its look: what `seen` means for a fleet. What is wanted follows from the facts of that host. */
export function recall(providers: readonly Provider[], seen: Seen): Look {
  const desired = wantedOf(providers, seen.fleet, seen.observed.host);
  return { ...seen, desired, plan: replan({ ...seen, desired }, seen.policy) };
}

/** What a fleet wants on the machine of these facts. */
export const wantedOf = (providers: readonly Provider[], fleet: Fleet, host: HostFacts): readonly Desired[] =>
  providers.flatMap((provider) => provider.desired(fleet, host));

/** What the same look means under another policy. */
export const replan = (seen: Omit<Look, 'plan'>, policy: Policy): Plan =>
  buildPlan({ ...seen, policy, activity: statesOf(seen.activity) });

/** What agents are doing, without why we believe it. */
export const statesOf = (
  reports: Readonly<Record<string, Pick<ActivityReport, 'state'>>>,
): Readonly<Record<string, Activity>> =>
  Object.fromEntries(Object.entries(reports).map(([name, { state }]) => [name, state]));

type ScopeParts = Pick<Scope, 'host' | 'wanted' | 'facts'> & { readonly fleet: Fleet };

/** What a provider is told of a pass. */
export const scopeOf = ({ signal }: Engine, { fleet, host, wanted, facts }: ScopeParts): Scope => ({
  fleet: fleet.name,
  supervisor: fleet.supervisor,
  host,
  wanted,
  facts,
  ...(signal === undefined ? {} : { signal }),
});
