import { relative } from 'node:path';
import { FleetError } from '../../../model/error.ts';
import type { Fleet } from '../../../model/fleet.ts';
import { isEmpty, type Plan } from '../../../model/plan.ts';
import type { Policy } from '../../../reconciler/policy.ts';
import { look, type Look } from '../../../reconciler/pass.ts';
import { createFileReader } from '../../../host/files.ts';
import { refuseBlind } from '../../blind.ts';
import { openEngine, openPlace } from '../../context.ts';
import { loadFleet, type LoadedFleet } from '../../load-fleet.ts';
import { asManifest, isFile, isYamlName } from '../../named-file.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import { withoutPids } from '../../ports.ts';
import { planDiff } from '../../view/plan-diff.ts';
import { planJson } from '../../view/plan-json.ts';
import { heldText, planText } from '../../view/plan-text.ts';
import { noteWarnings } from '../../view/warnings.ts';
import { personalPolicy } from '../../policy.ts';

export interface PlanOptions extends CommonOptions {
  readonly detailedExitcode?: boolean;
  readonly verbose?: boolean;
  readonly diff?: boolean;
  readonly now?: boolean;
  readonly allowDelete?: string;
  /** A snapshot that stands in for the look at this host. */
  readonly observed?: string;
  /** Where the plan is saved. */
  readonly out?: string;
}

/** The plan for people, or the page and the annotations of a review. */
async function tell({ plan, policy }: Look, { path, file }: LoadedFleet, { options, output }: Telling): Promise<void> {
  if (options.output === 'github' || options.output === 'markdown') {
    const { planGithub, planLines, planMarkdown } = await import('../../view/plan-review.ts');
    const name = inCheckout(path, file);
    output.text(options.output === 'markdown' ? planMarkdown(plan) : planGithub(plan, name));
    // Many a CI shows no annotations, and its log no page.
    for (const line of planLines(plan, name)) output.note(line);
  } else if (policy.only !== undefined && isEmpty(plan) && options.output === 'text')
    output.text(partIsDone(policy.only, plan));
  else output.text(planText(plan, { manifest: file, verbose: options.verbose === true }));
}

interface Telling {
  readonly options: PlanOptions;
  readonly output: Output;
}

/** The manifest as a pull request names it: from here, where the top of a checkout usually is; else its base name. */
function inCheckout(path: string, file: string): string {
  const below = relative(process.cwd(), path);
  return path === '-' || below.startsWith('..') ? file : below;
}

function partIsDone(names: readonly string[], { holds }: Plan): string {
  const held = holds.filter(({ agent }) => names.includes(agent)).length;
  return `No changes for ${names.join(', ')}. That part is as the manifest says${heldText(held)}.`;
}

/** What the plan is made of, and the host it is for, where that is not this one. */
interface Planned {
  readonly loaded: LoadedFleet;
  readonly seen: Look;
  readonly hostId?: string;
}

/** Shows what an apply of these agents, or of all, would do. Mutates nothing, takes no lock. */
export async function run(agents: readonly string[], options: PlanOptions): Promise<number> {
  refuseFile(agents);
  // Seldom are some named: what suggests the right ones is loaded for that alone.
  const check = agents.length === 0 ? undefined : (await import('../../agent-names.ts')).requireAgents;
  const policyOf = (fleet: Fleet): Policy => {
    check?.(fleet, agents);
    return personalPolicy(agents, options);
  };
  const output = createOutput(options);
  const planned = await (options.observed === undefined ? lookHere(options, policyOf) : lookThere(options, policyOf));
  const { loaded, seen } = planned;
  noteWarnings(loaded, output);
  refuseBlind(seen);
  const saved = await save(options.out, planned);
  await tell(seen, loaded, { options, output });
  if (options.diff === true) await tellDiff(seen, output);
  output.data(planJson(seen.plan));
  for (const line of saved) output.note(line);
  return options.detailedExitcode === true && !isEmpty(seen.plan) ? 2 : 0;
}

/** What would be written, set off from the plan. */
async function tellDiff(seen: Look, output: Output): Promise<void> {
  const text = await planDiff(seen, createFileReader());
  if (text !== '') output.text(`\n${text}`, 'kept');
}

function refuseFile(agents: readonly string[]): void {
  const file = agents.find(isFile);
  if (file === undefined) return;
  const others = agents.filter((name) => name !== file);
  const hint = isYamlName(file)
    ? asManifest('plan', file, others)
    : `What a saved plan would do: mosaic fleet apply --dry-run ${file}`;
  throw new FleetError('E_USAGE', `${file} is no agent`, { hint });
}

async function lookHere(options: PlanOptions, policyOf: (fleet: Fleet) => Policy): Promise<Planned> {
  const place = await openPlace(options);
  const loaded = await loadFleet(options, place);
  const engine = { ...openEngine(place), read: withoutPids(place.read) };
  return { loaded, seen: await look(engine, loaded.fleet, policyOf(loaded.fleet)) };
}

async function lookThere(options: PlanOptions, policyOf: (fleet: Fleet) => Policy): Promise<Planned> {
  if (options.diff === true) {
    const hint =
      'See every field that changes with -v; for whole texts, render both manifests with --observed and compare them.';
    throw new FleetError('E_USAGE', '--diff compares with texts of the host, which no snapshot holds', { hint });
  }
  const { recallSnapshot } = await import('../../reviews.ts');
  const { loaded, seen, snapshot } = await recallSnapshot(options.observed ?? '', options, policyOf);
  return { loaded, seen, hostId: snapshot.hostId };
}

/** Says where it is and how it is applied: an argument without `/` or `.` would name an agent. */
async function save(file: string | undefined, planned: Planned): Promise<readonly string[]> {
  if (file === undefined) return [];
  const { savePlan } = await import('../../reviews.ts');
  savePlan(file, planned);
  return [`saved to ${file}; mosaic fleet apply ${/[./]/.test(file) ? file : `./${file}`}`];
}
