import { afterAll } from '@jest/globals';
import { once } from 'node:events';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join, resolve } from 'node:path';
import { readPort } from '../../src/cli/ports.ts';
import { writePort } from '../../src/cli/write-port.ts';
import { createBus } from '../../src/host/bus.ts';
import { systemClock } from '../../src/host/clock.ts';
import { cleanEnvironment } from '../../src/host/environment.ts';
import { createExec } from '../../src/host/exec.ts';
import type { Bus, Exec } from '../../src/model/host.ts';
import type { ProviderCase } from '../providers/bench.ts';
import { describeProvider } from '../providers/contract.ts';
import { cleanUp, tempHome, UNIT_DIRECTORY, type TempHome } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { allProviders, fileBodies, fleetOf, hostFacts } from '../support/simulated-fleet.ts';

const LIBEXEC = resolve(import.meta.dirname, '../../libexec');
const helpers = Object.fromEntries(
  readdirSync(LIBEXEC).map((name) => [name, readFileSync(join(LIBEXEC, name), 'utf8')]),
);
const [files, systemd, tmux] = allProviders({ helpers });
const SILENCE_MS = 400;

afterAll(cleanUp);

/** A real history takes its time; the simulated machine goes through the failures as well. */
const describeReal = (name: string, makeCase: () => ProviderCase | Promise<ProviderCase>): void =>
  describeProvider(name, makeCase, ['crash']);

describeReal('files, on a real disk', (): ProviderCase => {
  const place = tempHome();
  const launch = join(place.home, 'fleets', place.fleet, 'launch/alpha');
  return {
    ...common(place, 'systemd'),
    provider: files,
    example: 'launch.alpha',
    other: 'launch.beta',
    phases: { create: 'write', delete: 'delete' },
    plantForeign: () => plant(launch, 'somebody else wrote this\n'),
    damage: () => appendFileSync(launch, 'by hand'),
    breakLook: () => chmodSync(launch, 0),
    silence: undefined,
    state: () => anonymous(place, tree(place.home)),
  };
});

describeReal('systemd, with a real manager asked by busctl', () => {
  const place = tempHome();
  const deaf = silenceable();
  return { ...systemdCase(place, deaf.exec), silence: () => deaf.silence(place.root) };
});

describeReal('systemd, with a real manager asked over the bus', (): ProviderCase => {
  const place = tempHome();
  const deaf = silenceableBus();
  const given = systemdCase(place, silenceable().exec, deaf.bus);
  return {
    ...given,
    silence: () => deaf.silence(place.root),
    close: async () => {
      deaf.close();
      await given.close?.();
    },
  };
});

function systemdCase(place: TempHome, exec: Exec, bus?: Bus): ProviderCase {
  const dropIn = `mosaic-${place.fleet}@alpha.service.d/50-mosaic.conf`;
  const path = join(UNIT_DIRECTORY, dropIn);
  mkdirSync(UNIT_DIRECTORY, { recursive: true });
  return {
    ...common(place, 'systemd', exec, bus),
    provider: systemd,
    example: `unit.${dropIn}`,
    other: `unit.mosaic-${place.fleet}@beta.service.d/50-mosaic.conf`,
    phases: { create: 'install', delete: 'delete' },
    plantForeign: () => plant(path, '[Service]\nNice=1\n'),
    damage: () => writeFileSync(path, `[Service]\nNice=1\n${readFileSync(path, 'utf8')}`),
    breakLook: () => chmodSync(path, 0),
    silence: undefined,
    state: () => managerState(place),
  };
}

describeReal('tmux, with a real server', async (): Promise<ProviderCase> => {
  const place = tempHome();
  const deaf = silenceable();
  const given = common(place, 'tmux', deaf.exec);
  const { socketPath } = given.host;
  for (const { path, content, mode } of fileBodies(given.fleet, given.host, { helpers })) plant(path, content, mode);
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 });
  const ask = (...args: readonly string[]): ReturnType<typeof sh> =>
    sh(['tmux', '-N', '-u', '-S', socketPath, ...args]);
  const pid = async (): Promise<number> => Number((await ask('display-message', '-p', '#{pid}')).stdout);
  let stopped = 0;
  return Promise.resolve({
    ...given,
    provider: tmux,
    example: 'session.alpha',
    other: 'session.beta',
    phases: { create: 'start', delete: 'stop' },
    plantForeign: async () => {
      const conf = join(place.home, 'fleets', place.fleet, 'tmux.conf');
      const mark = ['set-option', '-s', '@mosaic_fleet', place.fleet];
      await sh(['tmux', '-S', socketPath, '-f', conf, 'start-server', ';', ...mark]);
      await ask('kill-session', '-t', '=alpha:');
      await ask('new-session', '-d', '-s', 'alpha', 'sleep 1000');
    },
    damage: async () => {
      await ask('set-option', '-g', 'mouse', 'on', ';', 'rename-session', '-t', '=alpha:', 'mine');
    },
    breakLook: undefined,
    silence: async () => {
      stopped = await pid();
      process.kill(stopped, 'SIGSTOP');
      deaf.hurry();
    },
    state: async () => {
      const sessions = await ask('list-sessions', '-F', '#{session_name} #{@mosaic_owner} #{@mosaic_spec}');
      const server = await ask(
        'display-message',
        '-p',
        '#{prefix} #{mouse} #{status} #{remain-on-exit} #{@mosaic_fleet}',
      );
      return anonymous(place, [server.stdout, ...sessions.stdout.split('\n').toSorted()]);
    },
    close: async () => {
      if (stopped > 0) process.kill(stopped, 'SIGKILL');
      await cleanUp();
    },
  });
});

