import type { Agent } from '../../model/fleet.ts';
import { agentView, type AgentView } from '../agent-state.ts';
import { observationOf } from '../address.ts';
import { accepts, endedAt, endedByItself } from '../ending.ts';
import type { Look } from '../pass.ts';

/** When an agent was started, as its helper's records tell; newest last. */
export interface Starts {
  readonly atMs: readonly number[];
  /** Starts before the last look, by the helper's own count. */
  readonly count: number;
  /** When it ended and nobody had asked for it, since a person or a new spec last took it up; newest last. */
  readonly endsMs?: readonly number[];
  /** Hash of what its last run was started with. */
  readonly spec?: string;
  /** It had ended, and was not started again, at the last look. */
  readonly isDown?: true;
  /** The run after whose end its restart policy gave up; it is taken up again after any other run or with a new spec. */
  readonly gaveUp?: number;
}

export type StartsByAgent = Readonly<Record<string, Starts>>;

/** So many ends within this time are more than an accident or two. */
const FLAPPING_ENDS = 5;
const FLAPPING_MS = 600_000;
/** So many within the window of its own start limit are a loop, though not yet past that limit. */
const LOOP_ENDS = 3;

/** The starts of every agent of the fleet after one more look. */
export function countStarts(before: StartsByAgent, seen: Look, nowMs: number): StartsByAgent {
  const { fleet } = seen;
  return Object.fromEntries(
    fleet.agents.map((agent) => [agent.name, countOne(before[agent.name], seen, agent, nowMs)]),
  );
}

/** Ends that nobody had asked for, and the time they fell into. */
export interface Flapping {
  readonly ends: number;
  readonly withinMs: number;
}

/** How often it ended lately without being asked, also where it is up between two ends; nothing while that may be by accident. */
export function flaps(
  { endsMs = [] }: Pick<Starts, 'endsMs'>,
  { windowMs }: Agent['restart'],
  nowMs: number,
): Flapping | undefined {
  const endsWithin = (ms: number): number => endsMs.filter((at) => nowMs - at < ms).length;
  const [lately, inWindow] = [endsWithin(FLAPPING_MS), endsWithin(windowMs)];
  if (inWindow >= LOOP_ENDS) return { ends: inWindow, withinMs: windowMs };
  return lately > FLAPPING_ENDS ? { ends: lately, withinMs: FLAPPING_MS } : undefined;
}

const viewOf = ({ fleet, observed }: Look, { name, restart }: Agent): AgentView =>
  agentView(observed, name, restart.policy, fleet.supervisor);

function countOne(before: Starts | undefined, seen: Look, agent: Agent, nowMs: number): Starts {
  const view = viewOf(seen, agent);
  const { startedAt, restarts: count } = view;
  if (startedAt === undefined) return { atMs: [], count: 0 };
  const isDown = (view.lastExit?.at ?? 0) >= startedAt;
  const run = runOf(view, isDown);
  if (before === undefined) return { atMs: [startedAt], ...run };
  // Between two looks an agent may have started more than once; of the earlier ones only the number is known.
  const added = before.atMs.at(-1) === startedAt ? 0 : Math.max(1, count - before.count);
  const horizon = nowMs - Math.max(FLAPPING_MS, agent.restart.windowMs);
  // After the policy gave up somebody else started it: that clears the counter, as a person's start does everywhere.
  const isAnew = before.gaveUp !== undefined && before.gaveUp !== startedAt;
  if (isAnew) return { atMs: [startedAt], ...run };
  const ends = isForgiven(before, seen, agent) ? {} : countEnds(before, { view, isDown, added, horizon }, nowMs);
  const gaveUp = before.gaveUp === undefined ? {} : { gaveUp: before.gaveUp };
  const atMs = [...before.atMs, ...Array.from({ length: Math.min(added, MOST) }, () => startedAt)];
  return {
    atMs: atMs.slice(-MOST).filter((at, index, all) => index === all.length - 1 || at > horizon),
    ...run,
    ...ends,
    ...gaveUp,
  };
}

