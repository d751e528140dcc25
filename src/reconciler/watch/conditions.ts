import { counted } from '../../model/counted.ts';
import type { Agent } from '../../model/fleet.ts';
import type { Condition } from '../../model/plan.ts';
import { groupTitle, type Group } from '../../model/resource.ts';
import type { Look } from '../pass.ts';
import type { AgentStatus, FleetStatus } from '../status.ts';
import type { StampedCondition, Trouble, WatchConditions } from './memory.ts';
import type { Queue } from './queue.ts';
import { flaps, type Flapping, type StartsByAgent } from './starts.ts';

/** What the conditions of a pass are made of. */
export interface Findings {
  readonly seen: Look;
  readonly status: FleetStatus;
  /** What is to be said of the manifest where it is taken all the same. */
  readonly manifest: readonly Condition[];
  readonly queue: Queue;
  readonly starts: StartsByAgent;
  /** Agents that are past their start limit, and why. */
  readonly crashed: ReadonlyMap<string, string>;
  readonly before: WatchConditions;
  readonly nowMs: number;
}

/** Everything that holds now, without times. */
export function conditionsNow(findings: Findings): { fleet: readonly Condition[]; agents: AgentConditions } {
  const { status, manifest, seen } = findings;
  const declared = new Map<string, Agent>(seen.fleet.agents.map((agent) => [agent.name, agent]));
  const agents = Object.fromEntries(
    status.agents.map((agent) => [agent.name, agentConditions(agent, declared.get(agent.name), findings)]),
  );
  const [ready, others] = [status.conditions.slice(0, 1), status.conditions.slice(1)];
  return { fleet: [...ready.map(steady(agents)), ...progress(findings), ...manifest, ...others], agents };
}

/** Between two crashes all is as the manifest says, and nothing is well. */
export const steady =
  (agents: AgentConditions) =>
  (ready: Condition): Condition => {
    const unsteady = Object.keys(agents).filter((name) => agents[name]?.some(isUnsteady));
    if (ready.status !== 'True' || unsteady.length === 0) return ready;
    const message = `${few(unsteady, ', ')}: ended by itself again and again`;
    return { ...ready, status: 'False', reason: UNSTEADY, message };
  };

/** Why what is as the manifest says is not ready all the same. */
export const UNSTEADY = 'Unsteady';

const isUnsteady = ({ type }: Condition): boolean => type === 'CrashLoop' || type === 'Flapping';

export type AgentConditions = Readonly<Record<string, readonly Condition[]>>;

/** After so many failures in a row of the same thing, it is not only slow. */
const STALLED = 3;

/** Is something being brought about, or does it fail again and again? */
function progress({ queue, seen }: Findings): readonly Condition[] {
  const failing = Object.entries(queue).filter(([, { failures }]) => failures > 0);
  const stuck = failing.filter(([, { failures }]) => failures >= STALLED);
  const starting = seen.plan.deferred
    .filter(({ reason }) => reason === 'starting')
    .map(({ group }) => groupTitle(group));
  return [
    ...(stuck.length > 0 ? [isSo('Stalled', 'KeepsFailing', retryText(stuck))] : []),
    ...(failing.length > stuck.length ? [isSo('Reconciling', 'Retrying', retryText(failing))] : []),
    ...(starting.length > 0 && failing.length === 0
      ? [isSo('Reconciling', 'Starting', `${few(starting, ', ')}: being started`)]
      : []),
  ];
}

/** What holds after a pass that broke off. While another command works on the fleet, all that was known stands. */
export function conditionsInTrouble(
  trouble: Trouble,
  manifest: readonly Condition[],
  before: WatchConditions,
  nowMs: number,
): WatchConditions {
  const { isLocked, message } = trouble;
  if (!isLocked) {
    const now = [UNKNOWN, isSo('Stalled', 'PassFailed', message), ...manifest];
    return { fleet: stampAll(now, before.fleet, nowMs), agents: {} };
  }
  const locked = isSo('Reconciling', 'Locked', message);
  const told = new Set(['Reconciling', 'Stalled', ...manifest.map(({ type }) => type)]);
  const kept = before.fleet.filter(({ type }) => !told.has(type));
  return { ...before, fleet: stampAll([...kept, locked, ...manifest], before.fleet, nowMs) };
}

const UNKNOWN: Condition = {
  type: 'Ready',
  status: 'Unknown',
  reason: 'NotSeen',
  message: 'the fleet could not be looked at to the end',
};

const retryText = (entries: readonly (readonly [Group, Queue[string]])[]): string =>
  few(
    entries.map(([group, { message }]) => `${groupTitle(group)}: ${message}`),
    '; ',
  );

/** One that fails is often a sign of all that fail: a condition is a line, and is kept. */
const MOST_TOLD = 5;

