import type { Fleet } from '../model/fleet.ts';
import type { ReadPort, WritePort } from '../model/host.ts';
import type { Activity, HostFacts, Observed } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import type { Provider, Scope } from '../model/provider.ts';
import type { Desired } from '../model/resource.ts';
import { execute, type Listener, type Step } from './execute.ts';
import { observeWith } from './observe.ts';
import { buildPlan } from './plan.ts';
import type { Policy } from './policy.ts';

/** Everything a pass needs of the outside: who looks, through what, and the facts of this host. */
export interface Engine {
  readonly providers: readonly Provider[];
  readonly read: ReadPort;
  readonly hostFacts: (fleet: Fleet) => HostFacts;
  /** What the agents are doing, as far as evidence tells; an agent that is not named is `unknown`. */
  readonly activity: (observed: Observed) => Promise<Readonly<Record<string, Activity>>>;
  /** The tmux program. */
  readonly tmux: string;
  readonly signal?: AbortSignal;
}

/** One look at the machine, and the plan that follows from it. */
export interface Look {
  readonly fleet: Fleet;
  readonly desired: readonly Desired[];
  readonly observed: Observed;
  readonly activity: Readonly<Record<string, Activity>>;
  /** What the plan was made under. */
  readonly policy: Policy;
  readonly plan: Plan;
}

/** Observes, then plans. Changes nothing: it holds no port that could. */
export async function look(engine: Engine, fleet: Fleet, policy: Policy): Promise<Look> {
  const host = engine.hostFacts(fleet);
  const desired = policy.destroy === true ? [] : engine.providers.flatMap((provider) => provider.desired(fleet, host));
  const observed = await observeWith(
    engine.providers,
    engine.read,
    scopeOf(engine, { fleet, host, wanted: desired, facts: {} }),
  );
  const activity = await engine.activity(observed);
  return {
    fleet,
    desired,
    observed,
    policy,
    activity,
    plan: buildPlan({ fleet, desired, observed, policy, activity }),
  };
}

/** What the same look means under another policy. */
export const replan = (seen: Look, policy: Policy): Plan => buildPlan({ ...seen, policy });

/** Carries out a plan that was just made from `before`, and looks again. */
export async function act(
  engine: Engine,
  before: Look,
  port: WritePort,
  listener: Listener,
): Promise<{ readonly steps: readonly Step[] }> {
  const { fleet, observed, desired, plan, policy } = before;
  const scope = scopeOf(engine, { fleet, host: observed.host, wanted: desired, facts: observed.facts });
  return {
    steps: await execute({
      plan,
      providers: engine.providers,
      port,
      scope,
      ...listener,
      withForeign: policy.withForeign === true,
    }),
  };
}

type ScopeParts = Pick<Scope, 'host' | 'wanted' | 'facts'> & { readonly fleet: Fleet };

const scopeOf = ({ signal }: Engine, { fleet, host, wanted, facts }: ScopeParts): Scope => ({
  fleet: fleet.name,
  supervisor: fleet.supervisor,
  host,
  wanted,
  facts,
  ...(signal === undefined ? {} : { signal }),
});
