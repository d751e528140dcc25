/** What of a text is lost and what is new, line by line. */
export function differenceOf(before: string, after: string): string {
  const [was, is] = [before.split('\n'), after.split('\n')];
  const lost = was.filter((line) => !is.includes(line)).map((line) => `  - ${line}`);
  const found = is.filter((line) => !was.includes(line)).map((line) => `  + ${line}`);
  return [...lost, ...found].join('\n');
}
