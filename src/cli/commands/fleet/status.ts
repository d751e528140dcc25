import { APPLY } from '../../../reconciler/policy.ts';
import { lookAtAgents } from '../../../reconciler/pass.ts';
import { fleetStatus } from '../../../reconciler/status.ts';
import { systemClock } from '../../../host/clock.ts';
import { openEngine, openPlace } from '../../context.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { refuseBlind } from '../../mutate.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { watchView } from '../../watch/state.ts';
import { statusJson, statusText } from '../../view/status.ts';
import { watchLines } from '../../view/watch-status.ts';
import { watchUnitJson, watchUnitLines } from '../../view/watch-unit.ts';
import { watcherStatus } from '../../watcher.ts';

export interface StatusOptions extends CommonOptions {
  readonly verbose?: boolean;
}

/** How the fleet is: a line per agent. Goes by what is installed when the manifest cannot be used. */
export async function run(options: StatusOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const { fleet, conditions } = await loadFleetOrInstalled(options, place, output);
  const seen = await lookAtAgents(openEngine(place), fleet, APPLY);
  refuseBlind(seen);
  const status = fleetStatus(seen, conditions);
  const watcher = await watcherStatus(place, seen);
  const watch = watchView(place.read.files, place.home, fleet.name);
  const nowMs = systemClock.nowMs();
  // One line about the watcher is enough: that of its unit, where that is what watches.
  const isUnit = watcher.state === 'running' || watcher.state === 'starting';
  const lines = [...watchUnitLines(watcher, options.verbose === true), ...(isUnit ? [] : watchLines(watch, nowMs))];
  output.text([statusText(status, nowMs, watch).trimEnd(), ...lines].join('\n'));
  output.data({ ...statusJson(status, watch), watchUnit: watchUnitJson(watcher) });
  return 0;
}
