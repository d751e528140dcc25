import type { Fleet } from '../../../model/fleet.ts';
import { isEmpty, type Plan } from '../../../model/plan.ts';
import { APPLY, type Policy } from '../../../reconciler/policy.ts';
import { look } from '../../../reconciler/pass.ts';
import { openEngine, openPlace } from '../../context.ts';
import { loadFleet } from '../../load-fleet.ts';
import { refuseBlind } from '../../mutate.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { planDiff } from '../../view/plan-diff.ts';
import { planJson } from '../../view/plan-json.ts';
import { planGithub, planMarkdown } from '../../view/plan-review.ts';
import { planText } from '../../view/plan-text.ts';
import { noteWarnings } from '../../view/warnings.ts';

export interface PlanOptions extends CommonOptions {
  readonly detailedExitcode?: boolean;
  readonly verbose?: boolean;
  readonly diff?: boolean;
}

function answer(plan: Plan, manifest: string, { output, verbose }: PlanOptions): string {
  if (output === 'markdown') return planMarkdown(plan);
  if (output === 'github') return planGithub(plan, manifest);
  return planText(plan, { manifest, verbose: verbose === true });
}

const partIsDone = (names: readonly string[]): string =>
  `No changes for ${names.join(', ')}. That part is as the manifest says.`;

/** Shows what an apply of this policy would do. Mutates nothing, takes no lock. */
export async function run(options: PlanOptions, policyOf: (fleet: Fleet) => Policy = () => APPLY): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const loaded = await loadFleet(options, place);
  noteWarnings(loaded, output);
  const policy = policyOf(loaded.fleet);
  const seen = await look(openEngine(place), loaded.fleet, policy);
  refuseBlind(seen);
  const isIdlePart = policy.only !== undefined && isEmpty(seen.plan) && options.output === 'text';
  output.text(isIdlePart ? partIsDone(policy.only ?? []) : answer(seen.plan, loaded.file, options));
  if (options.diff === true) output.text(await planDiff(seen, place.read.files));
  output.data(planJson(seen.plan));
  return options.detailedExitcode === true && !isEmpty(seen.plan) ? 2 : 0;
}
