import { groupTitle } from '../../model/resource.ts';
import type { Agent, Fleet } from '../../model/fleet.ts';
import type { Condition } from '../../model/plan.ts';
import type { Step } from '../execute.ts';
import { compareText } from '../diff.ts';
import { replan, type Look } from '../pass.ts';
import { APPLY, type Policy } from '../policy.ts';
import { fleetStatus } from '../status.ts';
import { callsDue, needsOf, type Call } from './attention.ts';
import { conditionsInTrouble, conditionsNow, stamp } from './conditions.ts';
import type { Memory, Trouble } from './memory.ts';
import { learn, nextTryMs, waitingEntries, waitingGroups, type Moment } from './queue.ts';
import { exposureOf, manifestConditions, ofThisFleet, takeManifest, type Reading } from './reading.ts';
import { countStarts, revivalOf, type Revival } from './starts.ts';
import { nextTrouble } from './trouble.ts';
import { exposedGroups, planWaits, withhold, type Wait } from './withhold.ts';

/** What a pass reaches the world through; everything else it computes. */
export interface PassPorts {
  readonly nowMs: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  /** Never rejects: what is wrong with the manifest is an answer. */
  readonly read: () => Promise<Reading>;
  /** Looks and plans; takes no lock, changes nothing. */
  readonly look: (fleet: Fleet, policy: Policy) => Promise<Look>;
  /** Told of every plan before anything of it is done. */
  readonly planned: (seen: Look) => void;
  /** The same look with what each agent is doing, where somebody is to be called; `act` gives that by itself. */
  readonly needs: (seen: Look) => Look | Promise<Look>;
  /** One transaction under the lock: looks anew, carries out what `narrow` leaves of the plan, and looks again. */
  readonly act: (order: Order) => Promise<{ readonly steps: readonly Step[]; readonly after: Look }>;
}

export interface Order {
  readonly fleet: Fleet;
  readonly policy: Policy;
  readonly narrow: (seen: Look) => Look;
}

export type Auto = 'none' | 'safe' | 'all';

/** What a pass found and did. */
export interface PassReport {
  readonly memory: Memory;
  /** Undefined when the machine could not be looked at. */
  readonly seen: Look | undefined;
  readonly steps: readonly Step[];
  readonly waits: readonly Wait[];
  /** A person is to be called for these. */
  readonly calls: readonly Call[];
  /** The pass failed, and this is the first that is said of it since the last try was due. */
  readonly news: Trouble | undefined;
  /** Look again by then, whatever happens or does not. */
  readonly nextMs: number | undefined;
}

/** One pass of the controller: the manifest as it is, one look, what may be done without a person, one more look. */
export async function watchPass(before: Memory, auto: Auto, ports: PassPorts): Promise<PassReport> {
  const reading = ofThisFleet(await ports.read(), before.fleet);
  const memory = takeManifest(before, reading);
  try {
    return await reconcile(memory, reading, auto, ports);
  } catch (error) {
    return failed(memory, reading, error, { nowMs: ports.nowMs(), random: ports.random });
  }
}

/** Nothing is known of the machine, but for what the trouble says; of the agents stands what was known. */
function failed(memory: Memory, reading: Reading, error: unknown, moment: Moment): PassReport {
  const { trouble, isNews } = nextTrouble(memory.trouble, error, moment);
  const conditions = conditionsInTrouble(trouble, manifestConditions(reading, memory), memory.conditions, moment.nowMs);
  const none = { seen: undefined, steps: [], waits: [], calls: [] };
  const news = isNews ? trouble : undefined;
  return { ...none, memory: { ...memory, trouble, conditions }, news, nextMs: trouble.untilMs };
}

async function reconcile(memory: Memory, reading: Reading, auto: Auto, ports: PassPorts): Promise<PassReport> {
  const { fleet } = memory;
  const base: Policy = { ...APPLY, mode: `watch-${auto}` };
  const first = await ports.look(fleet, base);
  const starts = countStarts(memory.starts, first, ports.nowMs());
  const revivals = revivalsOf(first, starts, ports.nowMs());
  const policy = reviving(base, revivals);
  const brakes = { waiting: waitingGroups(memory.queue, ports.nowMs()), isExposed: memory.exposed !== undefined };
  const narrow = (seen: Look): Look => withhold(seen, brakes);
  const planned = policy === base ? first : { ...first, policy, plan: replan(first, policy) };
  ports.planned(planned);
  const isIdle = narrow(planned).plan.changes.length === 0;
  const { steps, after } = isIdle
    ? { steps: [], after: await ports.needs(planned) }
    : await ports.act({ fleet, policy, narrow });
  // What was held back is still part of how the fleet is.
  const seen = isIdle ? after : { ...after, policy, plan: replan(after, policy) };
  const moment = { nowMs: ports.nowMs(), random: ports.random };
  return conclude({ memory, reading, revivals, seen, steps, moment });
}

