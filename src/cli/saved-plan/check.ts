import { FleetError } from '../../model/error.ts';
import { sha256 } from '../../host/digest.ts';
import { thisHostId } from '../../host/host-id.ts';
import { parseDuration } from '../../manifest/words.ts';
import type { LoadedFleet } from '../load-fleet.ts';
import type { SavedPlan } from './document.ts';

const MAX_AGE = '24h';
/** Clocks of two machines differ. */
const MAX_AHEAD_MS = 300_000;

/** Where this command works, and for whom. */
interface Where {
  readonly home: string;
  readonly identity: { readonly uid: number };
}

/** Refuses a saved plan that is for another host, user or home. */
export function checkPlace(saved: SavedPlan, { home, identity }: Where): void {
  if (saved.hostId !== thisHostId()) throw elsewhere('another host');
  if (saved.uid !== identity.uid) throw elsewhere(`uid ${saved.uid}, you are uid ${identity.uid}`);
  if (saved.home !== home) throw elsewhere(`the home ${saved.home}, this one is ${home}`);
}

const elsewhere = (what: string): FleetError => new FleetError('E_PLAN_ELSEWHERE', `the plan is for ${what}`);

export function checkAge({ createdAt }: SavedPlan, maxAge: string | undefined, nowMs: number): void {
  const maxMs = parseDuration(maxAge ?? MAX_AGE);
  if (maxMs === undefined) {
    throw new FleetError('E_USAGE', `--max-age takes a duration such as 24h, not ${JSON.stringify(maxAge)}`);
  }
  const age = nowMs - Date.parse(createdAt);
  if (age <= maxMs && age >= -MAX_AHEAD_MS) return;
  if (age > maxMs)
    throw new FleetError('E_PLAN_EXPIRED', `the plan was made at ${createdAt}, over ${maxAge ?? MAX_AGE} ago`);
  const hint = 'Set the clocks of both machines, and plan again.';
  throw new FleetError('E_PLAN_EXPIRED', `the plan was made at ${createdAt}, which is in the future here`, { hint });
}

/** Refuses another fleet's manifest, and one that is not to the byte the one that was reviewed. */
export function checkManifest(
  saved: SavedPlan,
  { fleet, path, bytes }: Pick<LoadedFleet, 'fleet' | 'path' | 'bytes'>,
): void {
  if (fleet.name !== saved.fleet) {
    throw new FleetError('E_OTHER_FLEET', `the plan is for fleet ${saved.fleet}, ${path} is of fleet ${fleet.name}`);
  }
  if (sha256(bytes) === saved.manifest.sha256) return;
  const hint = 'Nothing was done; name the reviewed manifest with -f, or plan again.';
  throw new FleetError('E_STALE_PLAN', `the plan is stale: ${path} is not the manifest that it was made from`, {
    hint,
  });
}
