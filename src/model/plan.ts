import type { Address, Desired, Group, Json, ProviderName } from './resource.ts';

export type Action = 'create' | 'update' | 'restart' | 'start' | 'stop' | 'replace' | 'delete';
export type Disruption = 'none' | 'live' | 'restart' | 'kill' | 'fleet';
export type Reason =
  | 'missing'
  | 'spec_changed'
  | 'hand_edited'
  | 'upgraded'
  | 'not_loaded'
  | 'not_running'
  | 'not_wanted'
  | 'held'
  | 'exited'
  | 'failed'
  | 'crash_looping'
  | 'not_in_manifest'
  | 'renamed'
  | 'requested';

/** Order of execution; a phase begins when the one before has ended. */
export const PHASES = ['write', 'install', 'live', 'stop', 'restart', 'start', 'delete'] as const;
export type Phase = (typeof PHASES)[number];

/** An RFC 6902 operation, with a member of our own that its readers pass over (section 4). */
export interface PatchOperation {
  readonly op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  readonly path: string;
  readonly value?: Json;
  /** What a `remove` or `replace` found there. */
  readonly old?: Json;
  readonly from?: string;
}

export interface Change {
  readonly address: Address;
  readonly group: Group;
  readonly action: Action;
  readonly reason: Reason;
  readonly disruption: Disruption;
  readonly phase: Phase;
  readonly provider: ProviderName;
  readonly patch: readonly PatchOperation[];
  /** The cause in words, for people. */
  readonly because: string;
  /** Line of the manifest that causes it. */
  readonly line?: number;
  /** What is to be there afterwards; absent for deletes. */
  readonly desired?: Desired;
  /** Fingerprint of what was observed; `absent` when nothing was there. */
  readonly expected: string;
}

/** A group, or a resource of it, that cannot be brought to what the manifest wants. */
export interface Blocked {
  readonly group: Group;
  readonly address?: Address;
  /** Where the manifest declares the agent, when it does. */
  readonly line?: number;
  readonly reason: BlockedReason;
  readonly message: string;
  readonly hint: string;
}

export type BlockedReason =
  | 'foreign'
  | 'foreign-server'
  | 'foreign-sessions'
  | 'impostor'
  | 'unknown'
  | 'protected'
  | 'self'
  | 'masked'
  | 'unit-refused'
  | 'crash-looping'
  | 'command-not-found'
  | 'working-directory'
  | 'env-file'
  | 'duplicate-owner'
  | 'mass-delete';

export interface Deferred {
  readonly group: Group;
  readonly address: Address;
  /** Where the manifest declares the agent, when it does. */
  readonly line?: number;
  readonly reason: 'busy' | 'dialog' | 'unknown-activity' | 'manual' | 'needs-person' | 'starting';
  readonly hint: string;
}

export interface Foreign {
  readonly address: Address;
  readonly message: string;
}

export interface Hold {
  readonly agent: string;
  readonly by: string;
}

export interface Plan {
  readonly fleet: string;
  readonly changes: readonly Change[];
  readonly blocked: readonly Blocked[];
  readonly deferred: readonly Deferred[];
  readonly foreign: readonly Foreign[];
  readonly holds: readonly Hold[];
  readonly conditions: readonly Condition[];
}

/** True when nothing is to be done and nothing hinders; foreign things and holds do not count. */
export const isEmpty = (plan: Plan): boolean =>
  plan.changes.length === 0 && plan.blocked.length === 0 && plan.deferred.length === 0;

export interface Condition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}
