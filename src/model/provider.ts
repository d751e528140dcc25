import type { Fleet, Supervisor } from './fleet.ts';
import type { ReadPort, WritePort } from './host.ts';
import type { FleetName } from './names.ts';
import type { HostFacts } from './observed.ts';
import type { Change } from './plan.ts';
import type { Address, Desired, Json, ProviderName, ProviderObservation } from './resource.ts';

/**
 * One kind of thing on the machine. A provider takes no decision: it looks, and it does exactly what a change says.
 *
 * Obligations, checked by `test/providers/contract.ts` for every provider:
 * - `observe` changes nothing; what it cannot see is `unknown`, never `absent`; a time-out is `unknown`;
 * - what carries no mark of this fleet is `foreign`;
 * - `apply` is idempotent, and leaves what is foreign alone even when asked to delete or overwrite it;
 * - after a crash between any two steps, observing and applying again converges.
 */
export interface Provider {
  readonly name: ProviderName;
  /** What the manifest wants of this kind of thing. Pure; sorted by address. */
  desired(fleet: Fleet, host: HostFacts): readonly Desired[];
  /** Looks at everything `wanted` names and at everything of this fleet that nobody wants any more. */
  observe(port: ReadPort, scope: Scope): Promise<ProviderObservation>;
  /** Does the changes of one phase, in as few outside calls as possible. One outcome per change, in their order. */
  apply(port: WritePort, changes: readonly Change[], scope: Scope): Promise<readonly Outcome[]>;
}

/** Where a pass looks and acts. `facts` are those of the last observation; empty before it. */
export interface Scope {
  readonly fleet: FleetName;
  readonly supervisor: Supervisor;
  readonly host: HostFacts;
  readonly wanted: readonly Desired[];
  readonly facts: Readonly<Record<string, Json>>;
  readonly signal?: AbortSignal;
  /**
   * For `apply`, right before it ends what it first had to empty: throws when that is no longer what the plan was made
   * for, or holds what is not ours by now. To wait for an agent takes minutes.
   */
  readonly lastLook?: (change: Change) => Promise<void>;
}

export type Outcome =
  | { readonly address: Address; readonly done: true }
  | { readonly address: Address; readonly done: false; readonly error: Error };
