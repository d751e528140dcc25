import { APPLY } from '../../../reconciler/policy.ts';
import { lookAtAgents } from '../../../reconciler/pass.ts';
import { fleetStatus } from '../../../reconciler/status.ts';
import { systemClock } from '../../../host/clock.ts';
import { openEngine, openPlace } from '../../context.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { refuseBlind } from '../../mutate.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { statusJson, statusText } from '../../view/status.ts';

/** How the fleet is: a line per agent. Goes by what is installed when the manifest cannot be used. */
export async function run(options: CommonOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const { fleet, conditions } = await loadFleetOrInstalled(options, place, output);
  const seen = await lookAtAgents(openEngine(place), fleet, APPLY);
  refuseBlind(seen);
  const status = fleetStatus(seen, conditions);
  output.text(statusText(status, systemClock.nowMs()));
  output.data(statusJson(status));
  return 0;
}
