import { errorOf } from '../model/error.ts';
import type { WritePort } from '../model/host.ts';
import { PHASES, type Change, type Plan } from '../model/plan.ts';
import type { Outcome } from '../model/provider.ts';
import { refusedNow, requireRight, type RecheckInput, type Refusal } from './recheck.ts';

/** What became of one change. */
export type Step = { readonly change: Change; readonly result: 'done' } | ({ readonly change: Change } & Refusal);

/** Who is told how it goes. */
export interface Listener {
  /** These changes are being carried out now. */
  readonly onBegin?: (changes: readonly Change[]) => void;
  readonly onStep: (step: Step) => void;
}

export interface ExecuteInput extends RecheckInput, Listener {
  readonly plan: Plan;
  readonly port: WritePort;
}

/**
 * Walks the plan phase by phase; providers work side by side within one. Takes no decision: what is no longer as it
 * was planned fails, and a failed change skips what depends on it (the rest of its group; everything, when it is the
 * fleet's), everything else goes on.
 */
export async function execute(input: ExecuteInput): Promise<readonly Step[]> {
  const steps: Step[] = [];
  const note = (step: Step): void => {
    steps.push(step);
    input.onStep(step);
  };
  for (const phase of PHASES) {
    const changes = input.plan.changes.filter((change) => change.phase === phase);
    const refused = await refusedOf(input, changes, steps);
    for (const [change, refusal] of refused) note({ change, ...refusal });
    const rest = changes.filter((change) => !refused.has(change));
    const skipped = new Map(rest.map((change) => [change, skipReason(change, steps, input.scope.signal)]));
    for (const [change, because] of skipped) if (because !== undefined) note({ change, result: 'skipped', because });
    const due = rest.filter((change) => skipped.get(change) === undefined);
    if (due.length > 0) input.onBegin?.(due);
    const batches = byProvider(due);
    const lastLook = (change: Change): Promise<void> => requireRight(change, doneOf(steps), input);
    const seeing = { ...input, scope: { ...input.scope, lastLook } };
    await Promise.all([...batches].map(([name, batch]) => runBatch(seeing, name, batch, note)));
  }
  return steps;
}

/** One more look before whatever would end something, once in a phase: its providers work side by side. */
function refusedOf(
  input: ExecuteInput,
  changes: readonly Change[],
  steps: readonly Step[],
): Promise<ReadonlyMap<Change, Refusal>> {
  const open = changes.filter((change) => skipReason(change, steps, input.scope.signal) === undefined);
  return refusedNow(open, doneOf(steps), input);
}

const doneOf = (steps: readonly Step[]): readonly Change[] =>
  steps.filter(({ result }) => result === 'done').map(({ change }) => change);

function skipReason(change: Change, steps: readonly Step[], signal: AbortSignal | undefined): string | undefined {
  if (signal?.aborted === true) return 'interrupted';
  const failed = steps.find(
    ({ change: { group }, result }) => result === 'failed' && (group === 'fleet' || group === change.group),
  );
  return failed === undefined ? undefined : `${failed.change.address} failed`;
}

function byProvider(changes: readonly Change[]): ReadonlyMap<string, readonly Change[]> {
  const names = [...new Set(changes.map(({ provider }) => provider))];
  return new Map(names.map((name) => [name, changes.filter(({ provider }) => provider === name)]));
}

async function runBatch(
  input: ExecuteInput,
  name: string,
  batch: readonly Change[],
  note: (step: Step) => void,
): Promise<void> {
  const outcomes = await applyBatch(input, name, batch);
  for (const change of batch) {
    const outcome = outcomes.find(({ address }) => address === change.address);
    if (outcome?.done === true) note({ change, result: 'done' });
    else
      note({
        change,
        result: 'failed',
        error: outcome?.error ?? new Error(`${name} said nothing of ${change.address}`),
      });
  }
}

async function applyBatch(
  { providers, port, scope }: ExecuteInput,
  name: string,
  batch: readonly Change[],
): Promise<readonly Outcome[]> {
  try {
    const provider = providers.find((candidate) => candidate.name === name);
    if (provider === undefined) throw new Error(`there is no provider ${name}`);
    return await provider.apply(port, batch, scope);
  } catch (error) {
    return batch.map(({ address }) => ({ address, done: false, error: errorOf(error) }));
  }
}
