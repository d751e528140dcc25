import { parseFleet } from '../../src/manifest/parse.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import type { HostFacts } from '../../src/model/observed.ts';
import type { Provider } from '../../src/model/provider.ts';
import { filesProvider } from '../../src/providers/files/provider.ts';
import { startedWith, type Assets } from '../../src/providers/files/spec.ts';
import { systemdProvider } from '../../src/providers/systemd/provider.ts';
import { tmuxProvider } from '../../src/providers/tmux/provider.ts';
import { PLACES } from './simulated-host.ts';

export interface Wishes {
  readonly name?: string;
  readonly supervisor?: 'systemd' | 'tmux';
  /** Fields of `spec.tmux` beside the socket `sim`. */
  readonly tmux?: object;
  /** Fields of each agent beside its command. */
  readonly agents: Readonly<Record<string, object>>;
}

/** A fleet by way of a manifest, so that every default is the real one. */
export function fleetOf({ name = 'canary', supervisor = 'systemd', tmux = {}, agents }: Wishes): Fleet {
  const withCommand = Object.entries(agents).map(([agent, fields]) => [agent, { command: ['/bin/cat'], ...fields }]);
  const spec = { supervisor, tmux: { socket: 'sim', ...tmux }, agents: Object.fromEntries(withCommand) };
  const manifest = { apiVersion: 'mosaic/v1alpha1', kind: 'Fleet', metadata: { name }, spec };
  const { fleet, diagnostics } = parseFleet(JSON.stringify(manifest), 'fleet.yaml');
  if (fleet === undefined) throw new Error(JSON.stringify(diagnostics));
  return fleet;
}

/** The facts of a simulated machine; `changes` go on top. */
export const hostFacts = (changes: Partial<HostFacts> = {}): HostFacts => ({
  user: { uid: PLACES.uid, name: 'u', home: PLACES.userHome, shell: '/bin/bash' },
  home: PLACES.home,
  socketPath: `${PLACES.socketDirectory}/sim`,
  programs: { tmux: '/usr/bin/tmux', bash: '/bin/bash', node: '/usr/bin/node', cli: '/opt/mosaic/bin/mosaic.js' },
  runtimeDir: `/run/user/${PLACES.uid}`,
  busAddress: `unix:path=/run/user/${PLACES.uid}/bus`,
  unitDirs: { preferred: PLACES.unitDirectory, fallback: PLACES.unitDirectory },
  paths: {},
  holds: [],
  otherFleets: {},
  ...changes,
});

/** The three providers as the command line puts them together, with the given helper scripts. */
export function allProviders(assets: Assets): readonly [files: Provider, systemd: Provider, tmux: Provider] {
  return [filesProvider(assets), systemdProvider, tmuxProvider(startedWith(assets))];
}

/** Helper scripts for machines that do not run them. */
export const SOME_ASSETS: Assets = { helpers: { 'mosaic-agent': '#!/bin/bash\nexit 0\n' } };

/** Where each file of a fleet belongs, and what stands in it. */
export function fileBodies(fleet: Fleet, host: HostFacts, assets: Assets): readonly FileBody[] {
  return filesProvider(assets)
    .desired(fleet, host)
    .flatMap(({ address, body }) => {
      const [, kind = '', name = ''] = /^(file|launch)\.(.*)$/.exec(address) ?? [];
      if (body?.kind !== 'text') return [];
      const below = kind === 'launch' ? `fleets/${fleet.name}/launch/${name}` : name;
      return [{ path: `${host.home}/${below}`, content: body.text, mode: body.mode }];
    });
}

interface FileBody {
  readonly path: string;
  readonly content: string;
  readonly mode: number;
}
