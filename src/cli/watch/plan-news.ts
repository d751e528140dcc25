import { isEmpty, type Plan } from '../../model/plan.ts';
import { planText } from '../view/plan-text.ts';
import type { Story } from './story.ts';

/** A plan as it was told: each thing it says, with the lines that belong to it. */
export type Told = readonly string[];

/** What a plan says beyond its last line, which counts. */
export const entriesOf = (plan: string): Told =>
  plan
    .trimEnd()
    .split(/\n(?=\S)/)
    .slice(0, -1)
    .map((one) => one.trimEnd());

/** Of a plan only what the one before did not say; nothing, where it says no more. Its last line counts all of it. */
export function planNews(before: Told, plan: string): string | undefined {
  const known = new Set(before);
  const entries = entriesOf(plan);
  const news = entries.filter((entry) => !known.has(entry));
  if (news.length === 0) return undefined;
  const same = entries.length - news.length;
  const summary = plan.trimEnd().split('\n').at(-1) ?? '';
  return [...news, same === 0 ? summary : `${summary} Unchanged: ${same} more.`].join('\n');
}

/** Tells of each plan what it says anew. Of an agent on its way up its own condition tells. */
export function planTeller(story: Story, path: string): (plan: Plan) => void {
  const manifest = path.slice(path.lastIndexOf('/') + 1);
  let told: Told = [];
  return (whole) => {
    const plan = { ...whole, deferred: whole.deferred.filter(({ reason }) => reason !== 'starting') };
    const text = planText(plan, { manifest, verbose: false });
    const news = isEmpty(plan) ? undefined : planNews(told, text);
    if (news !== undefined) story.say('info', news, { changes: plan.changes.length });
    told = entriesOf(text);
  };
}
