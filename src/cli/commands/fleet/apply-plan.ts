import { basename, resolve } from 'node:path';
import { FleetError } from '../../../model/error.ts';
import { systemClock } from '../../../host/clock.ts';
import { readDocument } from '../../../host/document-file.ts';
import { look, type Look } from '../../../reconciler/pass.ts';
import { APPLY, type Policy } from '../../../reconciler/policy.ts';
import { refuseBlind } from '../../blind.ts';
import { tellAndConfirm } from '../../confirm.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { loadFleet, type LoadedFleet } from '../../load-fleet.ts';
import { remember } from '../../manifest-cache.ts';
import { mutate, type Mutation } from '../../mutate.ts';
import { asManifest, isYamlName } from '../../named-file.ts';
import { createOutput, type Output } from '../../options.ts';
import { checkAge, checkManifest, checkPlace } from '../../saved-plan/check.ts';
import { parseSavedPlan, type SavedPlan } from '../../saved-plan/document.ts';
import { leftOf, reviewedPart } from '../../saved-plan/select.ts';
import { markUsed, refuseUsed } from '../../saved-plan/used.ts';
import { interruptSignal } from '../../signals.ts';
import { planJson } from '../../view/plan-json.ts';
import { planText } from '../../view/plan-text.ts';
import { reportResult } from '../../view/result.ts';
import { noteWarnings } from '../../view/warnings.ts';
import type { ApplyOptions } from './apply.ts';

const MAX_BYTES = 32 * 1024 * 1024;

/** Carries out exactly what a saved plan says, once, or refuses as a whole (4) because the world has moved. */
export async function run(file: string, options: ApplyOptions): Promise<number> {
  refuseOptions(options);
  const output = createOutput(options);
  const saved = readPlan(file);
  const place = await openPlace(options);
  checkPlace(saved, place);
  checkAge(saved, options.maxAge, systemClock.nowMs());
  const loaded = await loadReviewed(saved, options, place);
  checkManifest(saved, loaded);
  noteWarnings(loaded, output);
  const job: Job = { saved, loaded, place, output, options };
  return options.dryRun === true ? show(job) : carryOut(job, `fleet apply ${basename(file)}`);
}

function readPlan(file: string): SavedPlan {
  const what = `the plan ${file}`;
  const from = { what, code: 'E_PLAN_FILE', maxBytes: MAX_BYTES, unsafe: 'E_PLAN_UNSAFE' } as const;
  let text = '';
  try {
    text = readDocument(resolve(file), from);
    return parseSavedPlan(text, what);
  } catch (error) {
    const isNoPlan = error instanceof FleetError && (error.code === from.code || error.code === from.unsafe);
    if (!isNoPlan || !(isYamlName(file) || YAML.test(text))) throw error;
    throw new FleetError(error.code, error.message, { hint: asManifest('apply', file), cause: error });
  }
}

/** A key at the beginning of a line, as no JSON has it. */
const YAML = /^(?:---|[A-Za-z]\w*:)/m;

interface Job {
  readonly saved: SavedPlan;
  readonly loaded: LoadedFleet;
  readonly place: Place;
  readonly output: Output;
  readonly options: ApplyOptions;
}

/** What was reviewed was reviewed with what it was allowed. */
function refuseOptions({ now, allowDelete }: ApplyOptions): void {
  const given = now === true ? '--now' : allowDelete === undefined ? undefined : '--allow-delete';
  if (given === undefined) return;
  const hint = `Give ${given} to the plan that is saved: mosaic fleet plan ${given} … --out FILE`;
  throw new FleetError('E_USAGE', `a saved plan is applied as it was reviewed, without ${given}`, { hint });
}

/** The manifest that is named, else the one the plan names where that is there, else the usual one. */
function loadReviewed({ manifest }: SavedPlan, options: ApplyOptions, place: Place): Promise<LoadedFleet> {
  const isThere = manifest.path !== undefined && place.read.files.stat(manifest.path) !== undefined;
  const named = options.manifest === undefined && isThere ? { manifest: manifest.path } : {};
  return loadFleet({ ...options, ...named }, place);
}

const policyOf = ({ policy }: SavedPlan): Policy => ({ ...APPLY, ...policy, reviewed: true });

/** Whether it could be applied now, and what that would do. */
async function show({ saved, loaded, place, output, options }: Job): Promise<number> {
  refuseUsed(place.read.files, place.home, saved);
  const seen = onlyReviewed(await look(openEngine(place), loaded.fleet, policyOf(saved)), saved);
  output.text(planText(seen.plan, { manifest: loaded.file, verbose: options.verbose === true }));
  output.data(planJson(seen.plan));
  return 0;
}

async function carryOut(job: Job, command: string): Promise<number> {
  const { saved, loaded, place, output, options } = job;
  const mutation: Mutation = {
    command,
    fleet: loaded.fleet,
    policy: policyOf(saved),
    check: () => refuseUsed(place.read.files, place.home, saved),
    adjust: (seen) => onlyReviewed(seen, saved),
    afterwards: (seen) => ({ ...seen, plan: leftOf(seen.plan, saved) }),
    confirm: (plan) =>
      tellAndConfirm(plan, { manifest: loaded.file, verbose: options.verbose === true }, { options, output }),
    prepare: (port) => {
      markUsed(port, { home: place.home, at: new Date(systemClock.nowMs()).toISOString() }, saved);
      remember(port.writer, place.home, loaded);
    },
  };
  const result = await mutate(place, openEngine(place, interruptSignal()), mutation, { options, output });
  reportResult(result, { output, told: result.before.plan });
  return result.exit;
}

/** A look that was blind says nothing of whether the plan is stale. */
function onlyReviewed(seen: Look, saved: SavedPlan): Look {
  refuseBlind(seen);
  return { ...seen, plan: reviewedPart(seen.plan, saved) };
}
