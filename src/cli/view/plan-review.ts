import { isEmpty, type Plan } from '../../model/plan.ts';
import { printable } from './printable.ts';
import { summaryLine } from './plan-text.ts';

/** The plan as a page for a review: a row per change, what hinders, and the counting line first. No env values at all. */
export function planMarkdown(plan: Plan): string {
  const rows = plan.changes.map(
    ({ group, action, address, because, disruption }) =>
      `| ${group} | ${action} | \`${cell(address)}\` | ${cell(because)} | ${disruption} |`,
  );
  const hindered = [
    ...plan.blocked.map(({ group, reason, message }) => `- **blocked** ${group} (${reason}): ${cell(message)}`),
    ...plan.deferred.map(({ group, reason, hint }) => `- **waits** ${group} (${reason}): ${cell(hint)}`),
    ...plan.holds.map(({ agent }) => `- held by stop: ${agent}`),
    ...plan.conditions.map(({ type, message }) => `- ${type}: ${cell(message)}`),
  ];
  const head = ['| group | action | address | because | disruption |', '|---|---|---|---|---|'];
  return [
    `## Plan for fleet ${plan.fleet}`,
    '',
    summaryLine(plan),
    ...(rows.length > 0 ? ['', ...head, ...rows] : []),
    ...(hindered.length > 0 ? ['', ...hindered] : []),
    '',
  ].join('\n');
}

const cell = (text: string): string => printable(text).replaceAll('|', '\\|');

/** The plan as annotations of GitHub Actions, on the manifest's lines that cause the changes. */
export function planGithub(plan: Plan, manifest: string): string {
  const notices = plan.changes
    .filter(({ address }) => /^(session|server)\./.test(address))
    .map(({ line = 1, action, group, because }) =>
      annotation('notice', { manifest, line }, `${action} ${group}: ${because}`),
    );
  const errors = plan.blocked.map(({ group, message }) =>
    annotation('error', { manifest, line: 1 }, `${group}: ${message}`),
  );
  return [...notices, ...errors, isEmpty(plan) ? summaryLine(plan) : `::notice::${summaryLine(plan)}`].join('\n');
}

const annotation = (level: string, at: { manifest: string; line: number }, text: string): string =>
  `::${level} file=${at.manifest},line=${at.line}::${printable(text).replaceAll('%', '%25')}`;