const few = (texts: readonly string[], separator: string): string => {
  const more = texts.length - MOST_TOLD;
  return [...texts.slice(0, MOST_TOLD), ...(more > 0 ? [`and ${more} more`] : [])].join(separator);
};

const isSo = (type: string, reason: string, message: string): Condition => ({ type, status: 'True', reason, message });

function agentConditions(agent: AgentStatus, declared: Agent | undefined, findings: Findings): readonly Condition[] {
  const { name, held } = agent;
  // What is wanted down is well when it is down, however it ended.
  const isWantedUp = declared?.state === 'running' && !held;
  const trouble = isWantedUp ? unsteadiness(agent, declared, findings) : [];
  const pending = declared === undefined ? undefined : pendingRestart(name, findings.seen);
  return [
    readyCondition(agent, findings.crashed.get(name), trouble),
    ...(held ? [isSo('Suspended', 'Held', `held by stop; mosaic fleet start ${name}`)] : []),
    ...trouble,
    ...(pending === undefined ? [] : [isSo('RestartPending', 'SpecChanged', pending)]),
  ];
}

/** A crash loop lasts until the agent has held for the window of its start limit, however it was taken up again. */
function unsteadiness(agent: AgentStatus, { restart }: Agent, findings: Findings): readonly Condition[] {
  const { crashed, before, starts, nowMs } = findings;
  const { name, startedAtMs = 0, state } = agent;
  const crash = crashed.get(name);
  const own = starts[name];
  const flapping = own === undefined ? undefined : flaps(own, restart, nowMs);
  const wasCrashed = before.agents[name]?.some(({ type }) => type === 'CrashLoop') === true;
  const isYoung = ['running', 'starting'].includes(state) && nowMs - startedAtMs < restart.windowMs;
  const text = `started again after its crash loop; over once it has run for ${seconds(restart.windowMs)}`;
  // Past its limit it is down: how often it ended is what the limit says already.
  if (crash !== undefined) return [isSo('CrashLoop', 'StartLimit', crash)];
  return [
    ...(wasCrashed && isYoung ? [isSo('CrashLoop', 'Recovering', text)] : []),
    ...(flapping === undefined ? [] : [isSo('Flapping', 'ManyEnds', flappingText(flapping))]),
  ];
}

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

/** How often an agent ended by itself. */
export const flappingText = ({ ends, withinMs }: Flapping): string =>
  `ended by itself ${counted(ends, 'time')} within ${seconds(withinMs)}`;

function readyCondition(
  { inSync, state, note }: AgentStatus,
  crash: string | undefined,
  [trouble]: readonly Condition[],
): Condition {
  if (inSync) {
    return trouble === undefined
      ? isSo('Ready', 'InSync', state)
      : { type: 'Ready', status: 'False', reason: UNSTEADY, message: trouble.message };
  }
  const message = crash ?? note ?? state;
  return { type: 'Ready', status: state === 'unknown' ? 'Unknown' : 'False', reason: 'OutOfSync', message };
}

/** It runs with an older spec, and waits for somebody or something to be restarted. */
function pendingRestart(name: string, { plan, observed }: Look): string | undefined {
  const isRunning = observed.items[`session.${name}`]?.state === 'present';
  const waits = plan.deferred.find(({ address, reason }) => address === `session.${name}` && reason !== 'starting');
  return isRunning ? waits?.hint : undefined;
}

/** Puts the times on: a condition that says the same as before has been so since then. */
export function stamp(
  now: { readonly fleet: readonly Condition[]; readonly agents: AgentConditions },
  before: WatchConditions,
  nowMs: number,
): WatchConditions {
  const agents = Object.entries(now.agents).map(
    ([name, list]) => [name, stampAll(list, before.agents[name] ?? [], nowMs)] as const,
  );
  return { fleet: stampAll(now.fleet, before.fleet, nowMs), agents: Object.fromEntries(agents) };
}

const stampAll = (
  list: readonly Condition[],
  before: readonly StampedCondition[],
  nowMs: number,
): readonly StampedCondition[] =>
  list.map((condition) => ({
    ...condition,
    sinceMs: before.find((old) => isSame(old, condition))?.sinceMs ?? nowMs,
  }));

/** Says the same; the words may differ in a count or a name. */
export const isSame = (a: Condition, b: Condition): boolean =>
  a.type === b.type && a.status === b.status && a.reason === b.reason;

/** How the fleet is, in one line. */
export function headline(conditions: readonly Condition[]): string {
  const found = LOUDEST.flatMap((type) => conditions.find((one) => one.type === type) ?? [])[0];
  if (found === undefined) return 'nothing is known yet';
  return `${found.type}: ${found.status === 'True' ? '' : `${found.status}, `}${found.message}`;
}

const LOUDEST = ['Stalled', 'ManifestInvalid', 'ManifestExposed', 'Reconciling', 'Ready'] as const;
