import { systemClock } from '../../../host/clock.ts';
import { plainJson } from '../../../model/plain-json.ts';
import { APPLY } from '../../../reconciler/policy.ts';
import { lookAtAgents } from '../../../reconciler/pass.ts';
import { refuseBlind } from '../../blind.ts';
import { openEngine, openPlace } from '../../context.ts';
import { loadFleetOrInstalled } from '../../installed.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { writeDocument } from '../../document.ts';
import { takeSnapshot } from '../../snapshot/take.ts';

export interface SnapshotOptions extends CommonOptions {
  readonly out?: string;
}

/** Prints what a look at this host sees, for plans that are made elsewhere. Goes by what is installed without a manifest. */
export async function run(options: SnapshotOptions): Promise<number> {
  const output = createOutput(options);
  const place = await openPlace(options);
  const { fleet } = await loadFleetOrInstalled(options, place, output);
  const seen = await lookAtAgents(openEngine(place), fleet, APPLY);
  refuseBlind(seen);
  const snapshot = takeSnapshot(place, seen, new Date(systemClock.nowMs()).toISOString());
  if (options.out !== undefined) {
    writeDocument(options.out, snapshot, 'Snapshot');
    output.note(`wrote ${options.out}`);
    output.data({ formatVersion: '1.0', written: options.out });
    return 0;
  }
  // It is JSON whatever was asked for.
  output.text(plainJson(snapshot, 2), 'kept');
  output.data(snapshot);
  return 0;
}
