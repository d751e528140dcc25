import { installedServer, readHolds } from '../../src/cli/facts.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import type { FileReader, WritePort } from '../../src/model/host.ts';
import type { Provider } from '../../src/model/provider.ts';
import type { Desired } from '../../src/model/resource.ts';
import type { Activity, HostFacts, PathFact } from '../../src/model/observed.ts';
import type { Step } from '../../src/reconciler/execute.ts';
import { startedWith } from '../../src/providers/files/spec.ts';
import { act } from '../../src/reconciler/act.ts';
import { look, type Engine, type Look } from '../../src/reconciler/pass.ts';
import type { Policy } from '../../src/reconciler/policy.ts';
import { allProviders, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { PLACES, SimulatedHost } from '../support/simulated-host.ts';
import type { Session } from '../support/simulated-tmux.ts';

export const UNITS = PLACES.unitDirectory;
export const HOME = PLACES.home;
export const FLEET = `${HOME}/fleets/canary`;

/** What is not on the machine's disk, and decides all the same. */
export interface Circumstances {
  readonly activity: Readonly<Record<string, Activity>>;
  /** Paths of the manifest that are not fit. */
  readonly unfit: Readonly<Record<string, PathFact>>;
  readonly self: string | undefined;
  readonly otherFleets: Readonly<Record<string, number>>;
}

/** A machine with its circumstances, and what must be true of it whatever we do. */
export class Stage {
  readonly machine = new SimulatedHost();
  circumstances: Circumstances = { activity: {}, unfit: {}, self: undefined, otherFleets: {} };
  /** The manifests name one and the same server: then the record of it may be damaged, and is made again. */
  isServerKnown = true;
  /** Why something may be left undone for good. */
  readonly reasons = new Set<string>();
  /** Paths and processes that are not ours. */
  readonly foreignPaths = new Set<string>();
  readonly foreignPids = new Set<number>();

  look(fleet: Fleet, policy: Policy, port: WritePort = this.machine.port): Promise<Look> {
    return look(this.#engine(port), fleet, policy);
  }

  act(seen: Look, port: WritePort = this.machine.port): Promise<{ readonly steps: readonly Step[] }> {
    return act(this.#engine(port), seen, port, { onStep: () => undefined });
  }

  async apply(fleet: Fleet, policy: Policy, port: WritePort = this.machine.port): Promise<Look> {
    const seen = await this.look(fleet, policy, port);
    await this.act(seen, port);
    return seen;
  }

  #engine(port: WritePort): Engine {
    const { activity } = this.circumstances;
    const reports = Object.entries(activity).map(([name, state]) => [name, { state, source: 'screen' }] as const);
    return {
      providers: PROVIDERS,
      read: port,
      hostFacts: (fleet) => this.hostFacts(fleet, port.files),
      activity: () => Promise.resolve(Object.fromEntries(reports)),
      tmux: '/usr/bin/tmux',
    };
  }

  hostFacts(fleet: Fleet, files: FileReader = this.machine.files, home: string = HOME): HostFacts {
    const installed = installedServer(files, home, fleet.name);
    const { unfit, self, otherFleets } = this.circumstances;
    return hostFacts({
      home,
      socketPath: socketOf(fleet),
      ...(installed === undefined ? {} : { installedSocketPath: installed.socket }),
      holds: readHolds(files, home, fleet.name),
      paths: unfit,
      otherFleets,
      ...(self === undefined ? {} : { self }),
    });
  }

  /** Sockets with a server that a manifest of ours can name. */
  sockets(): readonly string[] {
    return this.machine.tmux.sockets().filter((path) => /\/sim(-2)?$/.test(path));
  }

  /** Sessions with the mark of one of our agents, and the socket each is on. */
  ours(): readonly OurSession[] {
    const { tmux } = this.machine;
    return this.sockets().flatMap((socket) =>
      tmux.sessionsOn(socket).flatMap((session) => {
        const agent = /^canary\/(.*)$/.exec(session.options['@mosaic_owner'] ?? '')?.[1];
        return agent === undefined ? [] : [{ ...session, socket, agent }];
      }),
    );
  }

  /** Hash of what the manifest wants an agent to run. */
  wantedSpec(fleet: Fleet, agent: string): string {
    const known = specs.get(fleet) ?? startedWith(SOME_ASSETS)(fleet, hostFacts({ socketPath: socketOf(fleet) }));
    specs.set(fleet, known);
    return known(agent).spec;
  }

  /** Who runs the server on a socket. */
  runner(socket: string): 'systemd' | 'tmux' {
    const cgroup = this.machine.processes.cgroupOf(this.machine.tmux.serverPid(socket));
    return cgroup?.endsWith('/mosaic-canary-tmux.service') === true ? 'systemd' : 'tmux';
  }

  /** Everything of our fleet, as text, but for what a manifest alone cannot decide: when, and what was there before. */
  own(fleet: Fleet): string {
    const { files, systemd, tmux } = this.machine;
    const paths = files
      .paths()
      .filter((path) => OWN.test(path) && !path.includes('/record/') && !this.foreignPaths.has(path));
    const rows = paths.flatMap((path) => {
      const { kind, mode, uid } = files.stat(path) ?? {};
      if (kind === 'directory') return [];
      return [[path, kind, mode, uid, kind === 'symlink' ? files.readLink(path) : files.read(path)].join(' ')];
    });
    const units = systemd
      .units()
      .filter((unit) => OWN_UNIT.test(unit) && unit.endsWith('.service') && systemd.isActive(unit));
    const living = this.ours().filter(({ isDead, panePid }) => !isDead && !this.foreignPids.has(panePid));
    const sessions = living.map(({ socket, name, options }) =>
      [socket, name, options['@mosaic_owner'], options['@mosaic_spec']].join(' '),
    );
    const own = this.sockets().filter((socket) => !this.foreignPids.has(tmux.serverPid(socket)));
    const servers = own.map((socket) => `${socket} ${this.runner(socket)} ${tmux.serverPid(socket) > 0}`);
    return [...rows, ...units, ...sessions, ...servers, socketOf(fleet)].toSorted().join('\n');
  }

  /** Everything that is not ours, as text: equal before and after whatever we do. */
  foreign(): string {
    const { files, processes, tmux, systemd } = this.machine;
    const paths = [...this.foreignPaths].map((path) => {
      const { kind, mode, uid, inode, ctimeMs } = files.stat(path) ?? {};
      const content = kind === 'symlink' ? files.readLink(path) : kind === 'file' ? files.read(path) : '';
      return [path, kind, mode, uid, content, ...(kind === 'directory' ? [] : [inode, ctimeMs])].join(' ');
    });
    const pids = [...this.foreignPids].map((pid) => `${pid} ${processes.cgroupOf(pid) ?? 'ended'}`);
    const sessions = tmux
      .sockets()
      .flatMap((socket) => tmux.sessionsOn(socket).filter(({ panePid }) => this.foreignPids.has(panePid)));
    const units = systemd.units().filter((unit) => !OWN_UNIT.test(unit));
    return [...paths, ...pids, ...sessions.map((session) => JSON.stringify(session)), ...units].toSorted().join('\n');
  }
}

/** The same manifest wants the same on the same machine: in one life it is asked for twenty times. */
function remembering(provider: Provider): Provider {
  const known = new WeakMap<Fleet, Map<string, readonly Desired[]>>();
  return {
    ...provider,
    desired: (fleet, host) => {
      const ofFleet = known.get(fleet) ?? new Map<string, readonly Desired[]>();
      known.set(fleet, ofFleet);
      const key = JSON.stringify(host);
      const found = ofFleet.get(key) ?? provider.desired(fleet, host);
      ofFleet.set(key, found);
      return found;
    },
  };
}

const PROVIDERS = allProviders(SOME_ASSETS).map(remembering);
const specs = new WeakMap<Fleet, ReturnType<ReturnType<typeof startedWith>>>();

const OWN_UNIT = /^mosaic-canary(@|\.|-tmux\.)/;
const OWN = new RegExp(
  `^(${HOME}/(libexec|bin|fleets/canary)/|${UNITS}/(default.target.wants/)?mosaic-canary(@|\\.|-tmux\\.))`,
);

export interface OurSession extends Session {
  readonly socket: string;
  readonly agent: string;
}

export const socketOf = ({ socket }: Fleet): string => `${PLACES.socketDirectory}/${socket}`;