/** What the cases share: two fleets in a home of their own, and the real machine behind the ports. */
function common(
  place: TempHome,
  supervisor: 'systemd' | 'tmux',
  exec: Exec = silenceable().exec,
  bus?: Bus,
): Pick<ProviderCase, 'fleet' | 'smaller' | 'host' | 'port'> & Required<Pick<ProviderCase, 'close'>> {
  const { fleet: name, home, tmuxTmpdir } = place;
  const uid = process.getuid?.() ?? 0;
  const host = hostFacts({
    user: { uid, name: 'mosaic', home: place.root, shell: '/bin/bash' },
    home,
    socketPath: join(tmuxTmpdir, `tmux-${uid}`, 'sim'),
    unitDirs: { preferred: UNIT_DIRECTORY, fallback: UNIT_DIRECTORY },
  });
  return {
    fleet: fleetOf({ name, supervisor, agents: { alpha: {}, beta: {} } }),
    smaller: fleetOf({ name, supervisor, agents: { beta: {} } }),
    host,
    port: writePort(readPort(exec, bus), systemClock, { isHeld: () => true }),
    close: cleanUp,
  };
}

/** Real calls, until they are sent to a program of the same name that never ends, or have less time to wait for one. */
function silenceable(): { exec: Exec; silence: (root: string) => void; hurry: () => void } {
  const XDG_RUNTIME_DIR = process.env['XDG_RUNTIME_DIR'] ?? '';
  const env = { ...cleanEnvironment(), XDG_RUNTIME_DIR };
  let exec = createExec({ env });
  let mostMs = Infinity;
  return {
    exec: (argv, options) => exec(argv, { ...options, timeoutMs: Math.min(options.timeoutMs, mostMs) }),
    silence: (root) => {
      for (const name of ['busctl', 'systemctl'])
        plant(join(root, 'deaf', name), '#!/bin/sh\nexec sleep 1000\n', 0o755);
      exec = createExec({ env, path: [join(root, 'deaf')] });
      mostMs = SILENCE_MS;
    },
    hurry: () => {
      mostMs = SILENCE_MS;
    },
  };
}

/** The real bus, until it is sent to a socket where somebody listens and never answers. */
function silenceableBus(): { bus: Bus; silence: (root: string) => Promise<void>; close: () => void } {
  let bus = createBus({ env: process.env });
  let server: Server | undefined;
  return {
    bus: (calls, options) => bus(calls, options),
    silence: async (root) => {
      const socket = join(root, 'deaf-bus');
      server = createServer(() => undefined).listen(socket);
      await once(server, 'listening');
      const deaf = createBus({ env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${socket}` } });
      bus = (calls) => deaf(calls, { timeoutMs: SILENCE_MS });
    },
    close: () => server?.close(),
  };
}

function plant(path: string, text: string, mode = 0o600): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, text, { mode });
}

/** Units on disk, and what the manager believes of the target and of an agent. */
async function managerState(place: TempHome): Promise<string> {
  const { fleet } = place;
  const found = tree(UNIT_DIRECTORY).filter((line) => line.includes(`mosaic-${fleet}`));
  const show = ['show', '-p', 'Id,LoadState,Wants,DropInPaths,NeedDaemonReload'] as const;
  const { stdout } = await sh([
    'systemctl',
    '--user',
    ...show,
    `mosaic-${fleet}.target`,
    `mosaic-${fleet}@alpha.service`,
  ]);
  // A set to the manager, which tells its members in any order.
  const told = stdout.split('\n').map((line) => line.split(/[ =]/).toSorted().join(' '));
  return anonymous(place, [...found, ...told]);
}

/** Without what no two places share: their names, and the hashes of texts that hold them. */
const anonymous = ({ root, fleet }: TempHome, lines: readonly string[]): string =>
  lines
    .join('\n')
    .replaceAll(root, 'ROOT')
    .replaceAll(fleet, 'FLEET')
    .replaceAll(/\b[0-9a-f]{16}\b/g, 'HASH');

/** Every name below a directory with its kind, mode and content. */
function tree(directory: string): readonly string[] {
  return readdirSync(directory, { withFileTypes: true })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(directory, entry.name);
      if (entry.isSymbolicLink()) return [`${path} -> ${readlinkSync(path)}`];
      const mode = statSync(path).mode.toString(8);
      return entry.isDirectory()
        ? [`${path} ${mode}`, ...tree(path)]
        : [`${path} ${mode} ${readFileSync(path, 'utf8')}`];
    });
}
