import type { Ended } from '../../support/process.ts';
import type { LiveFleet } from '../live-fleet.ts';
import type { Point } from './calls.ts';
import type { Scenario } from './scenarios.ts';
import { disturb, killBeside, record, type Disturbed, type Fault } from './trace.ts';
import { everythingOf, filesOf, isTemporary, lookAround, type Sight } from './world.ts';

/** What is done to a run: a fault in a call of mosaic's own, or its end while a program it started is at work. */
export type Trouble = { readonly point: Point } & ({ readonly fault: Fault } | { readonly both: boolean });

/** A scenario on a machine, with what its undisturbed run showed. */
export interface Stage {
  readonly live: LiveFleet;
  readonly scenario: Scenario;
  readonly points: readonly Point[];
  readonly start: Sight;
  /** The files as the command itself leaves them. */
  readonly done: Files;
  /** What there is once that was followed by what heals. */
  readonly end: Sight;
}

/** What came of one or more disturbed runs. */
export interface Result {
  /** What was promised and does not hold; empty when all is well. */
  readonly broken: readonly string[];
  /** Whether each run was disturbed where it was meant to be. */
  readonly isThere: boolean;
  readonly instead: readonly (number | undefined)[];
  /** How many applies it took. */
  readonly rounds: number;
  readonly exits: readonly number[];
}

const ROUNDS = 2;
const KILLED = 137;
const INTERRUPTED: Readonly<Record<string, number>> = { INT: 130, TERM: 143, KILL: KILLED };

/** Lets the command run undisturbed once, and remembers its calls and where it leads. */
export async function rehearse(live: LiveFleet, scenario: Scenario): Promise<Stage> {
  await scenario.begin(live);
  const start = await lookAround(live);
  const points = await record(live, scenario.command(live));
  const done = filesOf(live);
  const { broken } = await heal(live, scenario);
  if (broken.length > 0) throw new Error(`${scenario.name} undisturbed: ${broken.join('\n')}`);
  return { live, scenario, points, start, done, end: await lookAround(live) };
}

/** Libuv writes into pipes of its own as it likes: the calls before a point are not always as many. */
const TRIES = 2;

/** {@link crashOnce}, again where a call came earlier or later than in the undisturbed run. */
export async function crash(stage: Stage, troubles: readonly Trouble[]): Promise<Result> {
  let [now, result] = [troubles, await crashOnce(stage, troubles)];
  const broken = [...result.broken];
  for (let left = TRIES; left > 1 && isWorthAnother(now, result); left -= 1) {
    now = now.map((trouble, at) => {
      const nth = result.instead[at] ?? trouble.point.nth;
      return { ...trouble, point: { ...trouble.point, nth } };
    });
    result = await crashOnce(stage, now);
    broken.push(...result.broken);
  }
  return { ...result, broken };
}

const isWorthAnother = ([trouble, second]: readonly Trouble[], { isThere }: Result): boolean =>
  !isThere && second === undefined && trouble?.point.child === undefined;

/** Disturbs the command, as often as there are troubles, heals what is left, and compares with the undisturbed run. */
async function crashOnce(stage: Stage, troubles: readonly Trouble[]): Promise<Result> {
  const { live, scenario } = stage;
  await scenario.begin(live);
  const before = await lookAround(live);
  const broken: string[] = differences('the start', stage.start.files, before.files);
  const runs: Disturbed[] = [];
  for (const trouble of troubles) {
    const run = await meet(stage, trouble);
    runs.push(run);
    const now = filesOf(live);
    broken.push(...wrongEnd(run, trouble), ...torn(stage, now));
    if (run.ended.exitCode === 0 && troubles.length === 1)
      broken.push(...differences('although it ended with 0', stage.done, now));
  }
  const healed = await heal(live, scenario);
  await Promise.all(runs.map(({ over }) => over));
  const after = await lookAround(live);
  broken.push(...healed.broken, ...compare(stage, before, after));
  const exits = runs.map(({ ended }) => ended.exitCode);
  const instead = runs.map((run) => run.instead);
  return { broken, isThere: runs.every(({ isThere }) => isThere), instead, rounds: healed.rounds, exits };
}

function meet({ live, scenario }: Stage, trouble: Trouble): Promise<Disturbed> {
  const args = scenario.command(live);
  return 'fault' in trouble ? disturb(live, args, trouble) : killBeside(live, args, trouble);
}

