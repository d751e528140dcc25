import { describe, expect, it } from '@jest/globals';
import { agentFieldClass, fleetFieldClass } from '../../src/manifest/schema.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import type { Plan } from '../../src/model/plan.ts';
import { buildPlan } from '../../src/reconciler/plan.ts';
import { desiredFor, fleetWith, hostFor } from '../support/fleet.ts';
import { inSyncItems, worldOf } from '../support/observed.ts';

/** Another value of each field, as a person would edit it. */
const AGENT_EDITS: Readonly<Record<string, string>> = {
  description: 'description: another',
  labels: 'labels: { role: other }',
  command: 'command: [other]',
  shell: 'shell: other',
  workingDirectory: 'workingDirectory: ~/other',
  path: 'path: [/opt/bin]',
  env: 'env: { LANG: de_DE.UTF-8 }',
  envFiles: 'envFiles: [~/other.env]',
  restart: 'restart: { policy: always }',
  stop: 'stop: { timeout: 77s }',
  limits: 'limits: { memoryMax: 3G }',
  updatePolicy: 'updatePolicy: manual',
  resume: 'resume: [codex, resume]',
  adapter: 'adapter: claude',
  protect: 'protect: true',
};
const FLEET_EDITS: Readonly<Record<string, string>> = {
  socket: 'tmux: { socket: other }',
  tmpdir: 'tmux: { tmpdir: /srv/tmux }',
  supervisor: 'supervisor: tmux',
  historyLimit: 'tmux: { historyLimit: 7 }',
  size: 'tmux: { size: 100x30 }',
  options: "tmux: { options: { prefix: 'C-a' } }",
  notify: 'notify: [notify-send]',
  agentsMayManage: 'agentsMayManage: true',
  adapters: 'adapters: { codex: { submitDelay: 1s } }',
};

const before = fleetWith({ coder: '{ command: [codex] }' });
const agentEdited = (field: string): Fleet => {
  const program = ['command', 'shell'].includes(field) ? '' : 'command: [codex], ';
  return fleetWith({ coder: `{ ${program}${AGENT_EDITS[field] ?? ''} }` });
};
const fleetEdited = (field: string): Fleet => fleetWith({ coder: '{ command: [codex] }' }, FLEET_EDITS[field]);

/** The plan for an edited manifest on a machine that is as the manifest before says. */
function planAfter(edited: Fleet): Plan {
  const host = hostFor(before);
  const items = inSyncItems(before, host, desiredFor(before, host));
  const tmpdir = edited.tmpdir ?? '/tmp';
  const socketPath = `${tmpdir}/tmux-${host.user.uid}/${edited.socket}`;
  const world = worldOf(edited, { host: { socketPath, installedSocketPath: host.socketPath } });
  // The provider tells of the installed server under the wanted one's address.
  const moved = Object.entries(items).map(([address, item]) => [
    address.startsWith('server.') ? `server.${edited.socket}` : address,
    item,
  ]);
  return buildPlan({ ...world, observed: { ...world.observed, items: Object.fromEntries(moved) } });
}

/** What a plan does to a running agent, as a change class would put it. */
function effectOf({ changes, conditions }: Plan): string {
  const worst = new Set(changes.map(({ disruption }) => disruption));
  if (worst.has('fleet')) return 'replace';
  if (worst.has('restart') || worst.has('kill')) return 'restart';
  if (conditions.some(({ type }) => type === 'RestartPending')) return 'next_start';
  return worst.has('live') ? 'live' : 'mark';
}

describe('what a plan does with an edit is what the schema declares for the field', () => {
  it.each(Object.entries(agentFieldClass))('agent: %s is %s', (field, declared) => {
    expect(AGENT_EDITS[field]).toBeDefined();
    expect(effectOf(planAfter(agentEdited(field)))).toBe(declared);
  });

  it.each(Object.entries(fleetFieldClass))('fleet: %s is %s', (field, declared) => {
    expect(FLEET_EDITS[field]).toBeDefined();
    expect(effectOf(planAfter(fleetEdited(field)))).toBe(declared);
  });
});
