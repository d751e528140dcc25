/** A JSON value as it appears in specs, snapshots and plans. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** `kind.name`, for example `session.coder`, `unit.mosaic-canary.target`, `file.libexec/mosaic-agent`. */
export type Address = string;
/** `fleet`, or `agent.NAME`: what a plan is grouped by. */
export type Group = string;

/** What people call it: an agent by its name. */
export const groupTitle = (group: Group): string => group.replace(/^agent\./, '');

export type ProviderName = 'files' | 'systemd' | 'tmux' | (string & {});

/** What a change of one field does to a running agent; declared in the schema as `x-mosaic-change`. */
export type ChangeClass = 'mark' | 'live' | 'restart' | 'next_start' | 'replace';

/** One thing the manifest wants on the machine. */
export interface Desired {
  readonly address: Address;
  readonly group: Group;
  readonly provider: ProviderName;
  /** The semantic document that is compared; always an object, never an array (RFC 6902 roots). */
  readonly spec: JsonObject;
  /** Disruption class of each top-level field of `spec`; a field that is not named is `none`. */
  readonly classes?: Readonly<Record<string, ChangeClass>>;
  /** What is written, where the thing is a file or a link. */
  readonly body?: Body;
  /** Line in the manifest that asks for it, where one does. */
  readonly line?: number;
}

export type Body =
  | { readonly kind: 'text'; readonly text: string; readonly mode: number }
  | { readonly kind: 'link'; readonly target: string };

/** What a provider saw of one resource. A failed look is `unknown`, never `absent`. */
export type Observation =
  | {
      readonly state: 'present';
      readonly owner: 'fleet' | 'foreign';
      readonly spec: JsonObject;
      /** Changes whenever the thing itself changes; compared right before a step. */
      readonly fingerprint: string;
      /** True when a mark shows that somebody changed it after it was written. */
      readonly handEdited?: boolean;
      /** Why it is not ours, in words. */
      readonly foreignBecause?: string;
    }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly error: LookError };

export interface LookError {
  readonly code: string;
  readonly message: string;
}

/** One provider's answer. `complete` is false when things may exist that are not in `items`. */
export interface ProviderObservation {
  readonly items: Readonly<Record<Address, Observation>>;
  readonly complete: boolean;
  readonly errors: readonly LookError[];
  /** What later steps need to know, for example the directory the manager reads units from. */
  readonly facts: Readonly<Record<string, Json>>;
}

/** A JSON value as text; everything that is no text is empty. */
export const textOf = (value: Json | undefined): string => (typeof value === 'string' ? value : '');
