import { groupTitle } from '../../model/resource.ts';
import { isEmpty, type Blocked, type Change, type Deferred, type Plan } from '../../model/plan.ts';
import { printable } from './printable.ts';
import { shownPatch } from './redact.ts';

export interface PlanTextOptions {
  /** Base name of the manifest: shown with the line that causes a change. */
  readonly manifest: string;
  /** Every resource under its agent, with the fields that change. */
  readonly verbose: boolean;
}

/** The plan for people: a line per agent, what hinders, and a last line that counts. No clock, no colour, no width. */
export function planText(plan: Plan, options: PlanTextOptions): string {
  const groups = [...new Set([...plan.changes, ...plan.blocked, ...plan.deferred].map(({ group }) => group))].toSorted(
    fleetFirst,
  );
  const width = Math.min(24, Math.max(0, ...groups.map((group) => groupTitle(group).length)));
  const lines = groups.flatMap((group) => groupLines(plan, group, { ...options, width }));
  return [...lines, ...noteLines(plan), ...(lines.length > 0 ? [''] : []), summaryLine(plan), ''].join('\n');
}

type LineOptions = PlanTextOptions & { readonly width: number };

const fleetFirst = (a: string, b: string): number =>
  Number(b === 'fleet') - Number(a === 'fleet') || (a < b ? -1 : a > b ? 1 : 0);

function groupLines(plan: Plan, group: string, options: LineOptions): readonly string[] {
  const title = groupTitle(group).padEnd(options.width);
  const changes = plan.changes.filter((change) => change.group === group);
  const detail = options.verbose ? changes.flatMap(resourceLines) : [];
  return [
    ...(changes.length > 0
      ? [`${sign(changes)} ${title}  ${headline(plan, changes, options.manifest)}`, ...detail]
      : []),
    ...plan.deferred.filter((item) => item.group === group).flatMap((item) => deferredLines(title, item)),
    ...plan.blocked.filter((item) => item.group === group).flatMap((item) => blockedLines(title, item)),
  ];
}

const SIGNS = { create: '+', update: '~', restart: '±', start: '+', stop: '-', replace: '±', delete: '-' } as const;

/** The change that says most about a group: what happens to its process, or else to its files. */
function leading(changes: readonly Change[]): Change | undefined {
  const runs = changes.filter(({ address }) => /^(session|server)\./.test(address));
  return (
    runs[0] ??
    changes.find(({ action }) => action === 'delete') ??
    changes.find(({ disruption }) => disruption !== 'none') ??
    changes[0]
  );
}

const sign = (changes: readonly Change[]): string => SIGNS[leading(changes)?.action ?? 'update'];

function headline(plan: Plan, changes: readonly Change[], manifest: string): string {
  const lead = leading(changes);
  if (lead === undefined) return '';
  const { group } = lead;
  const runs = /^(session|server)\./.test(lead.address);
  if (!runs) return `${filesText(group, changes)}${where(lead, manifest)}`;
  const others = changes.length - 1;
  const also = others > 0 && group === 'fleet' ? `; ${filesText(group, changes.slice(0, others))}` : '';
  return `${VERBS[lead.action]}: ${printable(lead.because)}${ending(lead, plan)}${also}${where(lead, manifest)}`;
}

const VERBS = {
  create: 'create',
  update: 'set right',
  restart: 'restart',
  start: 'start',
  stop: 'stop',
  replace: 'replace',
  delete: 'delete',
} as const;

function ending({ disruption, action }: Change, { changes }: Plan): string {
  if (disruption === 'kill') return ' (its process ends)';
  const restarts = changes.some((change) => change.address.startsWith('session.') && change.action === 'restart');
  return action === 'replace' && restarts ? ' (every agent restarts)' : '';
}

const where = ({ line }: Change, manifest: string): string => (line === undefined ? '' : `  ${manifest}:${line}`);

function filesText(group: string, changes: readonly Change[]): string {
  const files = changes.filter(({ address }) => !/^(session|server)\./.test(address));
  const actions = (['create', 'update', 'delete'] as const).flatMap((action) => {
    const count = files.filter((change) => change.action === action).length;
    return count === 0 ? [] : [`${action} ${count}`];
  });
  const because = [
    ...new Set(files.filter(({ action }) => action === 'update').map(({ because: text }) => printable(text))),
  ];
  const what = group === 'fleet' ? 'scripts and units' : 'settings';
  const only = files[0];
  if (files.length === 1 && only !== undefined)
    return `${only.action} ${printable(only.address)}: ${printable(only.because)}`;
  return `${actions.join(', ')} ${what}${because.length > 0 ? ` (${because.join('; ')})` : ''}`;
}

