import type { Condition } from '../../model/plan.ts';
import { groupTitle, type JsonObject } from '../../model/resource.ts';
import type { AgentStatus, FleetStatus } from '../../reconciler/status.ts';
import { steady, UNSTEADY } from '../../reconciler/watch/conditions.ts';
import type { StampedCondition } from '../../reconciler/watch/memory.ts';
import type { Wait } from '../../reconciler/watch/withhold.ts';
import type { WatchView } from '../watch/state.ts';
import { shortDuration } from './activity.ts';

/** Without what was said of an agent before it was held, or taken up again: that is not so any more. */
export function upToDate(watch: WatchView, { agents }: Pick<FleetStatus, 'agents'>): WatchView {
  const isSaidHeld = ({ name }: AgentStatus): boolean =>
    watch.agents[name]?.some(({ type }) => type === 'Suspended') === true;
  const stale = new Set(agents.filter((agent) => agent.held !== isSaidHeld(agent)).map(({ name }) => name));
  const isFresh = (name: string): boolean => !stale.has(name);
  return {
    ...watch,
    conditions: stale.size === 0 ? watch.conditions : watch.conditions.filter(({ reason }) => reason !== UNSTEADY),
    agents: Object.fromEntries(Object.entries(watch.agents).filter(([name]) => isFresh(name))),
    waits: watch.waits.filter(({ group }) => isFresh(groupTitle(group))),
  };
}

/** How the fleet is: as `status` has just seen for itself, and what only a watcher can say. */
export function watchConditions(own: readonly Condition[], watch: WatchView | undefined): readonly Condition[] {
  if (watch === undefined) return own;
  const news = watch.conditions.filter(({ type }) => WATCHED.has(type) && own.every((one) => one.type !== type));
  return [...own.map((one) => (one.type === 'Ready' ? steady(watch.agents)(one) : one)), ...news];
}

const WATCHED: ReadonlySet<string> = new Set(['Reconciling', 'Stalled', 'ManifestInvalid', 'ManifestExposed']);
const OF_AGENTS: ReadonlySet<string> = new Set(['CrashLoop', 'Flapping', 'RestartPending']);

/** A line about an agent, or about several of which the same is to be said. */
interface Note {
  readonly names: readonly string[];
  readonly text: string;
}

/**
 * What a person should know of each agent, and what the watcher leaves to a person or tries again. What both say is said
 * once, by the one who says more.
 */
export function noteLines(status: FleetStatus, watch: WatchView | undefined, nowMs: number): readonly string[] {
  const watched = watch === undefined ? [] : watchNotes(status, watch, nowMs);
  const own = status.agents.flatMap(({ name, note }) => (note === undefined ? [] : [{ names: [name], text: note }]));
  const isSaid = ({ names: [name = ''], text }: Note): boolean =>
    watched.some((more) => more.names.includes(name) && more.text.includes(bare(text)));
  return [...own.filter((note) => !isSaid(note)), ...watched].map(lineOf);
}

/** Some notes begin with what is done, or with the name by themselves for where they stand alone. */
const bare = (note: string): string => note.replace(/^(?:start|stop|restart|update|create): /, '');

function lineOf({ names, text }: Note): string {
  const who = names.join(', ');
  return text.startsWith(`${who} `) ? text : `${who}: ${text}`;
}

function watchNotes({ agents }: FleetStatus, watch: WatchView, nowMs: number): readonly Note[] {
  // Of these the status has seen all that there is to say.
  const crashing = new Set(agents.flatMap(({ name, state, note }) => (state === 'crash-looping' && note ? name : [])));
  const conditions = Object.entries(watch.agents).flatMap(([name, list]) =>
    list
      .filter(({ type }) => OF_AGENTS.has(type) && !(type === 'CrashLoop' && crashing.has(name)))
      .map(({ type, message }): Note => ({ names: [name], text: `${type}: ${message}` })),
  );
  const shown = new Set(watch.conditions.map(({ message }) => message));
  const waits = watch.waits.flatMap((wait): readonly Note[] => {
    const name = groupTitle(wait.group);
    const isTold = conditions.some((note) => note.names.includes(name) && note.text.endsWith(wait.message));
    if (isTold || (wait.reason === 'crash-looping' && crashing.has(name))) return [];
    // A long condition is not to be read once more for each agent.
    const why = wait.reason === 'exposed' && shown.has(wait.message) ? 'see ManifestExposed' : wait.message;
    return [{ names: [name], text: `waits (${wait.reason}): ${why}${again(wait, nowMs)}` }];
  });
  return [...conditions, ...joined(waits)];
}

/** Those of whom the same is said are named together. */
const joined = (notes: readonly Note[]): readonly Note[] =>
  [...new Set(notes.map(({ text }) => text))].map((text) => ({
    text,
    names: notes.filter((note) => note.text === text).flatMap(({ names }) => names),
  }));

const again = ({ untilMs }: Wait, nowMs: number): string =>
  untilMs === undefined ? '' : `; tried again in ${shortDuration(Math.max(1000, untilMs - nowMs))}`;

/** Who watches the fleet; a watcher that ended without a word is missed. */
export function watchLines(watch: WatchView | undefined, nowMs: number): readonly string[] {
  if (watch === undefined) return [];
  const { pid, record, isRunning } = watch;
  if (record === undefined)
    return [`Watch: pid ${pid}, which has said nothing that can be read; it does at its next look`];
  if (isRunning) return [`Watch: pid ${pid}, --auto ${record.auto}, for ${shortDuration(nowMs - record.startedMs)}`];
  return [`Watch: not running: the watcher (pid ${pid}) ended without a word; start it again: mosaic fleet watch`];
}

/** The watcher as scripts read it. */
export function watchJson(watch: WatchView | undefined): JsonObject {
  if (watch === undefined) return {};
  const { isRunning, pid, record, conditions, agents, waits } = watch;
  return {
    watch: {
      running: isRunning,
      pid,
      ...(record === undefined ? {} : { auto: record.auto, since: timeText(record.startedMs) }),
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
