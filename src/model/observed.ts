import type { Hold } from './plan.ts';
import type { Address, Json, LookError, Observation, ProviderName } from './resource.ts';

/** Stands for the tmux server's own unit where else an agent is named; no agent can be called that. */
export const SELF_SERVER = '.server';

/** What is true of this machine and this user, read without any call to tmux or systemd. Part of a snapshot. */
export interface HostFacts {
  readonly user: { readonly uid: number; readonly name: string; readonly home: string; readonly shell: string };
  /** The Mosaic home, absolute. */
  readonly home: string;
  /** Absolute path of the fleet's tmux socket. */
  readonly socketPath: string;
  /** Socket path that the installed fleet uses; undefined when nothing is installed. */
  readonly installedSocketPath?: string;
  readonly programs: { readonly tmux: string; readonly bash: string; readonly node: string; readonly cli: string };
  readonly runtimeDir: string;
  readonly busAddress: string;
  /** The unit directory to use unless the manager's own list does not hold it. */
  readonly unitDirs: { readonly preferred: string; readonly fallback: string };
  /** Facts about paths that the manifest names: directories, env files, programs in `path`. */
  readonly paths: Readonly<Record<string, PathFact>>;
  /** Agents that a person stopped; sorted by name. */
  readonly holds: readonly Hold[];
  /** The unit this very process runs in, when it is one of ours: an agent's name, {@link SELF_SERVER}, or undefined. */
  readonly self?: string;
  /** The caller's HOME, where it is not the one that is pinned. */
  readonly callerHome?: string;
  /** False when the user manager will end at logout; undefined when it could not be told. */
  readonly linger?: boolean;
  /** Other fleets this home holds, with the number of their installed agents. */
  readonly otherFleets: Readonly<Record<string, number>>;
}

export interface PathFact {
  readonly kind: 'file' | 'directory' | 'other' | 'missing' | 'denied';
  readonly executable: boolean;
  readonly mode: number;
  readonly uid: number;
  /** When its contents last changed; only files have it. */
  readonly mtimeMs?: number;
}

/** Everything one pass saw: the planner's only view of the machine. */
export interface Observed {
  readonly host: HostFacts;
  readonly items: Readonly<Record<Address, Observation>>;
  /** Facts of providers, such as the unit directory the manager uses. */
  readonly facts: Readonly<Record<string, Json>>;
  /** Providers whose look failed in part: things may exist that are not in `items`. */
  readonly incomplete: readonly { readonly provider: ProviderName; readonly error: LookError }[];
  /** What nobody looked at when this was seen, in words; only an observation that was carried elsewhere has it. */
  readonly unchecked?: readonly string[];
}

export type AgentState =
  'running' | 'starting' | 'stopped' | 'exited' | 'failed' | 'crash-looping' | 'missing' | 'unknown';

export type Activity = 'idle' | 'busy' | 'dialog' | 'setup' | 'unknown';

/** What an agent is doing, and why we believe it. */
export interface ActivityReport {
  readonly state: Activity;
  /** What told it: the agent's process, its screen, or nothing. */
  readonly source: 'process' | 'screen' | 'none';
  /** Seconds since its pane last showed something new. */
  readonly sinceSec?: number;
  /** What waits, or why nothing is known, in words. */
  readonly detail?: string;
}
