import type { Group } from '../../model/resource.ts';
import type { Step } from '../execute.ts';
import { delayAfter } from './backoff.ts';

/** What is remembered of a group that was acted on. */
export interface QueueEntry {
  /** Failures in a row; 0 while all goes well. */
  readonly failures: number;
  /** Nothing is done to the group before this. */
  readonly untilMs: number;
  /** Why the last try did not last, in words. */
  readonly message: string;
  /** When it was last set right, newest last. */
  readonly actsMs: readonly number[];
}

export type Queue = Readonly<Record<Group, QueueEntry>>;

/** When something happened, and the random number that spreads the next tries. */
export interface Moment {
  readonly nowMs: number;
  readonly random: () => number;
}

/** So many times within this time a group is set right at once; then somebody undoes it, and the next try waits. */
const ACTS = 5;
const CALM_MS = 60_000;

/** What has to wait at `nowMs`. */
export const waitingEntries = (queue: Queue, nowMs: number): readonly (readonly [Group, QueueEntry])[] =>
  Object.entries(queue).filter(([, { untilMs }]) => untilMs > nowMs);

/** The groups of it. */
export const waitingGroups = (queue: Queue, nowMs: number): ReadonlySet<Group> =>
  new Set(waitingEntries(queue, nowMs).map(([group]) => group));

/** The queue after a pass that took these steps. A group that did well starts from the first delay again. */
export function learn(queue: Queue, steps: readonly Step[], moment: Moment): Queue {
  const touched = [...new Set(steps.filter(({ result }) => result !== 'skipped').map(({ change }) => change.group))];
  const learnt = touched.map((group) => [group, learnGroup(queue[group], groupSteps(steps, group), moment)] as const);
  const kept = Object.entries(queue).filter(([, entry]) => !isForgotten(entry, moment.nowMs));
  return { ...Object.fromEntries(kept), ...Object.fromEntries(learnt) };
}

/** The earliest moment at which a group may be tried again; undefined when none waits. */
export const nextTryMs = (queue: Queue, nowMs: number): number | undefined =>
  waitingEntries(queue, nowMs)
    .map(([, { untilMs }]) => untilMs)
    .toSorted((a, b) => a - b)[0];

const groupSteps = (steps: readonly Step[], wanted: Group): readonly Step[] =>
  steps.filter(({ change }) => change.group === wanted);

const NEVER: QueueEntry = { failures: 0, untilMs: 0, message: '', actsMs: [] };

function learnGroup(before: QueueEntry = NEVER, steps: readonly Step[], { nowMs, random }: Moment): QueueEntry {
  const failed = steps.find((step) => step.result === 'failed');
  const isAct = failed === undefined && !steps.every(isRevival);
  const actsMs = isAct ? [...before.actsMs, nowMs].slice(-ACTS) : before.actsMs;
  const message = failed?.error.message ?? (isUndone(before, actsMs, nowMs) ? undoneText(steps) : undefined);
  if (message === undefined) return { ...NEVER, actsMs };
  const failures = before.failures + 1;
  return { failures, untilMs: nowMs + delayAfter(failures, random()), message: clip(message), actsMs };
}

/** It is told, and kept for `status`, once for each group. */
const MOST_CHARACTERS = 1000;
const clip = (text: string): string => (text.length > MOST_CHARACTERS ? `${text.slice(0, MOST_CHARACTERS)}…` : text);

const undoneText = (steps: readonly Step[]): string =>
  `${steps
    .map(({ change }) => change.address)
    .slice(0, 1)
    .join('')} was set right ${ACTS} times in a row and does not stay so`;

/** An agent started again by its restart policy: that has a limit of its own. */
const isRevival = ({ change }: Step): boolean => change.action === 'start' && change.reason === 'failed';

/** Set right too often in too short a time; or needed again soon after it had waited for just that. */
function isUndone({ failures, untilMs }: QueueEntry, actsMs: readonly number[], nowMs: number): boolean {
  if (actsMs.length < ACTS) return false;
  return nowMs - Math.min(...actsMs) < CALM_MS || (failures > 0 && nowMs - untilMs < CALM_MS);
}

const isForgotten = ({ untilMs, actsMs }: QueueEntry, nowMs: number): boolean =>
  nowMs - Math.max(untilMs, actsMs.at(-1) ?? 0) > CALM_MS;
