import type { Fleet } from '../model/fleet.ts';
import { plainJson } from '../model/plain-json.ts';
import type { Plan } from '../model/plan.ts';
import { statesOf, wantedOf } from '../reconciler/pass.ts';
import type { PlanInput } from '../reconciler/plan.ts';
import { APPLY, type Policy } from '../reconciler/policy.ts';
import { createProviders } from './providers.ts';
import { concealWith } from './snapshot/conceal.ts';
import type { Snapshot } from './snapshot/document.ts';
import { observedFor, requireFleet } from './snapshot/observed.ts';
import { parseSnapshot as parse } from './snapshot/read.ts';
import { planJson } from './view/plan-json.ts';
import { planGithub, planMarkdown } from './view/plan-review.ts';
import { planText } from './view/plan-text.ts';

/** Reads a snapshot's text. Throws E_SNAPSHOT for what is none or damaged, E_SNAPSHOT_VERSION for one of another mosaic. */
export const parseSnapshot = (text: string): Snapshot => parse(text, 'the snapshot');

/**
 * What a plan for this fleet is made of on the snapshot's host. Reads the scripts of this package, and nothing of the host.
 * Throws E_OTHER_FLEET for a snapshot of another fleet. Without a policy it is that of `mosaic fleet apply`.
 */
export function planInput(fleet: Fleet, snapshot: Snapshot, policy: Policy = APPLY): PlanInput {
  requireFleet(snapshot, fleet, 'the snapshot');
  const observed = observedFor(snapshot, fleet);
  return {
    fleet,
    desired: wantedOf(createProviders(), fleet, observed.host),
    observed,
    policy,
    activity: statesOf(snapshot.activity),
    conceal: concealWith(snapshot.salt),
  };
}

export interface FormatOptions {
  /** `text` unless it is given. */
  readonly format?: 'text' | 'json' | 'markdown' | 'github';
  /** What the manifest is called where a line of it is named: `fleet.yaml` unless it is given. */
  readonly manifest?: string;
  /** Every resource and field; `text` alone takes notice of it. */
  readonly verbose?: boolean;
}

/** The plan as `mosaic fleet plan` prints it: no secrets, no clock, no colour. */
export function formatPlan(plan: Plan, options: FormatOptions = {}): string {
  const { format = 'text', manifest = 'fleet.yaml', verbose = false } = options;
  switch (format) {
    case 'text':
      return planText(plan, { manifest, verbose });
    case 'json':
      return `${plainJson(planJson(plan), 2)}\n`;
    case 'markdown':
      return planMarkdown(plan);
    case 'github':
      return `${planGithub(plan, manifest)}\n`;
    default:
      return format satisfies never;
  }
}
