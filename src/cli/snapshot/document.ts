import type { Supervisor } from '../../model/fleet.ts';
import type { ActivityReport, HostFacts, Observed } from '../../model/observed.ts';
import type { Build } from '../build.ts';

/**
 * What a look at a host saw, in a form that can be carried to another machine: everything a plan needs, for any
 * manifest of the same fleet. `manifests/schema/output-snapshot.json` describes it.
 */
export interface Snapshot extends Pick<Observed, 'items' | 'facts' | 'incomplete'> {
  readonly formatVersion: '1.0';
  readonly kind: 'Snapshot';
  readonly mosaic: Build;
  /** ISO 8601. */
  readonly takenAt: string;
  /** Tells this host from others. */
  readonly hostId: string;
  readonly fleet: string;
  /** The supervisor of the manifest it was taken with: without systemd, units were not looked at. */
  readonly supervisor: Supervisor;
  /** Goes before each secret that was hashed. */
  readonly salt: string;
  readonly host: HostFacts;
  /** Where the socket lies for a manifest that names no tmpdir. */
  readonly tmpdir: string;
  /** By directory: names of the programs there. A directory that is not named was not looked at. */
  readonly executables: Readonly<Record<string, readonly string[]>>;
  /** Without what stands on a screen. */
  readonly activity: Readonly<Record<string, Pick<ActivityReport, 'state' | 'source'>>>;
}