/** What the restart policies want, beside what may be done anyway; the same policy where they want nothing. */
function reviving(base: Policy, revivals: ReadonlyMap<string, Revival>): Policy {
  const namesOf = (wanted: Revival['what']): readonly string[] =>
    [...revivals].flatMap(([name, { what }]) => (what === wanted ? name : []));
  const [revive, reviveLater] = [namesOf('start'), namesOf('later')];
  return revive.length + reviveLater.length === 0 ? base : { ...base, revive, reviveLater };
}

interface Outcome {
  readonly memory: Memory;
  readonly reading: Reading;
  readonly revivals: ReadonlyMap<string, Revival>;
  readonly seen: Look;
  readonly steps: readonly Step[];
  readonly moment: Moment;
}

function conclude({ memory, reading, revivals, seen, steps, moment }: Outcome): PassReport {
  const { nowMs } = moment;
  const queue = learn(memory.queue, steps, moment);
  const starts = giveUp(countStarts(memory.starts, seen, nowMs), revivals);
  const crashed = crashedAgents(seen, revivals);
  const status = fleetStatus(seen, reading.isGood ? [] : [reading.condition]);
  const now = conditionsNow({
    seen,
    status,
    manifest: exposureOf(memory.exposed, reading),
    queue,
    starts,
    crashed,
    before: memory.conditions,
    nowMs,
  });
  const { due, calls } = callsDue(needsOf(status.agents, crashed), memory.calls, nowMs);
  const { trouble: _over, ...kept } = memory;
  return {
    memory: { ...kept, queue, starts, calls, conditions: stamp(now, memory.conditions, nowMs) },
    seen,
    steps,
    waits: [...planWaits(seen.plan), ...brakeWaits(seen, { queue, nowMs, exposed: memory.exposed })],
    calls: due,
    news: undefined,
    nextMs: earliest([nextTryMs(queue, nowMs), ...revivalTimes(revivals), startingTime(seen, memory, nowMs)]),
  };
}

const revivalsOf = (seen: Look, starts: Memory['starts'], nowMs: number): ReadonlyMap<string, Revival> =>
  new Map(seen.fleet.agents.map((agent) => [agent.name, revivalOf(seen, agent, starts[agent.name], nowMs)]));

function giveUp(starts: Memory['starts'], revivals: ReadonlyMap<string, Revival>): Memory['starts'] {
  return Object.fromEntries(
    Object.entries(starts).map(([name, one]) => {
      const revival = revivals.get(name);
      return [name, revival?.what === 'give-up' ? { ...one, gaveUp: revival.run } : one];
    }),
  );
}

const revivalTimes = (revivals: ReadonlyMap<string, Revival>): readonly number[] =>
  [...revivals.values()].flatMap((revival) => (revival.what === 'later' ? revival.atMs : []));

/** Agents past their start limit: by the user manager's count, or, without one, by ours. */
function crashedAgents({ plan, fleet }: Look, revivals: ReadonlyMap<string, Revival>): ReadonlyMap<string, string> {
  const blocked = plan.blocked.filter(({ reason }) => reason === 'crash-looping');
  const gaveUp = fleet.agents.filter(({ name }) => revivals.get(name)?.what === 'give-up');
  return new Map([
    ...blocked.map(({ group, message }) => [groupTitle(group), message] as const),
    ...gaveUp.map((agent) => [agent.name, limitText(agent)] as const),
  ]);
}

const limitText = ({ name, restart: { burst, windowMs } }: Agent): string =>
  `${name} is past its start limit (${burst} starts in ${windowMs / 1000} s); see mosaic fleet status, then mosaic fleet restart ${name}`;

interface BrakeContext {
  readonly queue: Memory['queue'];
  readonly nowMs: number;
  readonly exposed: Condition | undefined;
}

function brakeWaits(seen: Look, { queue, nowMs, exposed }: BrakeContext): readonly Wait[] {
  const waiting = waitingEntries(queue, nowMs).toSorted(([a], [b]) => compareText(a, b));
  const backoffs = waiting.map(([group, { message, untilMs }]): Wait => ({
    group,
    reason: 'backoff',
    message,
    untilMs,
  }));
  if (exposed === undefined) return backoffs;
  const { message } = exposed;
  const held = [...exposedGroups(seen)].toSorted().map((group): Wait => ({ group, reason: 'exposed', message }));
  return [...backoffs, ...held];
}

/** An agent that is on its way up is looked at again soon, bus or no bus; one that never arrives, less often. */
const STARTING_MS = 2000;
const STARTING_LONG_MS = 120_000;

function startingTime({ plan }: Look, { conditions }: Memory, nowMs: number): number | undefined {
  if (plan.deferred.every(({ reason }) => reason !== 'starting')) return undefined;
  const sinceMs = conditions.fleet.find(({ reason }) => reason === 'Starting')?.sinceMs ?? nowMs;
  return nowMs - sinceMs < STARTING_LONG_MS ? nowMs + STARTING_MS : undefined;
}

const earliest = (times: readonly (number | undefined)[]): number | undefined =>
  times.filter((time) => time !== undefined).toSorted((a, b) => a - b)[0];
