import { FleetError } from '../model/error.ts';
import type { Condition } from '../model/plan.ts';
import { textOf } from '../model/resource.ts';
import { MAX_JOURNAL_BYTES, readJournal } from '../host/journal.ts';
import { agentView } from '../reconciler/agent-state.ts';
import type { Look } from '../reconciler/pass.ts';
import type { FleetStatus } from '../reconciler/status.ts';
import { flappingText, UNSTEADY } from '../reconciler/watch/conditions.ts';
import { flaps } from '../reconciler/watch/starts.ts';
import { readEnds } from './agent-events.ts';
import { journalPath } from './journal.ts';
import type { Place } from './context.ts';

/** Where the records are. */
type RecordPlace = Pick<Place, 'home'> & { readonly read: Pick<Place['read'], 'files'> };

/**
 * Who is up and ended by itself again and again, by the records of its helper: between two ends all is as the manifest
 * says. What was before somebody asked for a stop or a start does not count.
 */
export function flappingConditions(
  { home, read }: RecordPlace,
  { fleet, observed }: Look,
  nowMs: number,
): readonly Condition[] {
  const suspects = fleet.agents.flatMap((agent) => {
    const { state, lastExit } = agentView(observed, agent.name, agent.restart.policy, fleet.supervisor);
    if ((state !== 'running' && state !== 'starting') || lastExit === undefined || lastExit.asked) return [];
    const ends = readable(() => readEnds(read.files, home, fleet.name, agent.name));
    const own = ends.slice(ends.findLastIndex(({ asked }) => asked) + 1).map(({ at }) => at);
    return flaps({ endsMs: own }, agent.restart, nowMs) === undefined ? [] : [{ agent, own }];
  });
  if (suspects.length === 0) return [];
  const asked = lastAsked(journalPath({ home }, fleet.name));
  const told = suspects.flatMap(({ agent: { name, restart }, own }) => {
    const since = asked.get(`agent.${name}`) ?? 0;
    const flapping = flaps({ endsMs: own.filter((at) => at > since) }, restart, nowMs);
    return flapping === undefined ? [] : [`${name} ${flappingText(flapping)}`];
  });
  if (told.length === 0) return [];
  const message = `${told.join('; ')}; see mosaic fleet log`;
  return [{ type: 'Flapping', status: 'True', reason: 'ManyEnds', message }];
}

/** When a person last started each, by group; the watcher's own starts are part of what goes on by itself. */
function lastAsked(journal: string): ReadonlyMap<string, number> {
  const starts = readable(() => readJournal(journal, MAX_JOURNAL_BYTES)).flatMap(
    ({ at, group, action, result, command }) => {
      const isStart = ['start', 'restart'].includes(textOf(action)) && result === 'done' && command !== 'fleet watch';
      return isStart && typeof at === 'number' ? [[textOf(group), at] as const] : [];
    },
  );
  return new Map(starts.toSorted(([, a], [, b]) => a - b));
}

/** What cannot be read is no evidence, and must not keep anybody from the rest. */
function readable<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return [];
  }
}

/** The status with that said: what only happens to be up is not ready. */
export function withFlapping(status: FleetStatus, flapping: readonly Condition[]): FleetStatus {
  const [found] = flapping;
  if (found === undefined) return status;
  const conditions = status.conditions.map((one): Condition =>
    one.type === 'Ready' && one.status === 'True'
      ? { ...one, status: 'False', reason: UNSTEADY, message: found.message }
      : one,
  );
  return { ...status, conditions: [...conditions, found] };
}
