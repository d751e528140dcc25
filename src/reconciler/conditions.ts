import type { Condition } from '../model/plan.ts';
import { textOf } from '../model/resource.ts';
import { agentView } from './agent-state.ts';
import { compareText } from './diff.ts';
import type { PlanInput } from './plan.ts';

/** What a user should know beside the changes: none of it makes a plan non-empty. */
export function conditionsOf(input: PlanInput): readonly Condition[] {
  return [...lingerCondition(input), ...restartPending(input), ...otherFleets(input), ...overrides(input)];
}

function lingerCondition({ observed, fleet }: PlanInput): readonly Condition[] {
  if (fleet.supervisor !== 'systemd' || observed.host.linger !== false) return [];
  const { name } = observed.host.user;
  return [
    {
      type: 'Linger',
      status: 'False',
      reason: 'NotEnabled',
      message: `the agents end when ${name} logs out and do not start at boot; to change that: loginctl enable-linger ${name}`,
    },
  ];
}

/** Our own launcher, its unit template, the history limit or the size changed: new at each agent's next start. */
function restartPending({ observed, fleet, desired }: PlanInput): readonly Condition[] {
  const waiting = fleet.agents.filter((agent) => {
    const view = agentView(observed, agent.name, agent.restart.policy, fleet.supervisor);
    const wanted = desired.find(({ address }) => address === `session.${agent.name}`)?.spec['launcher'];
    return view.state === 'running' && view.launcher !== undefined && view.launcher !== wanted;
  });
  if (waiting.length === 0) return [];
  const names = waiting
    .map(({ name }) => name)
    .toSorted(compareText)
    .join(', ');
  return [
    {
      type: 'RestartPending',
      status: 'True',
      reason: 'NextStart',
      message: `${names}: the new launcher, history limit or size is taken at the next start`,
    },
  ];
}

function otherFleets({ observed }: PlanInput): readonly Condition[] {
  return Object.entries(observed.host.otherFleets)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([name, agents]) => ({
      type: 'OtherFleet',
      status: 'True' as const,
      reason: 'SameHome',
      message: `this home still holds fleet ${name} (${agents} ${agents === 1 ? 'agent' : 'agents'}): mosaic fleet destroy --fleet ${name}`,
    }));
}

/** A user's own drop-ins beside ours are kept; a user should know that they are in force. */
function overrides({ observed }: PlanInput): readonly Condition[] {
  const names = observed.facts['overrides'];
  if (!Array.isArray(names) || names.length === 0) return [];
  const message = `kept, and in force beside mosaic's own settings: ${names.map(textOf).toSorted().join(', ')}`;
  return [{ type: 'Override', status: 'True', reason: 'UserDropIn', message }];
}
