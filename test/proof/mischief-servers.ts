import { fleetUnits } from '../../src/model/names.ts';
import { SELF_SERVER } from '../../src/model/observed.ts';
import { allow, namesOf, pick, type Mischief } from './mischief.ts';
import { FLEET, HOME, socketOf } from './stage.ts';

/** What may have become of servers, sockets and the user manager. */
export const SERVERS = {
  'the server was killed': (stage, { name }, at) => {
    const { machine } = stage;
    const [socket] = stage.sockets();
    if (socket === undefined) return;
    machine.tmux.end(socket);
    const units = machine.systemd.units().filter((unit) => unit.startsWith(`mosaic-${name}@`));
    for (const unit of units) machine.systemd.become(unit, at % 3 === 0 ? 'failed' : 'inactive');
    const { server } = fleetUnits(name);
    if (machine.systemd.isActive(server)) machine.systemd.become(server, at % 2 === 0 ? 'failed' : 'inactive');
  },
  'a server of a person holds the socket': (stage, fleet) => {
    const { tmux } = stage.machine;
    const socket = socketOf(fleet);
    if (tmux.serverPid(socket) !== 0) return;
    stage.foreignPids.add(tmux.start(socket, ''));
    // A file that stood there is gone: tmux has put its socket in the place.
    stage.foreignPaths.delete(socket);
    tmux.run(socket, [['new-session', '-d', '-s', 'mine', 'vi']]);
    stage.foreignPids.add(tmux.panePid(socket, 'mine'));
    allow(stage, 'foreign-server', 'impostor', 'unknown');
  },
  'a socket was left behind': ({ machine }, fleet) => {
    if (machine.files.stat(socketOf(fleet)) === undefined) machine.files.plant(socketOf(fleet), { kind: 'socket' });
  },
  'a file stands where the socket belongs': (stage, fleet) => {
    if (stage.machine.tmux.serverPid(socketOf(fleet)) !== 0) return;
    stage.machine.files.plant(socketOf(fleet), { content: 'mine' });
    stage.foreignPaths.add(socketOf(fleet));
    allow(stage, 'unknown');
  },
  'an option of the server was changed': ({ machine: { tmux } }, fleet, at) => {
    const option = pick(['mouse', 'status', 'remain-on-exit', 'history-limit', 'prefix'], at) ?? 'mouse';
    tmux.run(socketOf(fleet), [['set-option', '-g', option, pick(['on', 'off', '7'], at >> 3) ?? 'on']]);
  },
  'the mark of the server is damaged': (stage, fleet) => {
    const { tmux, processes } = stage.machine;
    const pid = tmux.serverPid(socketOf(fleet));
    if (pid === 0) return;
    tmux.run(socketOf(fleet), [['set-option', '-s', '@mosaic_fleet', 'other']]);
    if (processes.cgroupOf(pid)?.endsWith(`/${fleetUnits(fleet.name).server}`) === true) return;
    stage.foreignPids.add(pid);
    allow(stage, 'foreign-server', 'impostor', 'unknown');
  },
  'a pane is dead': (stage, _fleet, at) => {
    const session = pick(stage.ours(), at);
    if (session === undefined) return;
    stage.machine.tmux.endPane(session.socket, session.name);
    stage.foreignPids.delete(session.panePid);
    if (stage.runner(session.socket) === 'systemd') allow(stage, 'starting', 'foreign');
  },
  'the target was stopped': ({ machine: { systemd } }, { name }) => {
    for (const unit of systemd.units()) if (unit.startsWith(`mosaic-${name}@`)) systemd.stop(unit);
    systemd.become(fleetUnits(name).target, 'inactive');
  },
} satisfies Record<string, Mischief>;

/** What else may be so. */
export const CIRCUMSTANCES = {
  'a person stopped an agent': ({ machine }, fleet, at) => {
    const agent = pick([...namesOf(fleet), 'ghost'], at) ?? 'ghost';
    machine.files.plant(`${FLEET}/holds/${agent}`, { content: 'by=user u at=1\n' });
  },
  'the command runs inside an agent': (stage, fleet, at) => {
    stage.circumstances = { ...stage.circumstances, self: pick([...namesOf(fleet), SELF_SERVER], at) };
    allow(stage, 'self');
  },
  'a working directory is missing': (stage) => {
    const missing = { kind: 'missing', executable: false, mode: 0, uid: 0 } as const;
    stage.circumstances = { ...stage.circumstances, unfit: { '/home/u/src': missing } };
    allow(stage, 'working-directory');
  },
  'the home holds things of its owner': ({ machine: { files }, foreignPaths }, { name }) => {
    const paths = [
      'notes.txt',
      'fleet.yaml',
      'libexec/own',
      'bin/own',
      'fleets/other/launch/worker',
      `fleets/${name}/own`,
    ];
    for (const path of paths.map((below) => `${HOME}/${below}`)) {
      if (files.stat(path) !== undefined) continue;
      files.plant(path, { content: 'mine\n' });
      foreignPaths.add(path);
    }
  },
} satisfies Record<string, Mischief>;
