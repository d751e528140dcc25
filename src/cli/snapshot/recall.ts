import type { Fleet } from '../../model/fleet.ts';
import { identity } from '../../host/identity.ts';
import { mosaicHome } from '../../host/places.ts';
import { createExec } from '../../host/exec.ts';
import { recall, type Look } from '../../reconciler/pass.ts';
import type { Policy } from '../../reconciler/policy.ts';
import type { Place } from '../context.ts';
import { loadFleet, type LoadedFleet } from '../load-fleet.ts';
import type { CommonOptions } from '../options.ts';
import { readPort } from '../ports.ts';
import { createProviders } from '../providers.ts';
import { concealWith } from './conceal.ts';
import type { Snapshot } from './document.ts';
import { observedFor, requireFleet } from './observed.ts';
import { readSnapshot } from './read.ts';

export interface Recalled {
  readonly loaded: LoadedFleet;
  readonly seen: Look;
  readonly snapshot: Snapshot;
}

/** The pass over a snapshot: needs a manifest and the file, and nothing of the host they are about. */
export async function recallSnapshot(
  file: string,
  options: CommonOptions,
  policyOf: (fleet: Fleet) => Policy,
): Promise<Recalled> {
  const snapshot = readSnapshot(file);
  const loaded = await loadFleet({ ...options, fresh: true }, placeOfManifest(options));
  const { fleet } = loaded;
  requireFleet(snapshot, fleet, `the snapshot ${file}`);
  const seen = recall(createProviders(), {
    fleet,
    observed: observedFor(snapshot, fleet),
    policy: policyOf(fleet),
    activity: snapshot.activity,
    conceal: concealWith(snapshot.salt),
  });
  return { loaded, seen, snapshot };
}

/** Where the manifest is named, no home is needed: the user of a CI runner may have none, nor a name. */
function placeOfManifest(options: CommonOptions): Pick<Place, 'env' | 'home' | 'read'> {
  const { env } = process;
  const isNamed = options.manifest !== undefined || env['MOSAIC_MANIFEST'] !== undefined;
  const home = isNamed ? '' : mosaicHome({ flag: options.home, env, userHome: identity(env).home });
  return { env, home, read: readPort(createExec()) };
}