function resourceLines(change: Change): readonly string[] {
  const head = `    ${SIGNS[change.action]} ${printable(change.address)}  ${change.action}, ${change.reason}, disruption ${change.disruption}`;
  return [
    head,
    ...shownPatch(change).map(
      ({ op, path, text }) => `        ${op} ${printable(path)}${text === '' ? '' : `  ${text}`}`,
    ),
  ];
}

const blockedLines = (title: string, { reason, message, hint }: Blocked): readonly string[] => [
  `! ${title}  blocked (${reason}): ${printable(message)}`,
  `      ${printable(hint)}`,
];

const deferredLines = (title: string, { reason, hint }: Deferred): readonly string[] => [
  `. ${title}  waits (${reason}): ${printable(hint)}`,
];

function noteLines(plan: Plan): readonly string[] {
  const held = plan.holds.map(({ agent }) => agent);
  return [
    ...(held.length > 0 ? [`Held by stop: ${held.join(', ')}  (mosaic fleet start ${held.join(' ')})`] : []),
    ...plan.foreign.map(
      ({ address, message }) => `Not ours, left alone: ${printable(address)} (${printable(message)})`,
    ),
    ...plan.conditions.map(({ type, message }) => `${type}: ${printable(message)}`),
  ];
}

/** The last line counts agents, for people and for grep. */
export function summaryLine(plan: Plan): string {
  if (isEmpty(plan)) return 'No changes. The fleet matches the manifest.';
  const { start, stop, restart, remove } = countsOf(plan);
  const extra = [
    ...(stop > 0 ? [`${stop} to stop`] : []),
    ...(groupsOf(plan.deferred) > 0 ? [`${groupsOf(plan.deferred)} waiting`] : []),
    ...(groupsOf(plan.blocked) > 0 ? [`${groupsOf(plan.blocked)} blocked`] : []),
  ];
  const changes = changesText(plan.changes.length);
  // Where no agent starts, the changes are none of a start.
  const starts = `${agentsText(start)} to start`;
  const counts = `${start > 0 ? `${starts} (${changes})` : `${changes}, ${starts}`}, ${restart} to restart`;
  return `Plan: ${[counts, ...extra, `${remove} to delete`].join(', ')}.`;
}

/** Agents that `stop` holds count as they should be: that they do not run is said beside it. */
export const heldText = (held: number): string => (held === 0 ? '' : ` (${held} held)`);

/** What is left after a command: only what there is of it, and by name who is hindered. */
export function remainderLine(plan: Plan): string {
  const { start, stop, restart, remove } = countsOf(plan);
  const counts = Object.entries({ start, stop, restart, delete: remove }).filter(([, count]) => count > 0);
  const agents = counts.map(([verb, count], at) => `${at === 0 ? agentsText(count) : count} to ${verb}`).join(', ');
  const changes = plan.changes.length === 0 ? '' : changesText(plan.changes.length);
  const hindered = [
    ...plan.deferred.map(({ group, reason }) => `${groupTitle(group)} waits (${reason})`),
    ...plan.blocked.map(({ group, reason }) => hinderedText(groupTitle(group), reason)),
  ];
  const named = [...new Set(hindered)];
  const more = named.length > NAMED ? [`${named.length - NAMED} more are hindered`] : [];
  const done = agents === '' ? changes : `${agents} (${changes})`;
  const parts = [...(done === '' ? [] : [done]), ...named.slice(0, NAMED), ...more];
  return `${parts.length === 0 ? 'nothing' : parts.join(', ')}.`;
}

/** So many fit on a line; `plan` tells of all of them. */
const NAMED = 5;

const hinderedText = (title: string, reason: Blocked['reason']): string =>
  reason === 'crash-looping' ? `${title} is crash-looping` : `${title} is blocked (${reason})`;

interface Counts {
  readonly start: number;
  readonly stop: number;
  readonly restart: number;
  readonly remove: number;
}

/** How many agents each is done to. */
function countsOf({ changes }: Plan): Counts {
  const count = (wanted: Change['action']): number =>
    groupsOf(changes.filter(({ address, action }) => address.startsWith('session.') && action === wanted));
  const removed = changes.filter(
    ({ action, reason, group }) => action === 'delete' && reason === 'not_in_manifest' && group !== 'fleet',
  );
  return { start: count('start'), stop: count('stop'), restart: count('restart'), remove: groupsOf(removed) };
}

const agentsText = (count: number): string => `${count} ${count === 1 ? 'agent' : 'agents'}`;

const changesText = (count: number): string => `${count} ${count === 1 ? 'change' : 'changes'}`;

const groupsOf = (items: readonly { readonly group: string }[]): number =>
  new Set(items.map(({ group }) => group)).size;
