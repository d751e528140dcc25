import { groupTitle } from '../model/resource.ts';
import { FleetError, type ErrorCode } from '../model/error.ts';
import { isEmpty, type Blocked, type Plan } from '../model/plan.ts';
import type { CommonOptions, Output } from './options.ts';
import { noteInterrupt } from './signals.ts';
import { planText, type PlanTextOptions } from './view/plan-text.ts';

/** Tells what an apply is about to do; refuses it as a whole, or asks. */
export async function tellAndConfirm(
  plan: Plan,
  view: PlanTextOptions,
  { options, output }: { readonly options: CommonOptions; readonly output: Output },
): Promise<void> {
  const story = planText(plan, view).trimEnd();
  // That there is nothing to do, and for which part, is the result's to say.
  const told = isEmpty(plan) ? story.split('\n').slice(0, -1).join('\n').trimEnd() : story;
  if (told !== '') output.note(told);
  refuseWhole(plan);
  await confirmPlan(plan, options, output);
}

/** Asks when a running agent would end or something is deleted. Without a terminal only `--yes` goes on. */
export async function confirmPlan(plan: Plan, options: CommonOptions, output: Output): Promise<void> {
  const grave = plan.changes.filter(
    ({ action, disruption }) => action === 'delete' || ['restart', 'kill', 'fleet'].includes(disruption),
  );
  if (grave.length === 0 || options.yes === true) return;
  const agents = [...new Set(grave.map(({ group }) => groupTitle(group)))].join(', ');
  const text = `This ends or deletes something of: ${agents}. Go on? [y/N] `;
  await ask({ text, isRight: (answer) => /^y(es)?$/i.test(answer), hint: 'Answer y to go on.' }, output);
}

let asked = false;

/** True once a person was asked: time has passed since the look their answer is about. */
export const wasAsked = (): boolean => asked;

export interface Question {
  readonly text: string;
  readonly isRight: (answer: string) => boolean;
  /** Which answer would have been right. */
  readonly hint: string;
}

/** Asks one question on the terminal and refuses (exit 4) unless the answer is right. */
export async function ask({ text, isRight, hint }: Question, output: Output): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new FleetError('E_CONFIRM', 'this needs a confirmation, and there is no terminal to ask on', {
      hint: 'Pass --yes if that is meant.',
    });
  }
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  asked = true;
  try {
    const answer = await terminal.question(text);
    if (!isRight(answer.trim())) throw new FleetError('E_CONFIRM', 'not confirmed, nothing was done', { hint });
  } catch (error) {
    if (error instanceof FleetError) throw error;
    // Ctrl-C and Ctrl-D reach readline as keys, and it gives the question up.
    if (String(error).includes('Ctrl+C')) noteInterrupt();
    throw new FleetError('E_CONFIRM', 'nothing was done', { hint: 'The question was not answered.', cause: error });
  } finally {
    terminal.close();
    output.note('');
  }
}

/** What refuses a whole apply before its first step. */
const WHOLE: ReadonlySet<Blocked['reason']> = new Set(['foreign-server', 'foreign-sessions', 'mass-delete']);

const REFUSALS: Partial<Record<Blocked['reason'], ErrorCode>> = {
  'foreign-server': 'E_FOREIGN_SERVER',
  'foreign-sessions': 'E_FOREIGN_SESSIONS',
  'mass-delete': 'E_MASS_DELETE',
  self: 'E_SELF',
};

/** Throws when the plan is refused as a whole: nothing of it could be done, or nothing of it should. */
export function refuseWhole(plan: Plan): void {
  const isIdle = plan.changes.length === 0;
  const refused = plan.blocked.find(({ reason }) => WHOLE.has(reason) || (isIdle && reason === 'self'));
  if (refused === undefined) return;
  const code = REFUSALS[refused.reason] ?? 'E_STATE';
  throw new FleetError(code, refused.message, { hint: refused.hint });
}
