import type { AgentName, FleetName, SocketName } from './names.ts';

/** The manifest after defaults: every field has its value, agents are sorted by name. Paths may still start with `~/`. */
export interface Fleet {
  readonly name: FleetName;
  readonly socket: SocketName;
  /** Absolute, or undefined: then what the installed unit has pinned decides. */
  readonly tmpdir: string | undefined;
  readonly historyLimit: number;
  readonly size: string;
  /** Closed list: prefix, mouse, mode-keys, status. */
  readonly options: Readonly<Record<string, string>>;
  readonly notify: readonly string[];
  readonly supervisor: Supervisor;
  readonly agentsMayManage: boolean;
  /** By adapter name. */
  readonly adapters: Readonly<Record<string, AdapterOverride>>;
  readonly agents: readonly Agent[];
}

/** What the manifest says of an adapter; the rest is as it is built in. Patterns are line patterns. */
export interface AdapterOverride {
  readonly submitDelayMs?: number;
  readonly submitKey?: string;
  readonly idle?: readonly string[];
  readonly busy?: readonly string[];
  readonly dialog?: readonly string[];
  readonly setup?: readonly string[];
}

export type Supervisor = 'systemd' | 'tmux';
export type RestartPolicy = 'always' | 'on-failure' | 'never';
export type UpdatePolicy = 'when-idle' | 'immediate' | 'manual';

/** What the agent runs: an argv, or one line for `sh -c`. */
export type Program =
  { readonly kind: 'command'; readonly argv: readonly string[] } | { readonly kind: 'shell'; readonly text: string };

export interface Agent {
  readonly name: AgentName;
  readonly description: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly program: Program;
  readonly workingDirectory: string;
  readonly path: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly envFiles: readonly string[];
  readonly state: 'running' | 'stopped';
  readonly restart: {
    readonly policy: RestartPolicy;
    readonly delayMs: number;
    readonly burst: number;
    readonly windowMs: number;
  };
  readonly stop: { readonly timeoutMs: number };
  readonly limits: Limits;
  readonly updatePolicy: UpdatePolicy;
  /** Argv that starts the agent again with its conversation; empty when there is none. */
  readonly resume: readonly string[];
  readonly adapter: string;
  readonly protect: boolean;
  /** Line of the agent's key in the manifest, 1-based: the cause shown in plans. */
  readonly line: number;
}

/** In the manifest's own notation (`4G`, `200%`, 512); absent means no limit. */
export interface Limits {
  readonly memoryMax?: string;
  readonly cpuQuota?: string;
  readonly tasksMax?: number;
}

/** `~/x` below `home`; every other path as it is. */
export const expandHome = (path: string, home: string): string =>
  path === '~' ? home : path.startsWith('~/') ? `${home === '/' ? '' : home}/${path.slice(2)}` : path;

/** The argv that an agent runs: its own, or `sh -c` with its one line. */
export const argvOf = (agent: Agent): readonly string[] =>
  agent.program.kind === 'command' ? agent.program.argv : ['/bin/sh', '-c', agent.program.text];

/** The program of that argv, as the manifest names it. */
export const programOf = (agent: Agent): string => argvOf(agent)[0] ?? '';

/** The live options of the fleet's server: tmux's own default (tmux(1)) where the manifest says nothing. */
export const serverOptions = (fleet: Fleet): Readonly<Record<string, string>> => ({
  prefix: 'C-b',
  mouse: 'off',
  'mode-keys': 'emacs',
  status: 'on',
  ...fleet.options,
});

/**
 * Command of tmux that gives every session of ours without a client its own size back: an unattended window keeps the
 * size of the client that left. A hook may run with any session as its target (seen on 3.3a), so it asks them all.
 */
export function restoreSizes(size: string): string {
  const [columns = '', rows = ''] = size.split('x');
  const restore = `resize-window -t #{window_id} -x ${columns} -y ${rows} ; set-option -wu -t #{window_id} window-size ; `;
  return `run-shell -C "#{S:#{?session_attached,,#{?@mosaic_owner,#{W:${restore}},}}}"`;
}
