import { readHolds } from '../../src/cli/facts.ts';
import { FleetError } from '../../src/model/error.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import { isEmpty, type Plan } from '../../src/model/plan.ts';
import type { Look } from '../../src/reconciler/pass.ts';
import type { Policy } from '../../src/reconciler/policy.ts';
import { fleetFrom } from './any-fleet.ts';
import { differenceOf } from './difference.ts';
import { FLEET, HOME, socketOf, Stage } from './stage.ts';
import { Crash, troubled, type Trouble } from './troubles.ts';
import { happen, mostRounds, policyOf, stageOf, type World } from './worlds.ts';

const HOUR_MS = 3_600_000;

/** What a life of one world showed; everything that must hold is in `broken` when it does not. */
export interface Life {
  readonly broken: readonly string[];
  /** Words to count over all worlds. */
  readonly tally: readonly string[];
  /** Calls that its first apply made, undisturbed. */
  readonly calls: number;
}

/** Lives a world to its end three times: undisturbed, with its troubles, and by a look that is out of date. */
export async function live(world: World): Promise<Life> {
  const stage = await stageOf(world);
  const fleet = fleetFrom(world.wanted);
  const policy = policyOf(world);
  const watch = new Watch(stage, fleet, policy);
  const back = stage.machine.snapshot();
  const calm = await converge(watch, 'undisturbed');
  await stay(watch, calm);
  if (isFresh(world, calm)) await sameAsAlone(watch, world);
  back();
  const { told, errors } = await disturb(watch, world.troubles, calm.calls);
  const after = await converge(watch, `after ${told}`);
  if (!isHeldBack(calm) && (waitsForPerson(calm) || !waitsForPerson(after)) && calm.state !== after.state)
    watch.say(`ends otherwise after ${told}:\n${differenceOf(calm.state, after.state)}`);
  back();
  await outOfDate(watch, world);
  const tally = [...tallyOf(world, calm), `rounds ${Math.max(calm.rounds, after.rounds)}`, ...errors];
  return { broken: watch.broken, tally, calls: calm.calls };
}

/** What is in the way of the fleet as a whole holds back even what is harmless; a failed look at it does not. */
const isHeldBack = ({ plan }: End): boolean =>
  plan !== undefined && [...plan.deferred, ...plan.blocked].some(({ group }) => group === 'fleet');

interface End {
  readonly state: string;
  /** The last plan; undefined where a look is refused as a whole. */
  readonly plan: Plan | undefined;
  readonly rounds: number;
  /** Calls that the first apply made. */
  readonly calls: number;
}

/** Watches what must hold at any time, and keeps what did not. */
class Watch {
  readonly broken: string[] = [];
  readonly stage: Stage;
  readonly fleet: Fleet;
  readonly policy: Policy;
  #foreign: string;
  #keepers: ReadonlyMap<string, number>;

  constructor(stage: Stage, fleet: Fleet, policy: Policy) {
    this.stage = stage;
    this.fleet = fleet;
    this.policy = policy;
    this.#foreign = stage.foreign();
    this.#keepers = keepersOf(stage, fleet);
  }

  say(text: string): void {
    this.broken.push(text);
  }

  /** From now on, what is there now must stay. */
  renew(): void {
    this.#foreign = this.stage.foreign();
    this.#keepers = keepersOf(this.stage, this.fleet);
  }

