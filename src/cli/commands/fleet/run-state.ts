import { basename, dirname } from 'node:path';
import { FleetError } from '../../../model/error.ts';
import type { Agent, Fleet } from '../../../model/fleet.ts';
import type { WritePort } from '../../../model/host.ts';
import type { AgentName } from '../../../model/names.ts';
import type { Hold, Plan } from '../../../model/plan.ts';
import { systemClock } from '../../../host/clock.ts';
import { holdPath, recordDirectory } from '../../../providers/files/client.ts';
import type { Look } from '../../../reconciler/pass.ts';
import { APPLY } from '../../../reconciler/policy.ts';
import { installedServer, readHolds } from '../../facts.ts';
import { confirmPlan, refuseWhole } from '../../confirm.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { loadFleetOrAround, loadFleetOrInstalled, standingFleet } from '../../installed.ts';
import { loadFleet, manifestOf, requireManifestFile } from '../../load-fleet.ts';
import { mutate, type Mutation } from '../../mutate.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import { interruptSignal } from '../../signals.ts';
import { planText } from '../../view/plan-text.ts';
import { reportResult } from '../../view/result.ts';
import { requireAgents } from '../../agent-names.ts';

export type Verb = 'start' | 'stop' | 'restart' | 'reset';

/** Changes the wanted run state of the named agents (all, when none is named) and reconciles exactly those. */
export async function run(verb: Verb, names: readonly string[], options: CommonOptions): Promise<number> {
  const output = createOutput(options);
  requireManifestFile(options);
  const place = await openPlace(options);
  const { fleet, isManifest } = await fleetToChange(verb, names, options, { place, output });
  requireAgents(fleet, names);
  requireInstalled(verb, { fleet, place });
  const agents = chooseAgents(verb, names, { fleet, place, output });
  const chosen = agents.map(({ name }) => name);
  const intents = verb === 'stop' ? {} : Object.fromEntries(chosen.map((name) => [name, verb]));
  const adjust = verb === 'stop' ? endingsOnly : isManifest ? unchanged : processesOnly;
  let hindered: Plan['blocked'] = [];
  const mutation: Mutation = {
    command: [`${verb === 'reset' ? 'agent' : 'fleet'} ${verb}`, ...names].join(' '),
    fleet,
    policy: { ...APPLY, only: chosen, intents },
    holds: (holds) => heldAfter(verb, chosen, holds),
    confirm: async (plan) => {
      refuseWhole(plan);
      refuseProtected(plan);
      // Naming an agent is the confirmation; "all of them" is asked for.
      if (names.length > 0) return tellTakenOver(plan, output);
      const manifest = basename(manifestOf(options, place));
      // What stop would hold is not held yet: the question comes first.
      const asked = { ...plan, holds: plan.holds.filter(({ by }) => by !== TO_BE_HELD) };
      const wish = verb === 'stop' ? `To be held by stop: ${chosen.join(', ')}\n` : '';
      output.note(`${wish}${planText(asked, { manifest, verbose: false }).trimEnd()}`);
      await confirmPlan(plan, options, output);
    },
    adjust,
    // The wish is gone by then: without this, nothing would be left of an agent that could not follow it.
    afterwards: (look) => withBlocked(adjust(look), hindered),
    prepare: (port, plan) => {
      // A hold on an agent that cannot be stopped now would stop it behind somebody's back at the next apply.
      hindered = plan.blocked.filter(({ group }) => chosen.some((name) => group === `agent.${name}`));
      const free = chosen.filter((name) => hindered.every(({ group }) => group !== `agent.${name}`));
      writeHolds(verb, free, { fleet, place, port });
      if (verb === 'reset') askForFresh(free, { fleet, place, port });
    },
    takeBack: (port, steps) => {
      if (verb !== 'reset') return;
      const done = new Set(steps.flatMap(({ change, result }) => (result === 'done' ? change.address : [])));
      for (const name of chosen)
        if (!done.has(`session.${name}`)) port.writer.remove(freshPath({ fleet, place }, name));
    },
  };
  const result = await mutate(place, openEngine(place, interruptSignal()), mutation, { options, output });
  reportResult(result, { output, whole: isManifest, told: names.length > 0 ? undefined : result.before.plan });
  return result.exit;
}

/** Whoever names an agent sees no plan; that it comes back as something else is said all the same. */
function tellTakenOver({ changes }: Plan, output: Output): void {
  for (const { address, action, because } of changes) {
    const [, name] = /^launch\.(.+)$/.exec(address) ?? [];
    if (name !== undefined && action === 'update')
      output.note(`${name}: ${because}; it starts as the manifest says now`);
  }
}

const unchanged = (look: Look): Look => look;

const withBlocked = (look: Look, blocked: Plan['blocked']): Look => {
  const told = new Set(look.plan.blocked.map(({ group }) => group));
  return {
    ...look,
    plan: { ...look.plan, blocked: [...look.plan.blocked, ...blocked.filter(({ group }) => !told.has(group))] },
  };
};

/** A stop ends processes and takes enable links away. It installs, changes and starts nothing. */
const endingsOnly = (look: Look): Look => ({
  ...look,
  plan: {
    ...look.plan,
    changes: look.plan.changes.filter(
      ({ address, action, group }) =>
        group !== 'fleet' && /^(session|link)\./.test(address) && ['stop', 'delete'].includes(action),
    ),
  },
});

/** Without its manifest an agent is started as it is installed. */
const processesOnly = (look: Look): Look => ({
  ...look,
  plan: {
    ...look.plan,
    changes: look.plan.changes.filter(({ address, group }) => group !== 'fleet' && address.startsWith('session.')),
  },
});

