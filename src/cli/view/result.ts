import { groupTitle } from '../../model/resource.ts';
import { isEmpty, type Plan } from '../../model/plan.ts';
import type { MutationResult } from '../mutate.ts';
import type { Output } from '../options.ts';
import { planJson } from './plan-json.ts';
import { heldText, remainderLine } from './plan-text.ts';
import { printable } from './printable.ts';

export interface Reporting {
  readonly output: Output;
  /** What it went by is the manifest, and all of it. */
  readonly whole?: boolean;
  /** The plan that was told before its first step: what stood there is not said again, but by name in the last line. */
  readonly told?: Plan | undefined;
}

/** What a mutating command did and what is left, and why. */
export function reportResult(result: MutationResult, { output, whole = true, told }: Reporting): void {
  const { after, rest, steps } = result;
  for (const line of whyLines(after.plan, told)) output.note(line);
  const elsewhere = beside(rest, after.plan);
  if (!isEmpty(elsewhere)) output.note(`elsewhere: ${remainderLine(elsewhere)}`);
  output.text(`${doneText(result)} ${leftText(result, whole)}`);
  output.data({
    formatVersion: '1.0',
    steps: steps.map((step) => ({
      address: step.change.address,
      action: step.change.action,
      result: step.result,
      ...(step.result === 'failed' ? { error: step.error.message } : {}),
      ...(step.result === 'skipped' ? { because: step.because } : {}),
    })),
    left: planJson(after.plan),
  });
}

/** Why something is left, and what a person should know beside it. */
function whyLines({ blocked, deferred, conditions }: Plan, told: Plan | undefined): readonly string[] {
  const known = new Set(told === undefined ? [] : whyLines(told, undefined));
  return [
    ...blocked.map(({ group, message, hint, reason }) => `left: ${groupTitle(group)}: ${reason}: ${message}; ${hint}`),
    ...deferred.map(({ group, reason, hint }) => `waits: ${groupTitle(group)}: ${reason}: ${hint}`),
    ...conditions.map(({ type, message }) => `${type}: ${message}`),
  ]
    .map(printable)
    .filter((line) => !known.has(line));
}

/** What is left of groups that the plan of the named part does not tell of. */
function beside(rest: Plan, { changes, blocked, deferred }: Plan): Plan {
  const told = new Set([...changes, ...blocked, ...deferred].map(({ group }) => group));
  const isOther = ({ group }: { readonly group: string }): boolean => !told.has(group);
  return {
    ...rest,
    changes: rest.changes.filter(isOther),
    blocked: rest.blocked.filter(isOther),
    deferred: rest.deferred.filter(isOther),
  };
}

function doneText({ steps, exit }: MutationResult): string {
  if (steps.length === 0) return exit === 3 ? 'Nothing done.' : 'No changes.';
  const done = steps.filter(({ result }) => result === 'done').length;
  const failed = steps.filter(({ result }) => result === 'failed' || result === 'skipped').length;
  return `${done} ${done === 1 ? 'change' : 'changes'} done${failed > 0 ? `, ${failed} not` : ''}.`;
}

/** How many of those that the command was about. */
const heldOf = ({ plan, policy: { only } }: MutationResult['after']): number =>
  plan.holds.filter(({ agent }) => only?.includes(agent) !== false).length;

function leftText({ after, rest, exit }: MutationResult, whole: boolean): string {
  if (exit === 3) return `Left: ${remainderLine(after.plan)}`;
  if (!whole) return 'What was asked for is so.';
  if (!isEmpty(rest)) return `That part is as the manifest says${heldText(heldOf(after))}.`;
  return `The fleet matches the manifest${heldText(rest.holds.length)}.`;
}
