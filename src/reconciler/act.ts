import type { Agent } from '../model/fleet.ts';
import type { WritePort } from '../model/host.ts';
import type { Activity, Observed } from '../model/observed.ts';
import { execute, type Listener, type Step } from './execute.ts';
import { scopeOf, type Engine, type Look } from './pass.ts';
import { mayRestart } from './policy.ts';

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
      atWork: (agents, now) => agentsAtWork(engine, before, agents, now),
      reviewed: policy.reviewed === true,
    }),
  };
}

/** The same question as the plan's, about this moment. */
async function agentsAtWork(
  engine: Engine,
  { fleet, policy }: Look,
  names: readonly string[],
  now: Observed,
): Promise<Readonly<Record<string, Activity>>> {
  const mustWait = (agent: Agent, activity: Activity): boolean =>
    mayRestart(policy, agent.updatePolicy, activity) === 'defer';
  const asked = fleet.agents.filter((agent) => names.includes(agent.name) && mustWait(agent, 'busy'));
  if (asked.length === 0) return {};
  const reports = await engine.activity(
    fleet,
    now,
    asked.map(({ name }) => name),
  );
  const states = asked.map((agent) => ({ agent, state: reports[agent.name]?.state ?? 'unknown' }));
  return Object.fromEntries(
    states.filter(({ agent, state }) => mustWait(agent, state)).map(({ agent, state }) => [agent.name, state]),
  );
}