  /** Foreign things are as they were, and who had no need of a restart has none behind it. */
  check(when: string): void {
    const now = this.stage.foreign();
    if (now !== this.#foreign) this.say(`${when}: foreign things changed:\n${differenceOf(this.#foreign, now)}`);
    const { processes } = this.stage.machine;
    const ended = [...this.#keepers].filter(([, pid]) => processes.cgroupOf(pid) === undefined);
    for (const [name] of ended) this.say(`${when}: ${name} ended, and did not need to`);
  }
}

/** Agents that run as the manifest wants, and so must go on; and protected ones, whatever they run. By pid. */
function keepersOf(stage: Stage, fleet: Fleet): ReadonlyMap<string, number> {
  const holds = readHolds(stage.machine.files, HOME, fleet.name);
  const keepers = stage.ours().filter((session) => {
    const agent = fleet.agents.find(({ name }) => name === session.agent);
    if (agent?.protect === true) return isInPlace(stage, fleet, session);
    const held = holds.some((hold) => hold.agent === session.agent);
    const isRight = session.options['@mosaic_spec'] === stage.wantedSpec(fleet, session.agent);
    const isUp = agent?.state === 'running' && !held && isRight && session.socket === socketOf(fleet);
    return isUp && stage.runner(session.socket) === fleet.supervisor && isInPlace(stage, fleet, session);
  });
  return new Map(keepers.map(({ agent, panePid }) => [agent, panePid]));
}

function isInPlace(
  { machine }: Stage,
  { supervisor }: Fleet,
  { agent, panePid, isDead }: { agent: string; panePid: number; isDead: boolean },
): boolean {
  const unit = `mosaic-canary@${agent}.service`;
  if (isDead) return false;
  if (supervisor === 'tmux') return machine.processes.commandLineOf(panePid)?.at(-3) === 'pane';
  return machine.systemd.isActive(unit) && machine.processes.cgroupOf(panePid)?.endsWith(`/${unit}`) === true;
}

/** Rounds without faults until a plan has nothing to do: it takes few, a look changes nothing, and known reasons stand against the rest. */
async function converge(watch: Watch, when: string): Promise<End> {
  const { stage, fleet, policy } = watch;
  const port = troubled(stage.machine.port);
  let [calls, rounds] = [0, 0];
  try {
    let seen = await stage.look(fleet, policy, port);
    const most = mostRounds(seen.plan);
    for (; seen.plan.changes.length > 0 && rounds < most; rounds += 1) {
      await stage.act(seen, port);
      if (rounds === 0) calls = port.calls();
      watch.check(`${when}, round ${rounds + 1}`);
      seen = await stage.look(fleet, policy, port);
    }
    checkRest(watch, seen.plan, when);
    return { state: stateOf(stage), plan: seen.plan, rounds, calls: calls || port.calls() };
  } catch (error) {
    if (!(error instanceof FleetError) || !stage.reasons.has('refused')) throw error;
    return { state: stateOf(stage), plan: undefined, rounds, calls };
  }
}

/** It stays so: looks change nothing, and with time nothing comes up. */
async function stay({ stage, fleet, policy, ...watch }: Watch, { plan, state }: End): Promise<void> {
  if (plan === undefined) return;
  for (let more = 0; more < 2; more += 1) {
    await stage.machine.port.clock.sleep(HOUR_MS);
    const again = await stage.look(fleet, policy);
    if (JSON.stringify(again.plan) !== JSON.stringify(plan)) watch.broken.push('an hour later there is another plan');
  }
  if (stateOf(stage) !== state) watch.broken.push('a look changed something');
}

function checkRest({ stage: { reasons }, ...watch }: Watch, { changes, blocked, deferred }: Plan, when: string): void {
  for (const { action, address, reason } of changes)
    watch.broken.push(`${when}: ${action} ${address} (${reason}) is left`);
  const unexplained = [...blocked, ...deferred].filter(({ reason }) => !reasons.has(reason));
  for (const item of unexplained) watch.broken.push(`${when}: left for no known reason: ${JSON.stringify(item)}`);
}

/** The size for sessions to come is what a server was started with: it may differ from one start to another. */
const stateOf = ({ machine }: Stage): string => machine.state().replaceAll(/"default-size":"[^"]*",?/g, '');

interface Disturbance {
  /** What went wrong, in words. */
  readonly told: string;
  readonly errors: readonly string[];
}

/** One apply after the other, each with its trouble. Only what must always hold is asked for. */
async function disturb(watch: Watch, troubles: readonly Trouble[], calls: number): Promise<Disturbance> {
  const { stage, fleet, policy } = watch;
  const told: string[] = [];
  const errors = new Set<string>();
  for (const { at, ...how } of troubles) {
    const trouble = { ...how, at: 1 + (at % Math.max(1, calls)) };
    const port = troubled(stage.machine.port, trouble);
    told.push(`${trouble.way}${trouble.forGood ? ' for good' : ''} at call ${trouble.at}`);
    await attempt(() => stage.apply(fleet, policy, port), watch, told);
    if (port.calls() > (calls + 50) * 100)
      watch.say(`${told.join(', ')}: ${port.calls()} calls, where ${calls} are enough`);
    for (const error of port.errors) errors.add(`error: ${error}`);
    watch.check(told.join(', '));
  }
  return { told: told.join(', '), errors: [...errors] };
}

/** A command may die, or end with an error of our own; nothing else. */
async function attempt(work: () => Promise<unknown>, watch: Watch, told: readonly string[]): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof Crash) && !(error instanceof FleetError)) watch.say(`${told.join(', ')}: ${String(error)}`);
  }
}

