const RED = 31;
const GREEN = 32;
const YELLOW = 33;
const BOLD = 1;

/** Behind the first column of a table, and before another or the end: no words of a sentence. */
const cell = (words: string): RegExp => new RegExp(`(?<=^[a-z0-9-]+ {2,})(?:${words})(?=$| {2,}| \\*| \\()`);

/** Behind the name of an agent of which it is said. */
const told = (words: string): RegExp => new RegExp(`(?<=^[a-z0-9-]+: )(?:${words})(?![A-Za-z])`);

/** What catches the eye of a person, and how; the first that fits a line counts. */
const PAINTS: readonly (readonly [RegExp, number])[] = [
  [/^(?:[a-z0-9-]+: )?(?!Ready)[A-Z][A-Za-z]+(?=: no longer$)/, GREEN],
  [/^ *\+(?= )/, GREEN],
  [/^ *[~±](?= )/, YELLOW],
  [/^ *-(?= )/, RED],
  [/^!(?= )/, RED],
  [/^(?:error:|(?:FAILED|BAD)(?= {3})|(?:NOT verified|ManifestInvalid|ManifestExposed|Stalled|Ready: False)\b)/, RED],
  [/^(?:warning:|needs you:|skipped(?= {2})|warn(?= {2})|Flapping:)/, YELLOW],
  [/^(?:(?:done|ok)(?= {2})|Verified\b|No changes\.|Ready:)/, GREEN],
  [/^(?:Plan:|AGENT .*)/, BOLD],
  [cell('running|done'), GREEN],
  [cell('starting|skipped|unknown'), YELLOW],
  [cell('failed|FAILED|crash-looping|missing'), RED],
  [told('delivered|Ready(?!: (?:False|no longer))'), GREEN],
  [told('unverified|Flapping'), YELLOW],
  [told('refused|CrashLoop|Ready: False'), RED],
];

/** Lines with colours for what a person looks for first. They say the same without. */
export const painted = (text: string): string => text.split('\n').map(paintedLine).join('\n');

function paintedLine(line: string): string {
  const [pattern, colour] = PAINTS.find(([one]) => one.test(line)) ?? [];
  return pattern === undefined ? line : line.replace(pattern, (words) => `\u001b[${colour}m${words}\u001b[0m`);
}