interface FleetToChange {
  readonly fleet: Fleet;
  /** False where something installed stands in for the manifest, or beside it. */
  readonly isManifest: boolean;
}

async function fleetToChange(
  verb: Verb,
  names: readonly string[],
  options: CommonOptions,
  io: { place: Place; output: Output },
): Promise<FleetToChange> {
  if (verb === 'stop') return fleetToStop(names, options, io);
  if (verb !== 'reset') return { fleet: (await loadFleet(options, io.place)).fleet, isManifest: true };
  // What is installed does not tell who is to be stopped: a manifest that is broken is not gone by.
  const { fleet, conditions } = await loadFleetOrAround(options, io.place);
  return { fleet, isManifest: conditions.length === 0 };
}

/** The manifest's fleet and the named agents that are installed, too: one that left the manifest may still run. */
async function fleetToStop(
  names: readonly string[],
  options: CommonOptions,
  { place, output }: { place: Place; output: Output },
): Promise<FleetToChange> {
  const { fleet, conditions } = await loadFleetOrInstalled(options, place, output);
  if (conditions.length > 0) return { fleet, isManifest: false };
  const known = new Set<string>(fleet.agents.map(({ name }) => name));
  const isInstalled = installedServer(place.read.files, place.home, fleet.name) !== undefined;
  const installed = isInstalled ? standingFleet(place, fleet.name).agents : [];
  const orphans = installed.filter(({ name }) => !known.has(name) && (names.length === 0 || names.includes(name)));
  return { fleet: { ...fleet, agents: [...fleet.agents, ...orphans] }, isManifest: orphans.length === 0 };
}

/** The named agents, or else every agent that the verb is possible for; who is left out is said. */
function chooseAgents(
  verb: Verb,
  names: readonly string[],
  { fleet, place, output }: Where & { output: Output },
): readonly Agent[] {
  if (names.length > 0) {
    const named = fleet.agents.filter(({ name }) => names.includes(name));
    for (const agent of named) throwIfAny(refusal(verb, agent, { fleet, place }));
    return named;
  }
  const refused = fleet.agents.flatMap((agent) => refusal(verb, agent, { fleet, place }) ?? []);
  const free = fleet.agents.filter((agent) => refusal(verb, agent, { fleet, place }) === undefined);
  if (free.length === 0) throwIfAny(refused[0]);
  for (const { message } of refused) output.note(`left out: ${message}`);
  return free;
}

function throwIfAny(error: FleetError | undefined): void {
  if (error !== undefined) throw error;
}

interface Where {
  readonly fleet: Fleet;
  readonly place: Place;
}

/** Of a fleet that is not there nothing can come back: to bring it up is another decision. */
function requireInstalled(verb: Verb, { fleet, place }: Where): void {
  if (verb !== 'restart' && verb !== 'reset') return;
  if (installedServer(place.read.files, place.home, fleet.name) !== undefined) return;
  throw new FleetError('E_STATE', `fleet ${fleet.name} is not installed: there is nothing to ${verb}`, {
    hint: 'Bring it up with mosaic fleet apply.',
  });
}

function refusal(verb: Verb, { name, state }: Agent, { fleet, place }: Where): FleetError | undefined {
  if (verb === 'stop') return undefined;
  if (state === 'stopped') {
    return new FleetError('E_STATE', `the manifest says that ${name} is stopped`, {
      hint: 'Set `state: running` for it, then mosaic fleet apply.',
    });
  }
  const isHeld = readHolds(place.read.files, place.home, fleet.name).some(({ agent }) => agent === name);
  return verb !== 'start' && isHeld
    ? new FleetError('E_STATE', `${name} is held by stop`, { hint: `mosaic fleet start ${name}` })
    : undefined;
}

/** Of a hold that is not written yet. */
const TO_BE_HELD = '';

function heldAfter(verb: Verb, chosen: readonly string[], holds: readonly Hold[]): readonly Hold[] {
  const others = holds.filter(({ agent }) => !chosen.includes(agent));
  if (verb === 'restart' || verb === 'reset') return holds;
  return verb === 'start'
    ? others
    : [...others, ...chosen.map((agent) => ({ agent, by: TO_BE_HELD }))].toSorted((a, b) =>
        a.agent < b.agent ? -1 : 1,
      );
}

function writeHolds(
  verb: Verb,
  chosen: readonly AgentName[],
  { fleet, place, port }: Where & { port: WritePort },
): void {
  if (verb === 'restart' || verb === 'reset') return;
  for (const name of chosen) {
    const path = holdPath(place.home, fleet.name, name);
    if (verb === 'start') {
      port.writer.remove(path);
      continue;
    }
    port.writer.makeDirectory(dirname(path), 0o700);
    port.writer.write(path, `by=user ${place.identity.user} at=${systemClock.nowMs()}\n`, 0o600);
  }
}

/** The helper starts `command` and not `resume` where it finds this, and takes it away. */
const freshPath = ({ fleet, place }: Where, name: AgentName): string =>
  `${recordDirectory(place.home, fleet.name, name)}/fresh`;

function askForFresh(chosen: readonly AgentName[], { port, ...where }: Where & { port: WritePort }): void {
  for (const name of chosen) {
    const path = freshPath(where, name);
    port.writer.makeDirectory(dirname(path), 0o700);
    port.writer.write(path, '', 0o600);
  }
}

function refuseProtected(plan: Plan): void {
  const found = plan.blocked.find(({ reason }) => reason === 'protected');
  if (found !== undefined) throw new FleetError('E_PROTECTED', found.message, { hint: found.hint });
}
