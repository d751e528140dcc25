import { isAgentName } from '../../model/names.ts';
import type { Condition } from '../../model/plan.ts';
import type { Group } from '../../model/resource.ts';
import type { StampedCondition, WatchConditions } from '../../reconciler/watch/memory.ts';
import type { Auto } from '../../reconciler/watch/pass.ts';
import type { Starts, StartsByAgent } from '../../reconciler/watch/starts.ts';
import type { Wait } from '../../reconciler/watch/withhold.ts';

/** More than any fleet comes to; what is beyond was not written by a watcher. */
const MOST_ENTRIES = 10_000;
const MOST_CHARACTERS = 65_536;
/** The last moment that a date can name. */
const LAST_MS = 8.64e15;

type Fields = Readonly<Record<string, unknown>>;
type Check = (value: unknown) => boolean;

const fieldsOf = (value: unknown): Fields | undefined =>
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- an object that is no list has fields of any kind
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;

/** Is it a record in which each of these fields is right? */
export const hasFields = (value: unknown, checks: Readonly<Record<string, Check>>): boolean => {
  const fields = fieldsOf(value);
  return fields !== undefined && Object.entries(checks).every(([name, isRight]) => isRight(fields[name]));
};

/** A moment that can be shown. */
export const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0 && value <= LAST_MS;

/** The number of a process. */
export const isPid = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;

const AUTOS: ReadonlySet<unknown> = new Set<Auto>(['none', 'safe', 'all']);

/** How much a watcher does by itself. */
export const isAuto = (value: unknown): value is Auto => AUTOS.has(value);

/** A text that a watcher may have written. */
export const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= MOST_CHARACTERS;

const isMatch =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === 'string' && pattern.test(value);

/** `OutOfSync`, and `crash-looping` or `spec_changed`. */
const isTitle = isMatch(/^[A-Z][A-Za-z]{0,63}$/);
const isReason = isMatch(/^[a-z][a-z_-]{0,63}$/);

const STATUSES: ReadonlySet<unknown> = new Set<Condition['status']>(['True', 'False', 'Unknown']);

const isCondition = (value: unknown): value is StampedCondition =>
  hasFields(value, {
    type: isTitle,
    status: (status) => STATUSES.has(status),
    reason: isTitle,
    message: isText,
    sinceMs: isTime,
  });

const isList = (value: unknown, most: number, isOne: Check): boolean =>
  Array.isArray(value) && value.length <= most && value.every(isOne);

const areConditions: Check = (value) => isList(value, MOST_ENTRIES, isCondition);

/** What was said of a fleet and of its agents, each of them whole. */
export function isWatchConditions(value: unknown): value is WatchConditions {
  const { fleet, agents } = fieldsOf(value) ?? {};
  const byAgent = Object.entries(fieldsOf(agents) ?? { '': undefined });
  return (
    areConditions(fleet) &&
    byAgent.length <= MOST_ENTRIES &&
    byAgent.every(([name, list]) => isAgentName(name) && areConditions(list))
  );
}

const isGroup = (value: unknown): value is Group =>
  value === 'fleet' || (typeof value === 'string' && value.startsWith('agent.') && isAgentName(value.slice(6)));

const isWait: Check = (value) =>
  hasFields(value, {
    group: isGroup,
    reason: isReason,
    message: isText,
    untilMs: (untilMs) => untilMs === undefined || isTime(untilMs),
  });

/** All that was said to wait, each of it whole. */
export const areWaits = (value: unknown): value is readonly Wait[] => isList(value, MOST_ENTRIES, isWait);

/** What is no starts of an agent is left out: it would fail every pass, and be kept for the next watcher. */
export const startsOf = (value: unknown): StartsByAgent =>
  Object.fromEntries(
    Object.entries(fieldsOf(value) ?? {}).flatMap(([name, one]) =>
      isAgentName(name) && isStarts(one) ? [[name, one]] : [],
    ),
  );

const isStarts = (value: unknown): value is Starts =>
  hasFields(value, {
    atMs: areTimes,
    count: isNumber,
    endsMs: (ends) => ends === undefined || areTimes(ends),
    spec: (spec) => spec === undefined || isText(spec),
    isDown: (isDown) => isDown === undefined || isDown === true,
    gaveUp: (run) => run === undefined || isNumber(run),
  });

const isNumber: Check = (value) => typeof value === 'number' && Number.isFinite(value);
const areTimes: Check = (value) => isList(value, MOST_ENTRIES, isNumber);
