import { FleetError } from '../../../model/error.ts';
import type { WritePort } from '../../../model/host.ts';
import type { Plan } from '../../../model/plan.ts';
import type { Policy } from '../../../reconciler/policy.ts';
import { tellAndConfirm } from '../../confirm.ts';
import { requireAgents } from '../../agent-names.ts';
import { openEngine, openPlace } from '../../context.ts';
import { run as showPlan } from './plan.ts';
import { readManifestFile, whoElseMayWrite } from '../../../host/manifest-file.ts';
import { loadFleet, requireManifestFile } from '../../load-fleet.ts';
import { remember } from '../../manifest-cache.ts';
import { mutate } from '../../mutate.ts';
import { asManifest, isFile, isYamlName } from '../../named-file.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { personalPolicy } from '../../policy.ts';
import { interruptSignal } from '../../signals.ts';
import { reportResult } from '../../view/result.ts';
import { noteWarnings } from '../../view/warnings.ts';

export interface ApplyOptions extends CommonOptions {
  readonly now?: boolean;
  readonly allowDelete?: string;
  readonly dryRun?: boolean;
  /** How old a saved plan may be. */
  readonly maxAge?: string;
  readonly verbose?: boolean;
}

/** Makes the fleet as the manifest says, or only the named agents and what they need, or what a saved plan says. */
export async function run(agents: readonly string[], options: ApplyOptions): Promise<number> {
  const file = agents.find(isFile);
  if (file !== undefined) return applyFile(file, agents, options);
  if (options.maxAge !== undefined)
    throw new FleetError('E_USAGE', '--max-age is about a saved plan, and none is named');
  if (options.dryRun === true) return showPlan(agents, options);
  return applyWith({ command: ['fleet apply', ...agents].join(' '), agents, policy: {} }, options);
}

async function applyFile(file: string, others: readonly string[], options: ApplyOptions): Promise<number> {
  if (others.length === 1) return (await import('../../reviews.ts')).applyPlan(file, options);
  const message = `${file} is a saved plan and is applied alone, without further arguments`;
  if (!isYamlName(file)) throw new FleetError('E_USAGE', message);
  const agents = others.filter((name) => name !== file);
  throw new FleetError('E_USAGE', `${file} is no agent`, { hint: asManifest('apply', file, agents) });
}

export interface ApplyRequest {
  readonly command: string;
  readonly agents: readonly string[];
  readonly policy: Partial<Policy>;
}

/** The apply behind `apply` and `install`: load, plan, show, confirm, act, report. */
export async function applyWith(request: ApplyRequest, options: ApplyOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  requireManifestFile(options);
  const loaded = await loadFleet(options, place);
  noteWarnings(loaded, output);
  const others = whoElseMayWrite(loaded.path, readManifestFile(loaded.path), place.identity.uid);
  if (others !== undefined) output.note(`warning: ${others}`);
  const policy: Policy = { ...personalPolicy(request.agents, options), ...request.policy };
  requireAgents(loaded.fleet, request.agents);
  const mutation = {
    command: request.command,
    fleet: loaded.fleet,
    policy,
    prepare: (port: WritePort) => remember(port.writer, place.home, loaded),
    confirm: (plan: Plan) =>
      tellAndConfirm(plan, { manifest: loaded.file, verbose: options.verbose === true }, { options, output }),
  };
  const result = await mutate(place, openEngine(place, interruptSignal()), mutation, { options, output });
  reportResult(result, { output, told: result.before.plan });
  return result.exit;
}
