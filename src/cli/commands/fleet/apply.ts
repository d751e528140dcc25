import { FleetError } from '../../../model/error.ts';
import type { WritePort } from '../../../model/host.ts';
import { isEmpty, type Plan } from '../../../model/plan.ts';
import { nearest } from '../../../manifest/suggest.ts';
import { APPLY, type Policy } from '../../../reconciler/policy.ts';
import { confirmPlan, refuseWhole } from '../../confirm.ts';
import { openEngine, openPlace } from '../../context.ts';
import { run as showPlan } from './plan.ts';
import { loadFleet } from '../../load-fleet.ts';
import { remember } from '../../manifest-cache.ts';
import { mutate } from '../../mutate.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { interruptSignal } from '../../signals.ts';
import { planText } from '../../view/plan-text.ts';
import { reportResult } from '../../view/result.ts';
import { noteWarnings } from '../../view/warnings.ts';

export interface ApplyOptions extends CommonOptions {
  readonly now?: boolean;
  readonly allowDelete?: string;
  readonly dryRun?: boolean;
  readonly verbose?: boolean;
}

/** Makes the fleet as the manifest says, or only the named agents and what they need. */
export async function run(agents: readonly string[], options: ApplyOptions): Promise<number> {
  if (options.dryRun === true) {
    return showPlan(options, (fleet) => {
      requireAgents(fleet, agents);
      return policyOf(agents, options);
    });
  }
  return applyWith({ command: ['fleet apply', ...agents].join(' '), agents, policy: {} }, options);
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
  const policy: Policy = { ...policyOf(request.agents, options), ...request.policy };
  requireAgents(loaded.fleet, request.agents);
  const mutation = {
    command: request.command,
    fleet: loaded.fleet,
    policy,
    prepare: (port: WritePort) => remember(port.writer, place.home, loaded),
    confirm: async (plan: Plan): Promise<void> => {
      const story = planText(plan, { manifest: loaded.file, verbose: options.verbose === true }).trimEnd();
      // That there is nothing to do, and for which part, is the result's to say.
      const told = isEmpty(plan) ? story.split('\n').slice(0, -1).join('\n').trimEnd() : story;
      if (told !== '') output.note(told);
      refuseWhole(plan);
      await confirmPlan(plan, options, output);
    },
  };
  const result = await mutate(place, openEngine(place, interruptSignal()), mutation, { options, output });
  reportResult(result, output);
  return result.exit;
}

function policyOf(agents: readonly string[], options: ApplyOptions): Policy {
  const allow = options.allowDelete;
  if (allow !== undefined && !/^\d{1,4}$/.test(allow))
    throw new FleetError('E_USAGE', `--allow-delete takes a number, not ${JSON.stringify(allow)}`);
  return {
    ...APPLY,
    now: options.now === true,
    ...(agents.length === 0 ? {} : { only: agents }),
    ...(allow === undefined ? {} : { allowDelete: Number(allow) }),
  };
}

/** What changes a fleet needs a manifest that is still there for the next look, and the terminal to ask on. */
export function requireManifestFile({ manifest }: CommonOptions): void {
  if (manifest !== '-') return;
  throw new FleetError('E_USAGE', 'this changes the fleet and does not take the manifest from standard input', {
    hint: 'Save it to a file first; `validate -` and `plan -f -` do read standard input.',
  });
}

/** Names are exact, never prefixes or globs: an unknown one is refused with the nearest that exists. */
export function requireAgents(fleet: KnownAgents, names: readonly string[]): void {
  const known = fleet.agents.map(({ name }) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown === undefined) return;
  const guess = nearest(unknown, known);
  const hint = guess === undefined ? `Known agents: ${known.join(', ') || 'none'}` : `Did you mean ${guess}?`;
  throw new FleetError('E_UNKNOWN_AGENT', `there is no agent ${JSON.stringify(unknown)} in fleet ${fleet.name}`, {
    hint,
  });
}

/** A fleet, or what is known of one. */
interface KnownAgents {
  readonly name: string;
  readonly agents: readonly { readonly name: string }[];
}
