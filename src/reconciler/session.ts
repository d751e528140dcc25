import type { Agent, Supervisor } from '../model/fleet.ts';
import type { Activity } from '../model/observed.ts';
import type { Blocked, Change, Deferred, Foreign, Reason } from '../model/plan.ts';
import type { Desired } from '../model/resource.ts';
import type { AgentView } from './agent-state.ts';
import { deferReason, isAtWork, isUnattended, mayRestart, type Policy } from './policy.ts';
import { lineOf } from './resources.ts';

/** Everything the decision about one agent's process rests on. */
export interface SessionInput {
  readonly agent: Agent;
  readonly view: AgentView;
  readonly desired: Desired;
  /** Hash of the spec the manifest wants. */
  readonly wantedSpec: string;
  /** What changed in its launch data, in words; empty when nothing did. */
  readonly changed: readonly string[];
  readonly held: boolean;
  readonly activity: Activity;
  readonly supervisor: Supervisor;
  /** Who runs the present server, where one lives. */
  readonly runner: Supervisor;
  readonly policy: Policy;
  /** The file that keeps its last screen. */
  readonly screen: string;
}

export interface SessionDecision {
  /** Puts a renamed session's name right. Goes before what ends it where that goes by the name, as without a unit. */
  readonly rename?: Change;
  readonly change?: Change;
  readonly blocked?: Blocked;
  readonly deferred?: Deferred;
  readonly foreign?: Foreign;
}

/** Decides what happens to one agent's process. Guards (protect, self, host problems) come after. */
export function decideSession(input: SessionInput): SessionDecision {
  const { view, agent, held } = input;
  const wantsDown = held || agent.state === 'stopped';
  if (view.block !== undefined) return decideBlocked(input, view.block, wantsDown);
  if (view.state === 'unknown') return { blocked: unknown(input) };
  const decision = wantsDown ? decideStop(input) : decideRunning(input);
  // A session whose process could not be seen in its place is, for all its mark, nobody's to rename.
  const isRenamed = view.state === 'running' && view.renamedTo !== undefined;
  return !isRenamed || (decision.change !== undefined && input.supervisor === 'systemd')
    ? decision
    : { ...decision, rename: renaming(input, view.renamedTo) };
}

/** What stands in the way of a start does not stand in the way of an agent that is down and shall be. */
function decideBlocked(
  input: SessionInput,
  reason: NonNullable<AgentView['block']>,
  wantsDown: boolean,
): SessionDecision {
  const { view, desired } = input;
  const message = view.detail ?? 'not ours';
  const foreign = reason === 'foreign' ? { foreign: { address: desired.address, message } } : {};
  const isDown = !['running', 'starting', 'unknown'].includes(view.state);
  const isHarmless = wantsDown && isDown && (reason === 'foreign' || reason === 'masked');
  return isHarmless ? foreign : { ...foreign, blocked: inTheWay(input, reason) };
}

function decideStop(input: SessionInput): SessionDecision {
  const { view, held, runner } = input;
  if (view.state !== 'running' && view.state !== 'starting') return {};
  if (runner === 'systemd' && view.unitTaken === 'foreign') return { blocked: unstoppable(input) };
  const reason: Reason = held ? 'held' : 'not_wanted';
  return { change: change(input, 'stop', reason, held ? 'held by stop' : 'the manifest says stopped') };
}

function decideRunning(input: SessionInput): SessionDecision {
  const { view, policy, agent } = input;
  const intent = policy.intents[agent.name];
  if (view.state === 'running' || view.state === 'starting') {
    if (intent === 'restart' || intent === 'reset') return restart(input, 'requested', askedText(intent));
    return view.state === 'running' ? decideUpdate(input) : { deferred: starting(input) };
  }
  return intent === undefined
    ? decideDown(input)
    : { change: change(input, 'start', 'requested', view.detail ?? askedText(intent)) };
}

const askedText = (intent: Policy['intents'][string] | undefined): string =>
  intent === 'reset' ? 'reset asked for' : 'asked for';

/** Somebody starts it already; it does not run yet, and may end again. */
const starting = ({ desired: { group, address } }: SessionInput): Deferred => ({
  group,
  address,
  reason: 'starting',
  hint: 'it is being started; look again in a moment, or see mosaic fleet log',
});

/** It should run, does not, and nobody has asked for it in so many words. */
function decideDown(input: SessionInput): SessionDecision {
  const { state } = input.view;
  switch (state) {
    case 'crash-looping':
      return decideCrashed(input);
    case 'exited':
    case 'failed':
      return decideEnded(input, state);
    default:
      return { change: change(input, 'start', 'not_running', 'not running') };
  }
}

