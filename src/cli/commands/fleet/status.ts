import { APPLY } from '../../../reconciler/policy.ts';
import { lookAtAgents } from '../../../reconciler/pass.ts';
import { fleetStatus } from '../../../reconciler/status.ts';
import { systemClock } from '../../../host/clock.ts';
import { openEngine, openPlace } from '../../context.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { refuseBlind } from '../../mutate.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { statusJson, statusText } from '../../view/status.ts';
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
  const lines = watchUnitLines(watcher, options.verbose === true);
  output.text([statusText(status, systemClock.nowMs()).trimEnd(), ...lines].join('\n'));
  output.data({ ...statusJson(status), watchUnit: watchUnitJson(watcher) });
  return 0;
}