/** A crash ends as it must; an error is told with its code and nothing that only a programmer can read. */
function wrongEnd({ ended, isThere }: Disturbed, trouble: Trouble): readonly string[] {
  const said = `${ended.stdout}${ended.stderr}`;
  const isBug = /E_INTERNAL|bug in mosaic|^\s+at .*[:(]\d+/m.test(said);
  const bug = isBug ? [`a fault of the machine is called a bug: ${said}`] : [];
  if (!('fault' in trouble) || ended.exitCode === 0) return bug;
  if ('error' in trouble.fault) return isThere ? [...bug, ...untold(ended, said)] : [];
  const isRight = ended.exitCode === INTERRUPTED[trouble.fault.signal] || !isThere;
  return isRight ? bug : [...bug, `exit ${ended.exitCode} after ${trouble.fault.signal}: ${said}`];
}

/** What an error has to say, by its exit code. */
function untold({ exitCode, stderr }: Ended, said: string): readonly string[] {
  if (exitCode === 3) return /FAILED|left|skipped/i.test(said) ? [] : [`what is left is not said: ${said}`];
  if (![1, 4, 5, 69].includes(exitCode)) return [`exit ${exitCode}: ${said}`];
  return /^error: /m.test(stderr) ? [] : [`no coded error: ${said}`];
}

/** Every file is as before or as it is to be, whole; only hidden ones may be neither. */
function torn({ start, done, end, live }: Stage, now: Files): readonly string[] {
  const reload = `/mosaic-${live.fleet}.reload`;
  return Object.entries(now)
    .filter(([path, state]) => ![start.files[path], done[path], end.files[path]].includes(state))
    .filter(([path]) => !isTemporary(path) && !path.includes(reload))
    .filter(([, state]) => state.startsWith('file'))
    .map(([path, state]) => `${path} is neither the old nor the new one: ${JSON.stringify(state.slice(0, 400))}`);
}

/** Runs what a person runs after a crash. */
async function heal(live: LiveFleet, scenario: Scenario): Promise<Pick<Result, 'broken' | 'rounds'>> {
  const broken: string[] = [];
  let rounds = 0;
  for (const args of scenario.heal(live)) {
    if (args[0] !== 'apply') {
      broken.push(...unexpected(args, await live.mosaic(args)));
      continue;
    }
    let last = await live.mosaic(args);
    for (rounds = 1; rounds < ROUNDS && last.exitCode !== 0; rounds += 1) last = await live.mosaic(args);
    if (last.exitCode !== 0) broken.push(`apply ends with ${last.exitCode}: ${last.stdout}${last.stderr}`);
    broken.push(...(await unverified(live)));
  }
  return { broken, rounds };
}

/** A second init finds the manifest. */
function unexpected(args: readonly string[], { exitCode, stdout, stderr }: Ended): readonly string[] {
  const isThereAlready = args[0] === 'init' && exitCode === 4;
  if (exitCode === 0 || isThereAlready) return [];
  return [`${args.join(' ')} ends with ${exitCode}: ${stdout}${stderr}`];
}

async function unverified(live: LiveFleet): Promise<readonly string[]> {
  const { exitCode, stdout, stderr } = await live.mosaic(['verify']);
  return exitCode === 0 ? [] : [`verify ends with ${exitCode}: ${stdout}${stderr}`];
}

function compare({ live, scenario, end }: Stage, before: Sight, after: Sight): readonly string[] {
  const broken = [...differences('the end', end.files, after.files)];
  if (after.units !== end.units) broken.push(`units: ${after.units}\ninstead of ${end.units}`);
  if (after.sessions !== end.sessions) broken.push(`sessions: ${after.sessions}\ninstead of ${end.sessions}`);
  if (after.foreign !== before.foreign) broken.push(`foreign: ${after.foreign}\ninstead of ${before.foreign}`);
  for (const name of scenario.keeps) {
    const [was, is] = [before.processes[name], after.processes[name]];
    if (was === '' || was !== is) broken.push(`${name} had the processes ${was}, and has ${is}`);
  }
  const left = everythingOf(live).filter(isTemporary);
  if (left.length > 0) broken.push(`left behind: ${left.join(', ')}`);
  if (scenario.isGone === true) broken.push(...remains(live));
  return broken;
}

/** Of a fleet that is gone nothing stays but its manifest and what is not ours. */
function remains(live: LiveFleet): readonly string[] {
  const ours = new RegExp(`/(state|fleets|bin)(/|$)|/libexec/(?!mine)|mosaic-${live.fleet}(?!.*10-mine|.*\\.d$)`);
  return everythingOf(live)
    .filter((path) => ours.test(path.replace(live.root, '')))
    .map((path) => `${path} is left of a fleet that is gone`);
}

type Files = Sight['files'];

function differences(what: string, wanted: Files, found: Files): string[] {
  const paths = [...new Set([...Object.keys(wanted), ...Object.keys(found)])].toSorted();
  return paths
    .filter((path) => wanted[path] !== found[path])
    .map((path) => `${what}: ${path} is ${found[path] ?? 'absent'} instead of ${wanted[path] ?? 'absent'}`);
}
