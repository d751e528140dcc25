import { HIDDEN } from '../../model/conceal.ts';
import { isEmpty, type Change, type Plan } from '../../model/plan.ts';
import { annotation, remark, type AnnotationLevel } from './github.ts';
import { cappedPage, codeSpan, folded, plain, type Section } from './markdown.ts';
import { printable } from './printable.ts';
import { summaryLine } from './plan-text.ts';
import { shownPatch } from './redact.ts';

/**
 * The plan as a page for a review: the counting line, then what ends or restarts an agent, what is in the way, what
 * starts, and folded away all the rest. At most 60 kB, and no env values at all.
 */
export function planMarkdown(plan: Plan): string {
  const hard = plan.changes.filter(isHard).toSorted((a, b) => weight(b) - weight(a));
  const runs = plan.changes.filter((change) => isRun(change) && !isHard(change)).toSorted(agentsFirst);
  const others = plan.changes.filter((change) => !isRun(change) && !isHard(change));
  const title = [`## Plan for fleet ${plain(plan.fleet)}`, '', `**${plain(summaryLine(plan))}**`];
  const sections: readonly Section[] = [
    { head: ['', '### Ends, restarts or deletes', '', ...TABLE], lines: hard.map(row) },
    { head: ['', '### In the way', ''], lines: hindrances(plan) },
    { head: ['', '### Starts', '', ...TABLE], lines: runs.map(row) },
    folded(`Other changes: ${others.length}`, others.map(row), TABLE),
    folded('Fields that change', plan.changes.flatMap(fields)),
    folded('Notes', notes(plan)),
  ];
  return cappedPage(title, sections, 'All of it: `mosaic fleet plan -v`.');
}

const TABLE = ['| group | action | address | because | disruption |', '|---|---|---|---|---|'];

const WEIGHTS: Readonly<Record<Change['disruption'], number>> = { fleet: 4, kill: 3, restart: 2, live: 0, none: 0 };

/** A deletion weighs something even where no process ends. */
const weight = ({ disruption, action }: Change): number => Math.max(WEIGHTS[disruption], action === 'delete' ? 1 : 0);

const isHard = (change: Change): boolean => weight(change) > 0;

const row = ({ group, action, address, because, disruption }: Change): string =>
  `| ${plain(group)} | ${action} | ${codeSpan(address)} | ${plain(because)} | ${disruption} |`;

const agentsFirst = (a: Change, b: Change): number => Number(a.group === 'fleet') - Number(b.group === 'fleet');

const hindrances = ({ blocked, deferred }: Plan): readonly string[] => [
  ...blocked.map(({ group, reason, message }) => `- **blocked** ${plain(group)} (${reason}): ${plain(message)}`),
  ...deferred.map(({ group, reason, hint }) => `- **waits** ${plain(group)} (${reason}): ${plain(hint)}`),
];

const fields = (change: Change): readonly string[] =>
  shownPatch(change).map(({ op, path, text }) => {
    const value = text !== '' && path.split('/').includes('env') ? HIDDEN : text;
    return `- ${codeSpan(change.address)}: ${op} ${codeSpan(path)} ${codeSpan(value)}`.trimEnd();
  });

const notes = ({ holds, foreign, conditions }: Plan): readonly string[] => [
  ...holds.map(({ agent }) => `- held by stop: ${plain(agent)}`),
  ...foreign.map(({ address, message }) => `- not ours, left alone: ${codeSpan(address)} (${plain(message)})`),
  ...conditions.map(({ type, message }) => `- ${plain(type)}: ${plain(message)}`),
];

interface Remark {
  readonly level: AnnotationLevel;
  readonly line: number;
  readonly text: string;
}

/** What is worth a word beside the manifest: what is in the way, and what happens to each agent and to the server. */
function remarks({ changes, blocked, deferred }: Plan): readonly Remark[] {
  const groups = [...new Set(changes.filter(isTold).map(({ group }) => group))];
  return [
    ...blocked.map(({ group, message, line = 1 }): Remark => ({ level: 'error', line, text: `${group}: ${message}` })),
    ...groups.flatMap((group) => remarkOn(changes.filter((change) => change.group === group && isTold(change)))),
    ...deferred.map(({ group, hint, line = 1 }): Remark => ({
      level: 'notice',
      line,
      text: `${group} waits: ${hint}`,
    })),
  ];
}

const isRun = ({ address }: Change): boolean => /^(session|server)\./.test(address);

const isTold = (change: Change): boolean => isRun(change) || isHard(change);

/** Of the changes of one group the one that says most: what happens to its process. */
function remarkOn(changes: readonly Change[]): readonly Remark[] {
  const lead = changes.find(isRun) ?? changes[0];
  if (lead === undefined) return [];
  const { group, action, because, line = 1 } = lead;
  return [{ level: changes.some(isHard) ? 'warning' : 'notice', line, text: `${action} ${group}: ${because}` }];
}

/** The plan as annotations of GitHub Actions, on the manifest's lines that cause the changes. */
export const planGithub = (plan: Plan, file: string): string =>
  [
    ...remarks(plan).map(({ level, line, text }) => annotation(level, { file, line }, text)),
    isEmpty(plan) ? summaryLine(plan) : remark('notice', summaryLine(plan)),
  ].join('\n');

/** The same as `file:line:col` lines, for a log that knows no annotations. */
export const planLines = (plan: Plan, file: string): readonly string[] =>
  remarks(plan).map(({ level, line, text }) => printable(`${file}:${line}:1: ${level}: ${text}`));
