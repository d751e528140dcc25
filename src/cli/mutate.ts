import { FleetError } from '../model/error.ts';
import type { WritePort } from '../model/host.ts';
import type { Fleet } from '../model/fleet.ts';
import type { Fingerprint } from '../model/fingerprint.ts';
import { SELF_SERVER } from '../model/observed.ts';
import { isEmpty, type Change, type Hold, type Plan } from '../model/plan.ts';
import { systemClock } from '../host/clock.ts';
import { defaultTmuxSocket } from '../host/places.ts';
import { fingerprintDefault } from '../providers/tmux/fingerprint.ts';
import { act } from '../reconciler/act.ts';
import type { Step } from '../reconciler/execute.ts';
import { look, replan, type Engine, type Look } from '../reconciler/pass.ts';
import { APPLY, type Policy } from '../reconciler/policy.ts';
import { refuseBlind } from './blind.ts';
import { wasAsked } from './confirm.ts';
import type { Place } from './context.ts';
import { saveExecLog } from './exec-log.ts';
import { openJournal } from './journal.ts';
import { openStory, type Story } from './live-list.ts';
import { locked, makeStateDirectory } from './locked.ts';
import type { CommonOptions, Output } from './options.ts';
import { tidy } from './tidy.ts';

/** One mutating command: the fleet it is about, what it may do, and what to ask before. */
export interface Mutation {
  readonly command: string;
  readonly fleet: Fleet;
  readonly policy: Policy;
  /** The holds as they will be once `prepare` has run: the plan is made for that, and confirmed before. */
  readonly holds?: (holds: readonly Hold[]) => readonly Hold[];
  /** Refuses, or asks; runs after the plan and before the first step. */
  readonly confirm: (plan: Plan) => Promise<void>;
  /** Writes what the command itself decides (a hold, say), once it is confirmed. */
  readonly prepare?: (port: WritePort, plan: Plan) => void | Promise<void>;
  /** Takes back what `prepare` wrote for a change that was not done; still under the lock. */
  readonly takeBack?: (port: WritePort, steps: readonly Step[]) => void;
  /** What is left to do once all is done and nothing is left; still under the lock. */
  readonly finish?: (port: WritePort, result: MutationResult) => void;
  /** Refuses before anything is written or looked at; under the lock. */
  readonly check?: () => void;
  /** Changes what was seen, where the command is not about the manifest (destroy), or about a part of it. */
  readonly adjust?: (look: Look) => Look;
  /** The same for the look afterwards, where that takes another change. */
  readonly afterwards?: (look: Look) => Look;
  /** Who did it, as the journal is told, where it is not the caller. */
  readonly by?: string;
  /** Told of each step as it ends; without it, each is a line of the story. */
  readonly onStep?: (step: Step) => void;
}

export interface MutationResult {
  readonly before: Look;
  readonly after: Look;
  readonly steps: readonly Step[];
  /** What is left of the whole fleet, where the command was about a part of it. */
  readonly rest: Plan;
  /** 0 when everything that was to be done is done, 3 when something is left. */
  readonly exit: 0 | 3;
}

/** Lock, fingerprint, look, plan, confirm, act, look again, fingerprint, log: the one way anything is changed. */
export async function mutate(
  place: Place,
  engine: Engine,
  mutation: Mutation,
  io: { options: CommonOptions; output: Output },
): Promise<MutationResult> {
  const { fleet } = mutation;
  const asking = { command: mutation.command, options: io.options, signal: engine.signal };
  return locked(place, asking, async (port) => {
    mutation.check?.();
    const bench: Bench = { place, engine, port, output: io.output };
    makeStateDirectory(port, place.home, fleet.name);
    tidy(place.read.files, fleet.name, engine.hostFacts(fleet));
    const result = await betweenFingerprints(bench, mutation, () => underLock(bench, mutation));
    if (result.exit === 0) mutation.finish?.(port, result);
    return result;
  });
}

interface Bench {
  readonly place: Place;
  readonly engine: Engine;
  readonly port: WritePort;
  readonly output: Output;
}

/** Whatever happens in between, and however it ends, the record and the exec log tell it. */
async function betweenFingerprints<T>(bench: Bench, mutation: Mutation, work: () => Promise<T>): Promise<T> {
  const { place, output } = bench;
  const before = await fingerprintOrNote(bench, mutation.fleet);
  try {
    return await work();
  } finally {
    const after = await fingerprintOrNote(bench, mutation.fleet);
    if (before !== undefined && after !== undefined) saveRecord(bench, mutation, { before, after });
    saveExecLog(place, mutation.fleet.name, (error) => output.note(`warning: ${error.message}`));
  }
}

