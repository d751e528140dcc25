import { stringify } from 'yaml';
import type { Environment } from '../host/environment.ts';

export interface NewAgent {
  readonly name: string;
  readonly command: readonly string[];
}

export interface NewManifest {
  readonly fleet: string;
  readonly socket: string;
  readonly agents: readonly NewAgent[];
  readonly env: Environment;
  readonly cwd: string;
  readonly userHome: string;
  readonly schema: string;
}

const EXAMPLE = `  agents: {}
  # An agent is a name and a command:
  # agents:
  #   coder:
  #     command: [codex, --sandbox, workspace-write]
  #     workingDirectory: ~/src/app
  #     envFiles: [~/.config/mosaic/secrets/coder.env]
`;

const SHARED = '# All agents work here. One that shall not step on the others has a `workingDirectory` of its own.';

/** A first manifest with the caller's PATH, directory and proxy; and what the caller should know about it. */
export function manifestText(input: NewManifest): { readonly text: string; readonly notes: readonly string[] } {
  const { env, notes } = callerEnvironment(input.env);
  const directory = { workingDirectory: belowHome(input.cwd, input.userHome) };
  // Several in one directory is a choice: it stands once, where it is seen as one.
  const isShared = input.agents.length > 1;
  const defaults = {
    ...(isShared ? directory : {}),
    path: callerPath(input),
    ...(Object.keys(env).length === 0 ? {} : { env }),
  };
  const head = {
    apiVersion: 'mosaic/v1alpha1',
    kind: 'Fleet',
    metadata: { name: input.fleet },
    spec: { tmux: { socket: input.socket }, agentDefaults: defaults },
  };
  const agents = Object.fromEntries(
    input.agents.map(({ name, command }) => [name, { command, ...(isShared ? {} : directory) }]),
  );
  const body = stringify(head, { lineWidth: 0 }).replace(/^( *)(?=workingDirectory:)/m, `$1${SHARED}\n$1`);
  const list =
    input.agents.length === 0 ? EXAMPLE : indent(stringify({ agents }, { lineWidth: 0, flowCollectionPadding: false }));
  return { text: `# yaml-language-server: $schema=file://${encodeURI(input.schema)}\n${body}${list}`, notes };
}

const indent = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');

/** Absolute directories only, each once, `~/` where it can be. */
function callerPath({ env, userHome }: NewManifest): readonly string[] {
  const directories = (env['PATH'] ?? '')
    .split(':')
    .filter((directory) => directory.startsWith('/') && !/[\0-\x1f\x7f]/.test(directory));
  const usual = ['/usr/local/bin', '/usr/bin', '/bin'];
  return [...new Set([...directories.map((directory) => directory.replace(/(.)\/+$/, '$1')), ...usual])].map(
    (directory) => belowHome(directory, userHome),
  );
}

const belowHome = (path: string, home: string): string =>
  path === home ? '~/' : path.startsWith(`${home}/`) ? `~/${path.slice(home.length + 1)}` : path;

const CARRIED = /^(https?_proxy|no_proxy|all_proxy|HTTPS?_PROXY|NO_PROXY|ALL_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE)$/;

/** What a program needs to reach its service from here. A proxy with a password in it is named, never written. */
function callerEnvironment(env: Environment): {
  readonly env: Record<string, string>;
  readonly notes: readonly string[];
} {
  const carried = Object.entries(env).filter(
    (entry): entry is [string, string] => CARRIED.test(entry[0]) && entry[1] !== undefined && entry[1] !== '',
  );
  const isSecret = ([, value]: [string, string]): boolean => /^(?:[a-z][a-z0-9+.-]*:\/\/)?[^@]*:[^@]*@/i.test(value);
  const notes = carried
    .filter(isSecret)
    .map(([name]) => `${name} holds a password and was not written; put it into an env file.`);
  return {
    env: Object.fromEntries(carried.filter((entry) => !isSecret(entry)).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    notes,
  };
}
