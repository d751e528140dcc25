import type { Step } from '../../reconciler/execute.ts';
import { printable } from './printable.ts';

/** One line of progress per finished step. */
export function stepLine(step: Step): string {
  const { change } = step;
  const what = `${change.action} ${change.address}`;
  switch (step.result) {
    case 'done':
      return `done     ${what}`;
    case 'failed':
      return `FAILED   ${what}: ${printable(step.error.message)}`;
    case 'skipped':
      return `skipped  ${what}: ${printable(step.because)}`;
    default:
      return step satisfies never;
  }
}
