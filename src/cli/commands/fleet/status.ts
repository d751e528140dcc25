import type { FleetName } from '../../../model/names.ts';
import type { JsonObject } from '../../../model/resource.ts';
import { APPLY } from '../../../reconciler/policy.ts';
import { lookAtAgents } from '../../../reconciler/pass.ts';
import { fleetStatus } from '../../../reconciler/status.ts';
import { systemClock } from '../../../host/clock.ts';
import { refuseBlind } from '../../blind.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { flappingConditions, withFlapping } from '../../flapping.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import { watchView } from '../../watch/state.ts';
import { statusJson, statusLines, type StatusLine } from '../../view/status.ts';
import { upToDate, watchLines } from '../../view/watch-status.ts';
import { watchUnitJson, watchUnitLines } from '../../view/watch-unit.ts';
import { watcherStatus } from '../../watcher.ts';

export interface StatusOptions extends CommonOptions {
  readonly verbose?: boolean;
  readonly watch?: boolean;
}

/** One look at the fleet, as people and as scripts read it. */
export interface StatusNow {
  readonly fleet: FleetName;
  readonly lines: readonly StatusLine[];
  readonly data: JsonObject;
  readonly busAddress: string;
}

/** How the fleet is: a line per agent. Goes by what is installed when the manifest cannot be used. */
export async function run(options: StatusOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  if (options.watch === true) {
    const { watchStatus } = await import('./status-watch.ts');
    // What is wrong with the manifest is one of the conditions: it need not be said at every look.
    const quiet = { ...output, note: () => undefined };
    place.forgetCalls();
    return watchStatus(() => statusNow(options, place, quiet), output);
  }
  const { lines, data } = await statusNow(options, place, output);
  output.text(lines.map(({ text }) => text).join('\n'));
  output.data(data);
  return 0;
}

async function statusNow(options: StatusOptions, place: Place, output: Output): Promise<StatusNow> {
  const { fleet, conditions } = await loadFleetOrInstalled(options, place, output);
  const seen = await lookAtAgents(openEngine(place), fleet, APPLY);
  refuseBlind(seen);
  const watcher = await watcherStatus(place, seen);
  const view = watchView(place.read.files, place.home, fleet.name);
  const now = fleetStatus(seen, conditions);
  const watch = view === undefined ? undefined : upToDate(view, now);
  const nowMs = systemClock.nowMs();
  // Who watches counts the ends by itself, and says so of each agent.
  const flapping = watch?.isRunning === true ? [] : flappingConditions(place, seen, nowMs);
  const status = withFlapping(now, flapping);
  const unitLines = watchUnitLines(watcher, options.verbose === true && watch === undefined);
  // One line about the watcher is enough: that of its unit, unless another one watches meanwhile.
  const isOther = watcher.state !== 'running' && watcher.state !== 'starting' && watch?.isRunning === true;
  const lines = watcher.state === 'not-installed' || isOther ? [...unitLines, ...watchLines(watch, nowMs)] : unitLines;
  return {
    fleet: fleet.name,
    lines: [...statusLines(status, nowMs, watch), ...lines.map((text) => ({ text, rank: 1 }) as const)],
    data: { ...statusJson(status, watch), watchUnit: watchUnitJson(watcher) },
    busAddress: seen.observed.host.busAddress,
  };
}
