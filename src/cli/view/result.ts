import { isEmpty } from '../../model/plan.ts';
import type { MutationResult } from '../mutate.ts';
import type { Output } from '../options.ts';
import { planJson } from './plan-json.ts';
import { summaryLine } from './plan-text.ts';
import { printable } from './printable.ts';

/** What a mutating command did and what is left, and why. */
export function reportResult(result: MutationResult, output: Output): void {
  const { after, rest, steps } = result;
  const count = (wanted: string): number => steps.filter(({ result: got }) => got === wanted).length;
  const failed = count('failed') + count('skipped');
  const done = `${count('done')} ${count('done') === 1 ? 'change' : 'changes'} done`;
  output.text(
    steps.length === 0 && rest === after.plan
      ? summaryLine(after.plan)
      : `${done}${failed > 0 ? `, ${failed} not` : ''}. ${leftText(result)}`,
  );
  if (rest !== after.plan && !isEmpty(rest)) output.note(`elsewhere: ${summaryLine(rest)}`);
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
    })),
    left: planJson(after.plan),
  });
}

function leftText({ after, rest, exit }: MutationResult): string {
  if (exit === 3) return `Left: ${summaryLine(after.plan)}`;
  return rest === after.plan || isEmpty(rest)
    ? 'The fleet matches the manifest.'
    : 'That part is as the manifest says.';
}
