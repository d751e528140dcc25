import { describe, expect, it } from '@jest/globals';
import { buildPlan } from '../../../src/reconciler/plan.ts';
import { planText } from '../../../src/cli/view/plan-text.ts';
import type { Fleet } from '../../../src/model/fleet.ts';
import { fleetWith } from '../../support/fleet.ts';
import { worldOf, type Overlay } from '../../support/observed.ts';
import { carried, snapshotText } from '../../support/snapshot.ts';
import type { Snapshot } from '../../../src/cli/snapshot/document.ts';

const taken = fleetWith({ coder: '{ command: [codex] }' });
const PROGRAMS = { '/home/ada/.local/bin': [], '/usr/local/bin': [], '/usr/bin': ['claude'], '/bin': ['claude'] };

/** The plan of another manifest from a snapshot that was taken with `taken`. */
function planFor(fleet: Fleet, more: Partial<Snapshot> = {}, overlay: Overlay = {}): string {
  const world = { ...worldOf(taken, overlay), fleet };
  const text = snapshotText(worldOf(taken, overlay), { executables: PROGRAMS, ...more });
  return planText(buildPlan(carried(world, text)), { manifest: 'fleet.yaml', verbose: false });
}

const withNew = (fields: string, spec = ''): Fleet =>
  fleetWith({ coder: '{ command: [codex] }', more: `{ ${fields} }` }, spec);

describe('a snapshot for another manifest', () => {
  it('finds the program of a new agent in the list of its directory', () => {
    const plan = planFor(withNew('command: [claude]'));
    expect(plan).toContain('+ more  start');
    expect(plan).toContain('1 agent to start');
    expect(plan).not.toContain('NotChecked');
  });

  it('blocks an agent whose program is in none of them, as the host itself would', () => {
    expect(planFor(withNew('command: [aider]'))).toContain(
      '! more  blocked (command-not-found): more runs aider, which is not there (searched: /home/ada/.local/bin,',
    );
  });

  it('notes what it does not tell, and blocks nothing for it', () => {
    const plan = planFor(withNew('command: [aider], path: [/opt/x], workingDirectory: /srv/new, envFiles: [/srv/e]'));
    expect(plan).toContain('NotChecked: the snapshot does not tell of more: /srv/new, /srv/e, /opt/x/aider\n');
    expect(plan).not.toContain('blocked');
  });

  it('does not take a directory for missing because it is no program', () => {
    const plan = planFor(withNew('command: [claude], workingDirectory: /usr/bin/there'));
    expect(plan).toContain('more: /usr/bin/there');
    expect(plan).not.toContain('blocked');
  });

  it('sees a session of somebody else under a new agent’s name', () => {
    expect(planFor(withNew('command: [claude]'), {}, { facts: { foreignSessions: ['more'] } })).toContain(
      '! more  blocked (foreign): a session stands where more belongs: a session of this name has no mark of ours',
    );
  });

  it('replaces the server for another socket, and says that nobody looked at that one', () => {
    const plan = planFor(fleetWith({ coder: '{ command: [codex] }' }, 'tmux: { socket: other }'));
    expect(plan).toContain('± fleet  replace: the tmux server is replaced (every agent restarts)');
    expect(plan).toContain('not tell of the tmux server on /tmp/tmux-1000/other\n');
  });

  it('knows nothing of sessions on another socket while nothing is installed', () => {
    const { installedSocketPath: _installed, ...host } = worldOf(taken).observed.host;
    const facts = { foreignServer: { pid: 7, sessions: ['x'] } };
    const items = { 'server.mosaic-factory': { owner: 'foreign', spec: {} } };
    const snapshot = JSON.parse(snapshotText(worldOf(taken, { items, facts }))) as Snapshot;
    const fleet = fleetWith({ coder: '{ command: [codex] }' }, 'tmux: { socket: other }');
    const text = JSON.stringify({ ...snapshot, host });
    const plan = buildPlan(carried({ ...worldOf(taken), fleet }, text));
    expect(plan.blocked).toEqual([]);
    expect(plan.changes.map(({ address }) => address)).toContain('server.other');
  });

  it('says that units were not looked at where the manifest of the snapshot had no systemd', () => {
    const plan = planFor(taken, { supervisor: 'tmux', facts: {} });
    expect(plan).toContain('not tell of the units of the user manager\n');
  });
});