/** Acts by a plan that is older than the machine, and then must converge all the same. */
async function outOfDate(watch: Watch, world: World): Promise<void> {
  if (world.late.length === 0) return;
  const { stage, fleet } = watch;
  const seen = await lookUnlessRefused(watch);
  if (seen === undefined) return;
  happen(stage, world, world.late);
  // tmux itself takes a file away that turns up where its socket is about to be.
  stage.foreignPaths.delete(socketOf(fleet));
  // And our helper takes a session of its own name and mark for what an earlier run has left.
  for (const { panePid } of stage.ours()) stage.foreignPids.delete(panePid);
  // What is being started behind its back may lose its launch data to it, and is then left alone.
  stage.reasons.add('unknown');
  watch.renew();
  await stage.act(seen);
  watch.check('by an old look');
  await converge(watch, 'after an old look');
}

async function lookUnlessRefused({ stage, fleet, policy }: Watch): Promise<Look | undefined> {
  try {
    return await stage.look(fleet, policy);
  } catch (error) {
    if (error instanceof FleetError && stage.reasons.has('refused')) return undefined;
    throw error;
  }
}

/** Who had crashed too often counts as failed once a killed start has cleared that: the watcher then asks a person. */
const waitsForPerson = ({ plan }: End): boolean => plan?.deferred.some((one) => one.reason === 'needs-person') ?? false;

/** Nothing is in the way, so that only the manifest can have decided how it ended. */
const isFresh = ({ mode }: World, { plan }: End): boolean => mode === 'apply' && plan !== undefined && isEmpty(plan);

/** A, then B, ends as B alone does. */
async function sameAsAlone({ stage, fleet, policy, ...watch }: Watch, world: World): Promise<void> {
  const alone = await stageOf({ ...world, before: undefined, diedAt: 0, mischief: [], late: [] });
  for (const path of stage.machine.files.paths().filter((name) => name.startsWith(`${FLEET}/holds/`))) {
    alone.machine.files.plant(path, { content: stage.machine.files.read(path) ?? '' });
  }
  await alone.apply(fleet, { ...policy, allowDelete: 9 });
  const [is, shouldBe] = [stage.own(fleet), alone.own(fleet)];
  if (is !== shouldBe) watch.broken.push(`ends otherwise than alone:\n${differenceOf(shouldBe, is)}`);
}

function tallyOf({ mischief, troubles }: World, { plan }: End): readonly string[] {
  return [
    ...mischief.map(({ what }) => `mischief: ${what}`),
    ...troubles.map(({ way, forGood }) => `trouble: ${way}${forGood ? ' for good' : ''}`),
    ...new Set(plan?.blocked.map(({ reason }) => `blocked: ${reason}`)),
    ...new Set(plan?.deferred.map(({ reason }) => `deferred: ${reason}`)),
    plan === undefined ? 'refused' : isEmpty(plan) ? 'ends in sync' : 'ends with something in the way',
  ];
}
