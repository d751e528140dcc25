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
