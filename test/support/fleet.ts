import { parseFleet } from '../../src/manifest/parse.ts';
import type { Agent, Fleet } from '../../src/model/fleet.ts';
import type { HostFacts, PathFact } from '../../src/model/observed.ts';
import type { Desired } from '../../src/model/resource.ts';
import { desiredFiles, startedWith, type Assets } from '../../src/providers/files/spec.ts';
import { desiredUnits } from '../../src/providers/systemd/spec.ts';
import { desiredSessions } from '../../src/providers/tmux/spec.ts';
import { expandHome } from '../../src/model/fleet.ts';
import { pathsToCheck } from '../../src/reconciler/host-checks.ts';

const ASSETS: Assets = { helpers: { 'mosaic-agent': '#!/bin/bash\necho helper\n' } };

/** The fleet of a manifest's text; fails with its diagnostics when it has an error. */
export function fleetOf(manifest: string): Fleet {
  const { fleet, diagnostics } = parseFleet(manifest, 'fleet.yaml');
  if (fleet === undefined) throw new Error(diagnostics.map(({ line, message }) => `${line}: ${message}`).join('\n'));
  return fleet;
}

/** A fleet of agents given as YAML flow maps by name, for example `{ coder: '{ command: [codex] }' }`. */
export function fleetWith(agents: Readonly<Record<string, string>>, spec = ''): Fleet {
  const lines = Object.entries(agents).map(([name, fields]) => `    ${name}: ${fields}\n`);
  const list = lines.length === 0 ? '  agents: {}\n' : `  agents:\n${lines.join('')}`;
  return fleetOf(
    `apiVersion: mosaic/v1alpha1\nkind: Fleet\nmetadata: { name: canary }\nspec:\n${spec === '' ? '' : `  ${spec}\n`}${list}`,
  );
}

/** The one agent of a fleet with that name. */
export function agentIn(fleet: Fleet, name = 'coder'): Agent {
  const agent = fleet.agents.find((candidate) => candidate.name === name);
  if (agent === undefined) throw new Error(`the fleet has no agent ${name}`);
  return agent;
}

/** A host on which every path of the manifest is fit. */
export function hostFor(fleet: Fleet, overrides: Partial<HostFacts> = {}): HostFacts {
  const home = '/home/ada';
  return {
    user: { uid: 1000, name: 'ada', home, shell: '/bin/bash' },
    home: `${home}/.config/mosaic`,
    socketPath: `/tmp/tmux-1000/${fleet.socket}`,
    installedSocketPath: `/tmp/tmux-1000/${fleet.socket}`,
    programs: { tmux: '/usr/bin/tmux', bash: '/bin/bash', node: '/usr/bin/node', cli: '/opt/mosaic/bin/mosaic.js' },
    runtimeDir: '/run/user/1000',
    busAddress: 'unix:path=/run/user/1000/bus',
    unitDirs: { preferred: `${home}/.config/systemd/user`, fallback: `${home}/.config/systemd/user` },
    holds: [],
    linger: true,
    otherFleets: {},
    ...overrides,
    paths: { ...fitPaths(fleet, home), ...overrides.paths },
  };
}

function fitPaths(fleet: Fleet, home: string): Record<string, PathFact> {
  const directories = new Set(fleet.agents.map(({ workingDirectory }) => expandHome(workingDirectory, home)));
  const envFiles = new Set(fleet.agents.flatMap((agent) => agent.envFiles.map((file) => expandHome(file, home))));
  const fact = (path: string): PathFact => {
    if (directories.has(path)) return { kind: 'directory', executable: true, mode: 0o755, uid: 1000 };
    const isSecret = envFiles.has(path);
    return { kind: 'file', executable: !isSecret, mode: isSecret ? 0o600 : 0o755, uid: 1000 };
  };
  return Object.fromEntries(pathsToCheck(fleet, home).map((path) => [path, fact(path)]));
}

/** What the three providers want for a fleet on a host, with small constant scripts. */
export function desiredFor(fleet: Fleet, host: HostFacts): readonly Desired[] {
  return [
    ...desiredFiles(fleet, host, ASSETS),
    ...desiredUnits(fleet, host),
    ...desiredSessions(fleet, host, startedWith(ASSETS)(fleet, host)),
  ];
}
