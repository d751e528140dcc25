import type { ProviderCase } from './bench.ts';
import { describeProvider } from './contract.ts';
import { allProviders, fileBodies, fleetOf, hostFacts, SOME_ASSETS } from '../support/simulated-fleet.ts';
import { PLACES, SimulatedHost } from '../support/simulated-host.ts';

const [files, systemd, tmux] = allProviders(SOME_ASSETS);
const { home, unitDirectory } = PLACES;

describeProvider('files', (): ProviderCase => {
  const machine = new SimulatedHost();
  const launch = `${home}/fleets/canary/launch/alpha`;
  return {
    ...common(machine, 'systemd'),
    provider: files,
    example: 'launch.alpha',
    other: 'launch.beta',
    phases: { create: 'write', delete: 'delete' },
    plantForeign: () => machine.files.plant(launch, { content: 'somebody else wrote this\n' }),
    damage: () => machine.files.alter(launch, { content: `${machine.files.read(launch) ?? ''}by hand` }),
    breakLook: () => machine.files.deny(launch),
    silence: undefined,
  };
});

describeProvider('systemd', (): ProviderCase => {
  const machine = new SimulatedHost();
  const dropIn = `${unitDirectory}/mosaic-canary@alpha.service.d/50-mosaic.conf`;
  return {
    ...common(machine, 'systemd'),
    provider: systemd,
    example: `unit.${dropIn.slice(unitDirectory.length + 1)}`,
    other: 'unit.mosaic-canary@beta.service.d/50-mosaic.conf',
    phases: { create: 'install', delete: 'delete' },
    plantForeign: () => machine.files.plant(dropIn, { content: '[Service]\nMemoryMax=1G\n', mode: 0o644 }),
    damage: () => machine.files.alter(dropIn, { content: `[Service]\nNice=1\n${machine.files.read(dropIn) ?? ''}` }),
    breakLook: () => machine.files.deny(dropIn),
    silence: () => {
      machine.silent = 'busctl';
    },
  };
});

describeProvider('tmux', async (): Promise<ProviderCase> => {
  const machine = new SimulatedHost();
  const given = common(machine, 'tmux');
  const { socketPath } = given.host;
  const conf = `${home}/fleets/canary/tmux.conf`;
  for (const { path, ...body } of fileBodies(given.fleet, given.host, SOME_ASSETS)) machine.files.plant(path, body);
  return Promise.resolve({
    ...given,
    provider: tmux,
    example: 'session.alpha',
    other: 'session.beta',
    phases: { create: 'start', delete: 'stop' },
    plantForeign: () => {
      machine.tmux.exec([
        '-u',
        '-S',
        socketPath,
        '-f',
        conf,
        'start-server',
        ';',
        'set-option',
        '-s',
        '@mosaic_fleet',
        'canary',
      ]);
      machine.tmux.endSession(socketPath, 'alpha');
      machine.tmux.run(socketPath, [['new-session', '-d', '-s', 'alpha', 'vi']]);
    },
    damage: () => {
      machine.tmux.run(socketPath, [
        ['set-option', '-g', 'mouse', 'on'],
        ['rename-session', '-t', '$0', 'mine'],
      ]);
    },
    breakLook: undefined,
    silence: () => {
      machine.silent = 'tmux';
    },
  });
});

/** What the cases of one machine share. */
function common(
  machine: SimulatedHost,
  supervisor: 'systemd' | 'tmux',
): Pick<ProviderCase, 'fleet' | 'smaller' | 'host' | 'port' | 'state'> {
  return {
    fleet: fleetOf({ supervisor, agents: { alpha: {}, beta: {} } }),
    smaller: fleetOf({ supervisor, agents: { beta: {} } }),
    host: hostFacts(),
    port: machine.port,
    state: () => machine.state(),
  };
}
