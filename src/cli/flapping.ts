import type { Agent } from '../model/fleet.ts';
import type { Condition } from '../model/plan.ts';
import { textOf } from '../model/resource.ts';
import { readJournal } from '../host/journal.ts';
import { agentView } from '../reconciler/agent-state.ts';
import type { Look } from '../reconciler/pass.ts';
import type { FleetStatus } from '../reconciler/status.ts';
import { flappingText, UNSTEADY } from '../reconciler/watch/conditions.ts';
import { flaps } from '../reconciler/watch/starts.ts';
import { readEnds } from './agent-events.ts';
import type { Place } from './context.ts';

/** Where the records are. */
type RecordPlace = Pick<Place, 'home'> & { readonly read: Pick<Place['read'], 'files'> };

const JOURNAL_BYTES = 4 * 1024 * 1024;

/**
 * Who is up and ended by itself again and again, by the records of its helper: between two ends all is as the manifest
 * says. What was before somebody asked for a stop or a start does not count.
 */
export function flappingConditions(
  { home, read }: RecordPlace,
  { fleet, observed }: Look,
  nowMs: number,
): readonly Condition[] {
  const told = fleet.agents.flatMap((agent) => {
    const { state, lastExit } = agentView(observed, agent.name, agent.restart.policy, fleet.supervisor);
    if ((state !== 'running' && state !== 'starting') || lastExit === undefined || lastExit.asked) return [];
    const ends = readEnds(read.files, home, fleet.name, agent.name);
    const own = ends.slice(ends.findLastIndex(({ asked }) => asked) + 1).map(({ at }) => at);
    if (flaps({ endsMs: own }, agent.restart, nowMs) === undefined) return [];
    const since = lastAsked(`${home}/state/${fleet.name}/journal.jsonl`, agent);
    const flapping = flaps({ endsMs: own.filter((at) => at > since) }, agent.restart, nowMs);
    return flapping === undefined ? [] : [`${agent.name} ${flappingText(flapping)}`];
  });
  if (told.length === 0) return [];
  const message = `${told.join('; ')}; see mosaic fleet log`;
  return [{ type: 'Flapping', status: 'True', reason: 'ManyEnds', message }];
}

/** When a person last started it; the watcher's own starts are part of what goes on by itself. */
function lastAsked(journal: string, { name }: Agent): number {
  const starts = readJournal(journal, JOURNAL_BYTES).flatMap(({ at, group, action, result, command }) => {
    const isStart = ['start', 'restart'].includes(textOf(action)) && result === 'done' && command !== 'fleet watch';
    return isStart && group === `agent.${name}` && typeof at === 'number' ? [at] : [];
  });
  return Math.max(0, ...starts);
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
