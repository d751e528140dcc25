import type { Condition } from '../../model/plan.ts';
import type { JsonObject } from '../../model/resource.ts';
import type { FleetStatus } from '../../reconciler/status.ts';
import type { StampedCondition } from '../../reconciler/watch/memory.ts';
import type { Wait } from '../../reconciler/watch/withhold.ts';
import type { WatchView } from '../watch/state.ts';
import { shortDuration } from './activity.ts';

/** What only a watcher can say of the fleet; everything else `status` has just seen for itself. */
export const watchConditions = (own: readonly Condition[], watch: WatchView | undefined): readonly Condition[] =>
  (watch?.conditions ?? []).filter(
    ({ type }) => WATCHED.has(type) && own.every((condition) => condition.type !== type),
  );

const WATCHED: ReadonlySet<string> = new Set(['Reconciling', 'Stalled', 'ManifestInvalid', 'ManifestExposed']);
const OF_AGENTS: ReadonlySet<string> = new Set(['CrashLoop', 'Flapping', 'RestartPending']);

/** What the watcher leaves to a person, and what it tries again; nothing that the agent's own note says already. */
export function watchNotes(status: FleetStatus, watch: WatchView | undefined, nowMs: number): readonly string[] {
  if (watch === undefined) return [];
  const told = new Set(status.agents.flatMap(({ note }) => note ?? []));
  const agents = Object.entries(watch.agents).flatMap(([name, conditions]) =>
    conditions
      .filter(({ type, message }) => OF_AGENTS.has(type) && !told.has(message))
      .map(({ type, message }) => `${name}: ${type}: ${message}`),
  );
  const waits = watch.waits
    .filter(({ message }) => !told.has(message) && agents.every((line) => !line.endsWith(message)))
    .map(
      (wait) => `${wait.group.replace(/^agent\./, '')}: waits (${wait.reason}): ${wait.message}${again(wait, nowMs)}`,
    );
  return [...agents, ...waits];
}

const again = ({ untilMs }: Wait, nowMs: number): string =>
  untilMs === undefined ? '' : `; tried again in ${shortDuration(Math.max(1000, untilMs - nowMs))}`;

/** Who watches the fleet; a watcher that ended without a word is missed. */
export function watchLines(watch: WatchView | undefined, nowMs: number): readonly string[] {
  if (watch === undefined) return [];
  const { pid, auto, startedMs, isRunning } = watch;
  if (isRunning) return [`Watch: pid ${pid}, --auto ${auto}, for ${shortDuration(nowMs - startedMs)}`];
  return [`Watch: not running: the watcher (pid ${pid}) ended without a word; start it again: mosaic fleet watch`];
}

/** The watcher as scripts read it. */
export function watchJson(watch: WatchView | undefined): JsonObject {
  if (watch === undefined) return {};
  const { isRunning, pid, auto, startedMs, conditions, agents, waits } = watch;
  return {
    watch: {
      running: isRunning,
      pid,
      auto,
      since: timeText(startedMs),
      conditions: conditions.map(conditionJson),
      agents: Object.fromEntries(Object.entries(agents).map(([name, list]) => [name, list.map(conditionJson)])),
      waits: waits.map(({ group, reason, message, untilMs }) => ({
        group,
        reason,
        message,
        ...(untilMs === undefined ? {} : { until: timeText(untilMs) }),
      })),
    },
  };
}

const conditionJson = ({ type, status, reason, message, sinceMs }: StampedCondition): JsonObject => ({
  type,
  status,
  reason,
  message,
  since: timeText(sinceMs),
});

const timeText = (ms: number): string => new Date(ms).toISOString();
