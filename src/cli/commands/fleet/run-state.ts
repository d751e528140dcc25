import { FleetError } from '../../../model/error.ts';
import type { Agent, Fleet } from '../../../model/fleet.ts';
import type { WritePort } from '../../../model/host.ts';
import type { AgentName } from '../../../model/names.ts';
import type { Hold, Plan } from '../../../model/plan.ts';
import { systemClock } from '../../../host/clock.ts';
import { holdPath } from '../../../providers/files/client.ts';
import type { Look } from '../../../reconciler/pass.ts';
import { APPLY } from '../../../reconciler/policy.ts';
import { readHolds } from '../../facts.ts';
import { confirmPlan, refuseWhole } from '../../confirm.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { loadFleet } from '../../load-fleet.ts';
import { mutate, type Mutation } from '../../mutate.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { interruptSignal } from '../../signals.ts';
import { summaryLine } from '../../view/plan-text.ts';
import { reportResult } from '../../view/result.ts';
import { requireAgents } from './apply.ts';

export type Verb = 'start' | 'stop' | 'restart';

/** Changes the wanted run state of the named agents (all, when none is named) and reconciles exactly those. */
export async function run(verb: Verb, names: readonly string[], options: CommonOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const { fleet, conditions } =
    verb === 'stop'
      ? await loadFleetOrInstalled(options, place, output)
      : { ...(await loadFleet(options, place)), conditions: [] };
  requireAgents(fleet, names);
  const agents = fleet.agents.filter(({ name }) => names.length === 0 || names.includes(name));
  refuseByState(verb, agents, { fleet, place });
  const chosen = agents.map(({ name }) => name);
  const intents = verb === 'stop' ? {} : Object.fromEntries(chosen.map((name) => [name, verb]));
  const mutation: Mutation = {
    command: [`fleet ${verb}`, ...names].join(' '),
    fleet,
    policy: { ...APPLY, only: chosen, intents },
    holds: (holds) => heldAfter(verb, chosen, holds),
    confirm: async (plan) => {
      refuseWhole(plan);
      refuseProtected(plan);
      // Naming an agent is the confirmation; "all of them" is asked for.
      if (names.length > 0) return;
      output.note(summaryLine(plan));
      await confirmPlan(plan, options, output);
    },
    // What is installed cannot be told apart from what a broken manifest wants: only the processes are touched.
    ...(conditions.length === 0 ? {} : { adjust: runStateOnly }),
    prepare: (port, plan) => {
      // A hold on an agent that cannot be stopped now would stop it behind somebody's back at the next apply.
      const free = chosen.filter((name) => plan.blocked.every(({ group }) => group !== `agent.${name}`));
      writeHolds(verb, free, { fleet, place, port });
    },
  };
  const result = await mutate(place, openEngine(place, interruptSignal()), mutation, { options, output });
  reportResult(result, output);
  return result.exit;
}

const runStateOnly = (look: Look): Look => ({
  ...look,
  plan: { ...look.plan, changes: look.plan.changes.filter(({ address }) => /^(session|link)\./.test(address)) },
});

interface Where {
  readonly fleet: Fleet;
  readonly place: Place;
}

function refuseByState(verb: Verb, agents: readonly Agent[], { fleet, place }: Where): void {
  if (verb === 'stop') return;
  const stopped = agents.find(({ state }) => state === 'stopped');
  if (stopped !== undefined) {
    throw new FleetError('E_STATE', `the manifest says that ${stopped.name} is stopped`, {
      hint: 'Set `state: running` for it, then mosaic fleet apply.',
    });
  }
  const held = readHolds(place.read.files, place.home, fleet.name).find(({ agent }) =>
    agents.some(({ name }) => name === agent),
  );
  if (verb === 'restart' && held !== undefined) {
    throw new FleetError('E_STATE', `${held.agent} is held by stop`, { hint: `mosaic fleet start ${held.agent}` });
  }
}

function heldAfter(verb: Verb, chosen: readonly string[], holds: readonly Hold[]): readonly Hold[] {
  const others = holds.filter(({ agent }) => !chosen.includes(agent));
  if (verb === 'restart') return holds;
  return verb === 'start'
    ? others
    : [...others, ...chosen.map((agent) => ({ agent, by: '' }))].toSorted((a, b) => (a.agent < b.agent ? -1 : 1));
}

function writeHolds(
  verb: Verb,
  chosen: readonly AgentName[],
  { fleet, place, port }: Where & { port: WritePort },
): void {
  if (verb === 'restart') return;
  for (const name of chosen) {
    const path = holdPath(place.home, fleet.name, name);
    if (verb === 'start') {
      port.writer.remove(path);
      continue;
    }
    port.writer.makeDirectory(path.slice(0, path.lastIndexOf('/')), 0o700);
    port.writer.write(path, `by=user ${place.identity.user} at=${systemClock.nowMs()}\n`, 0o600);
  }
}

function refuseProtected(plan: Plan): void {
  const found = plan.blocked.find(({ reason }) => reason === 'protected');
  if (found !== undefined) throw new FleetError('E_PROTECTED', found.message, { hint: found.hint });
}
