import { isEmpty, type Plan } from '../../model/plan.ts';
import type { MutationResult } from '../mutate.ts';
import type { Output } from '../options.ts';
import { planJson } from './plan-json.ts';
import { remainderLine } from './plan-text.ts';
import { printable } from './printable.ts';

/** What a mutating command did and what is left, and why. `whole`: what it went by is the manifest, and all of it. */
export function reportResult(result: MutationResult, output: Output, whole = true): void {
  const { after, rest, steps } = result;
  output.text(`${doneText(result)} ${leftText(result, whole)}`);
  const elsewhere = beside(rest, after.plan);
  if (!isEmpty(elsewhere)) output.note(`elsewhere: ${remainderLine(elsewhere)}`);
  for (const { group, message, hint, reason } of after.plan.blocked) {
    output.note(`left: ${group.replace(/^agent\./, '')}: ${reason}: ${printable(message)}; ${printable(hint)}`);
  }
  for (const { group, reason, hint } of after.plan.deferred)
    output.note(`waits: ${group.replace(/^agent\./, '')}: ${reason}: ${printable(hint)}`);
  for (const { type, message } of after.plan.conditions) output.note(`${type}: ${printable(message)}`);
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

function leftText({ after, rest, exit }: MutationResult, whole: boolean): string {
  if (exit === 3) return `Left: ${remainderLine(after.plan)}`;
  if (!whole) return 'What was asked for is so.';
  return isEmpty(rest) ? 'The fleet matches the manifest.' : 'That part is as the manifest says.';
}