const runOf = (
  { restarts: count, startedSpec }: AgentView,
  isDown: boolean,
): Pick<Starts, 'count' | 'spec' | 'isDown'> => ({
  count,
  ...(startedSpec === undefined ? {} : { spec: startedSpec }),
  ...(isDown ? { isDown } : {}),
});

/** What was before is no sign of what comes: a new spec, or a person, who alone takes up what is past its limit. */
const isTakenUp = ({ spec }: Starts, { state, lastExit, startedSpec }: AgentView): boolean =>
  state === 'crash-looping' || lastExit?.asked === true || (spec !== undefined && spec !== startedSpec);

const isHeld = ({ observed }: Look, { name }: Agent): boolean =>
  observed.host.holds.some((hold) => hold.agent === name);

/** By the manifest, or by whoever stopped it: it comes up again when a person wants that. */
const isWantedDown = (seen: Look, agent: Agent): boolean => agent.state === 'stopped' || isHeld(seen, agent);

const isForgiven = (before: Starts, seen: Look, agent: Agent): boolean =>
  isTakenUp(before, viewOf(seen, agent)) || isWantedDown(seen, agent);

interface Ends {
  readonly view: AgentView;
  readonly isDown: boolean;
  /** How many runs have begun since the last look. */
  readonly added: number;
  /** What ended before this is forgotten. */
  readonly horizon: number;
}

/** Of several ends only the last is known. */
function countEnds(before: Starts, { view, isDown, added, horizon }: Ends, nowMs: number): Pick<Starts, 'endsMs'> {
  const ended = view.lastExit === undefined ? 0 : added + Number(isDown) - Number(before.isDown === true);
  const at = view.lastExit?.at ?? nowMs;
  const news = Array.from({ length: Math.min(Math.max(0, ended), MOST) }, () => at);
  const endsMs = [...(before.endsMs ?? []), ...news].filter((one) => one > horizon).slice(-MOST);
  return endsMs.length === 0 ? {} : { endsMs };
}

/** No restart limit that makes sense needs more. */
const MOST = 1000;

/** What is to become of an agent that ended by itself, where no user manager sees to it. */
export type Revival =
  | { readonly what: 'none' }
  | { readonly what: 'start' }
  | { readonly what: 'later'; readonly atMs: number }
  | { readonly what: 'give-up'; readonly run: number };

/** Applies an agent's restart policy under `supervisor: tmux`; under systemd the user manager has done so. */
export function revivalOf(seen: Look, agent: Agent, starts: Starts | undefined, nowMs: number): Revival {
  const end = unwantedEnd(seen, agent);
  if (end === undefined || starts === undefined) return { what: 'none' };
  const { delayMs, burst, windowMs } = agent.restart;
  const { startedAt = 0, startedSpec } = viewOf(seen, agent);
  const isNew = startedSpec !== undefined && startedSpec !== specOf(seen, agent.name);
  if (!isNew) {
    if (starts.gaveUp === startedAt) return { what: 'give-up', run: startedAt };
    if (starts.atMs.filter((at) => nowMs - at < windowMs).length >= burst) return { what: 'give-up', run: startedAt };
  }
  // An end in the future is a clock that was set back; that must not keep an agent down for years.
  const dueMs = end > nowMs ? nowMs : end + delayMs;
  return dueMs <= nowMs ? { what: 'start' } : { what: 'later', atMs: dueMs };
}

const specOf = ({ desired }: Look, name: string): unknown =>
  desired.find(({ address }) => address === `session.${name}`)?.spec['spec'];

/** When it ended, if its restart policy wants it back; what its helper could not even start is left alone. */
function unwantedEnd(seen: Look, agent: Agent): number | undefined {
  const { fleet, observed } = seen;
  if (fleet.supervisor !== 'tmux' || isWantedDown(seen, agent)) return undefined;
  const record = observationOf(observed, `record.${agent.name}`);
  if (viewOf(seen, agent).state !== 'failed' || record.state !== 'present') return undefined;
  const { spec } = record;
  if (typeof spec['fault'] === 'string' || !endedByItself(spec) || accepts(agent.restart.policy, spec))
    return undefined;
  return endedAt(spec);
}