function decideUpdate(input: SessionInput): SessionDecision {
  const { view, wantedSpec, agent, policy, activity, desired } = input;
  if (view.runningSpec === wantedSpec) return {};
  if (mayRestart(policy, agent.updatePolicy, activity) === 'restart') {
    return restart(input, 'spec_changed', changedText(input));
  }
  const way = isAtWork(activity)
    ? 'restart it anyway with mosaic fleet apply --now'
    : 'restart it with mosaic fleet apply';
  return {
    deferred: {
      group: desired.group,
      address: desired.address,
      reason: deferReason(policy, agent.updatePolicy, activity),
      hint: `${changedText(input)}; ${way}`,
    },
  };
}

/** A crash loop is never fed: only a person or a changed spec starts it again. */
function decideCrashed(input: SessionInput): SessionDecision {
  const { desired, agent, view, changed, wantedSpec } = input;
  // The new launch data may be there already: an install wrote it, or an apply that broke off.
  const isNew = changed.length > 0 || (view.startedSpec !== undefined && view.startedSpec !== wantedSpec);
  if (isNew) return { change: change(input, 'start', 'spec_changed', changedText(input)) };
  return {
    blocked: {
      group: desired.group,
      address: desired.address,
      reason: 'crash-looping',
      message: `${agent.name} is past its start limit (${view.detail ?? 'it ended'})`,
      hint: `The last screen is in ${input.screen}; then mosaic fleet restart ${agent.name}`,
    },
  };
}

function decideEnded(input: SessionInput, reason: 'exited' | 'failed'): SessionDecision {
  const because = input.view.detail ?? (reason === 'exited' ? 'it ended by itself' : 'it could not be started');
  const { policy, agent, desired } = input;
  const { group, address } = desired;
  if (policy.reviveLater?.includes(agent.name) === true)
    return {
      deferred: { group, address, reason: 'starting', hint: `${because}; it is started again after its delay` },
    };
  if (isUnattended(policy) && policy.revive?.includes(agent.name) !== true) {
    return {
      deferred: { group, address, reason: 'needs-person', hint: `${because}; start it with mosaic fleet apply` },
    };
  }
  return { change: change(input, 'start', reason, because) };
}

const renaming = (input: SessionInput, name: string): Change => ({
  ...change(input, 'update', 'renamed', `renamed to ${name}`),
  disruption: 'live',
});

/** What is masked cannot come back where it comes back by its unit: it goes on as it is. */
const restart = (input: SessionInput, reason: Reason, because: string): SessionDecision =>
  input.supervisor === 'systemd' && input.view.unitTaken === 'masked'
    ? { blocked: inTheWay(input, 'masked') }
    : { change: { ...change(input, 'restart', reason, because), disruption: 'restart' } };

function change(
  input: SessionInput,
  action: 'start' | 'stop' | 'restart' | 'update',
  reason: Reason,
  because: string,
): Change {
  const { desired, supervisor, runner, view } = input;
  return {
    address: desired.address,
    group: desired.group,
    // Who runs it ends it, also where the manifest has moved on.
    provider: action === 'update' ? 'tmux' : action === 'stop' ? runner : supervisor,
    action,
    reason,
    disruption: action === 'stop' ? 'kill' : 'none',
    phase: action === 'update' ? 'live' : action,
    patch: [],
    because,
    ...lineOf(desired),
    desired,
    expected: view.fingerprint,
  };
}

const changedText = ({ changed, view }: SessionInput): string =>
  changed.length === 0
    ? view.state === 'running'
      ? 'it runs with an older spec'
      : 'it ran with an older spec'
    : `${changed.join(', ')} changed`;

/** By its name systemd would stop what somebody else's file describes. */
const unstoppable = ({ desired, agent }: SessionInput): Blocked => ({
  group: desired.group,
  address: desired.address,
  reason: 'foreign',
  message: `${agent.name} cannot be stopped: its unit is somebody else’s`,
  hint: 'Move that unit file away, then try again.',
});

const unknown = ({ desired, view, agent }: SessionInput): Blocked => ({
  group: desired.group,
  address: desired.address,
  reason: 'unknown',
  message: `it cannot be told whether ${agent.name} runs: ${view.detail ?? 'the look failed'}`,
  hint: 'Nothing is done to it; run mosaic fleet doctor.',
});

function inTheWay({ desired, view, agent }: SessionInput, reason: NonNullable<AgentView['block']>): Blocked {
  const { group, address } = desired;
  const why = view.detail ?? 'not ours';
  if (reason === 'masked') {
    const hint = 'Unmask it with systemctl --user unmask, then try again.';
    return { group, address, reason, message: `${agent.name} cannot be started: its unit is masked`, hint };
  }
  const message = `a session stands where ${agent.name} belongs: ${why}`;
  return { group, address, reason, message, hint: 'It is left alone; rename or end it yourself, then try again.' };
}