/** A default server that does not answer is no reason to leave the fleet alone; without a fingerprint no record is made. */
async function fingerprintOrNote({ place, engine, output }: Bench, fleet: Fleet): Promise<Fingerprint | undefined> {
  try {
    return await fingerprint(place, engine, fleet);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    output.note(`warning: ${error.message}`);
    return undefined;
  }
}

function saveRecord({ place, port, output }: Bench, { fleet, command }: Mutation, pair: Pair): void {
  const record = { formatVersion: '1.0', command: `mosaic ${command}`, ...pair };
  try {
    const path = `${place.home}/state/${fleet.name}/default-tmux.json`;
    port.writer.write(path, `${JSON.stringify(record, undefined, 2)}\n`, 0o600);
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    output.note(`warning: the record for verify was not written: ${error.message}`);
  }
}

interface Pair {
  readonly before: Fingerprint;
  readonly after: Fingerprint;
}

async function underLock({ place, engine, port, output }: Bench, mutation: Mutation): Promise<MutationResult> {
  const { fleet, policy, adjust = (seen: Look) => seen, afterwards = adjust } = mutation;
  const lookNow = async (): Promise<Look> => adjust(await look(withHolds(engine, mutation), fleet, policy));
  const before = await lookNow();
  refuseBlind(before);
  await mutation.confirm(before.plan);
  if (wasAsked()) refuseChanged(before, await lookNow());
  await mutation.prepare?.(port, before.plan);
  const journal = openJournal(place, fleet.name, output);
  const story = storyOf(mutation, output);
  const begun = new Map<string, number>();
  const onBegin = (changes: readonly Change[]): void => {
    for (const { address } of changes) begun.set(address, systemClock.nowMs());
    story.begin(changes);
  };
  const onStep = (step: Step): void => {
    story.step(step);
    if (!step.change.address.startsWith('session.') && !step.change.address.startsWith('server.')) return;
    const { group, action, reason, because } = step.change;
    journal.append({
      // Not its end: what it brings about comes after it.
      at: begun.get(step.change.address) ?? systemClock.nowMs(),
      group,
      action,
      reason,
      because,
      result: step.result,
      command: mutation.command,
      by: mutation.by ?? actor(place, before),
    });
  };
  const { steps } = await act(engine, before, port, { onBegin, onStep });
  story.end();
  mutation.takeBack?.(port, steps);
  const after = steps.length === 0 ? before : afterwards(await look(engine, fleet, { ...policy, intents: {} }));
  const failed = steps.some(({ result }) => result !== 'done');
  const rest = isPartial(policy) ? replan(after, APPLY) : after.plan;
  return { before, after, steps, rest, exit: failed || !isEmpty(after.plan) ? 3 : 0 };
}

const isPartial = ({ only, installOnly, reviewed }: Policy): boolean =>
  only !== undefined || installOnly || reviewed === true;

/** The story of the steps: the caller's own, else on the terminal or as plain lines. */
const storyOf = ({ onStep }: Mutation, output: Output): Story =>
  onStep === undefined
    ? openStory(process.stderr, output, process.env)
    : { begin: () => undefined, step: onStep, end: () => undefined };

const withHolds = (engine: Engine, { holds = (same) => same }: Mutation): Engine => ({
  ...engine,
  hostFacts: (fleet) => {
    const facts = engine.hostFacts(fleet);
    return { ...facts, holds: holds(facts.holds) };
  },
});

/** Time passed while a person thought: the answer is about the plan they saw, and about nothing else. */
function refuseChanged(before: Look, now: Look): void {
  if (JSON.stringify(before.plan) === JSON.stringify(now.plan)) return;
  throw new FleetError('E_STATE', 'something changed while the question stood, nothing was done', {
    hint: 'Run the command again and read its plan.',
  });
}

function actor({ identity }: Place, { observed }: Look): string {
  const { self } = observed.host;
  if (self === undefined) return `user ${identity.user}`;
  return self === SELF_SERVER ? 'a process of the tmux server' : `agent ${self}`;
}

/** The user's own default server, as it is now. */
export function fingerprint(place: Place, engine: Engine, fleet: Fleet): Promise<Fingerprint> {
  const { files } = place.read;
  const path = defaultTmuxSocket(
    place.env,
    place.identity.uid,
    (directory) => files.stat(directory)?.kind === 'directory',
  );
  return fingerprintDefault(place.read, { tmux: engine.tmux, path, fleet: fleet.name });
}
