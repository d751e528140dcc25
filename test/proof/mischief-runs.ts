import { isAgentName } from '../../src/model/names.ts';
import type { UnitState } from '../support/simulated-systemd.ts';
import { allow, namesOf, pick, unitsOf, type Mischief } from './mischief.ts';
import { FLEET, type OurSession, type Stage } from './stage.ts';

const onSession =
  (act: (stage: Stage, session: OurSession, at: number) => void): Mischief =>
  (stage, _fleet, at) => {
    const living = stage.ours().filter(({ isDead }) => !isDead);
    const session = pick(living, at);
    if (session !== undefined) act(stage, session, at);
  };

/** How an agent's last run ended, in the helper's words, and what its unit is in since. */
const ENDS: readonly (readonly [state: UnitState | 'inactive', record: Readonly<Record<string, string>>])[] = [
  ['inactive', { exit: 'code=0\nasked=none\n' }],
  ['inactive', { exit: 'code=1\nasked=none\n' }],
  ['inactive', { exit: 'signal=KILL\nasked=none\n' }],
  ['inactive', {}],
  ['inactive', { fault: 'command-not-found: cat\n' }],
  ['failed', { exit: 'code=1\nasked=none\n' }],
  ['failed', { exit: 'signal=KILL\nasked=stop\n' }],
  ['failed', { fault: 'env-file: x\n' }],
  ['failed', {}],
];

function endAgent({ machine, reasons }: Stage, { socket, name, agent }: OurSession, at: number): void {
  const [state, record] = ENDS[at % ENDS.length] ?? ['inactive', {}];
  machine.tmux.endSession(socket, name);
  const unit = `mosaic-canary@${agent}.service`;
  if (machine.systemd.units().includes(unit)) machine.systemd.become(unit, state);
  const end = machine.port.clock.nowMs();
  for (const [file, content] of Object.entries(record)) {
    const text = file === 'exit' ? `${content}at=${end}\n` : content;
    machine.files.plant(`${FLEET}/record/${agent}/${file}`, { content: text });
  }
  if (state === 'failed') allow({ reasons }, 'crash-looping');
}

/** Starts a session as a person would, on a server that is there. */
function openSession(stage: Stage, socket: string, name: string): number {
  const { tmux } = stage.machine;
  tmux.run(socket, [['new-session', '-d', '-s', name, 'vi']]);
  return tmux.panePid(socket, name);
}

/** What may have become of agents and sessions. */
export const RUNS = {
  'an agent ended': onSession(endAgent),
  'an agent is being started': (stage, fleet, at) => {
    const unit = pick(unitsOf(fleet), at);
    if (unit === undefined || fleet.supervisor === 'tmux' || stage.machine.systemd.units().includes(unit)) return;
    if (stage.ours().some(({ agent }) => unit.endsWith(`@${agent}.service`))) return;
    stage.machine.systemd.become(unit, at % 2 === 0 ? 'activating' : 'deactivating');
    // Without its launch data nobody can tell whether it is protected.
    allow(stage, 'starting', 'unknown');
  },
  'a process has left its unit': onSession((stage, { agent, panePid }, at) => {
    const { machine } = stage;
    const unit = `mosaic-canary@${agent}.service`;
    if (!machine.systemd.isActive(unit)) return;
    machine.processes.move(panePid, '/user.slice/session-1.scope');
    machine.systemd.become(unit, at % 2 === 0 ? 'inactive' : 'failed');
    stage.foreignPids.add(panePid);
    allow(stage, 'impostor', 'duplicate-owner', 'crash-looping', 'foreign-sessions');
  }),
  'a session is gone from under its unit': onSession(({ machine, reasons }, { socket, name }) => {
    machine.tmux.endSession(socket, name);
    allow({ reasons }, 'starting');
  }),
  'a session was renamed': onSession((stage, { socket, id }, at) => {
    allow(stage, 'foreign');
    stage.machine.tmux.run(socket, [
      ['rename-session', '-t', `$${id}`, pick(['mine', 'scribe', 'worker-1'], at) ?? ''],
    ]);
  }),
  'a mark of a session is damaged': onSession((stage, { socket, name, panePid }, at) => {
    const [mark, value] = pick(
      [
        ['owner', ''],
        ['owner', 'canary'],
        ['owner', 'other/worker'],
        ['spec', ''],
        ['spec', 'v0'],
        ['launcher', 'x'],
      ] as const,
      at,
    ) ?? ['owner', ''];
    stage.machine.tmux.run(socket, [['set-option', '-t', `=${name}:`, `@mosaic_${mark}`, value]]);
    if (mark !== 'owner') return;
    // What our own unit runs is ours to end with the unit; anything else is nobody's without a mark.
    if (stage.runner(socket) === 'tmux') stage.foreignPids.add(panePid);
    allow(stage, 'foreign', 'unknown', 'foreign-sessions', 'starting', 'impostor');
  }),
  'a session carries a mark of ours': (stage, fleet, at) => {
    const socket = pick(stage.sockets(), at);
    const agent = pick([...namesOf(fleet), 'ghost'], at) ?? 'ghost';
    if (socket === undefined || !isAgentName(agent)) return;
    const pid = openSession(stage, socket, pick(['copy', agent], at >> 3) ?? '');
    if (pid === 0) return;
    const name = stage.machine.tmux.sessionsOn(socket).find(({ panePid }) => panePid === pid)?.name ?? '';
    const isNew = stage.machine.tmux.ownerOf(socket, name) === undefined;
    if (!isNew) return;
    stage.machine.tmux.run(socket, [['set-option', '-t', `=${name}:`, '@mosaic_owner', `canary/${agent}`]]);
    stage.foreignPids.add(pid);
    allow(stage, 'foreign', 'impostor', 'duplicate-owner', 'foreign-sessions', 'unknown', 'starting');
  },
  'a person has a session there': (stage, fleet, at) => {
    const socket = pick(stage.sockets(), at);
    const name = pick(['notes', ...namesOf(fleet)], at) ?? 'notes';
    if (socket === undefined || stage.machine.tmux.panePid(socket, name) !== 0) return;
    stage.foreignPids.add(openSession(stage, socket, name));
    allow(stage, 'foreign', 'foreign-sessions', 'unknown', 'starting');
  },
} satisfies Record<string, Mischief>;
