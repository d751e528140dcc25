import { describe, expect, it } from '@jest/globals';
import type { Plan } from '../../src/model/plan.ts';
import { fleetWith } from '../support/fleet.ts';
import { planOf } from '../support/observed.ts';

const steps = ({ changes }: Plan): readonly string[] =>
  changes.map(({ phase, action, address, provider }) => `${phase}: ${action} ${address} (${provider})`);
const AGENTS = {
  coder: '{ command: [codex] }',
  reviewer: '{ command: [claude] }',
  sleeper: '{ command: [codex], state: stopped }',
};
const fleet = fleetWith(AGENTS);
const server = (spec: Record<string, string>): Record<string, { spec: Record<string, string> }> => ({
  'server.mosaic-factory': { spec },
});

describe('the server', () => {
  it('that does not run is started by the supervisor', () => {
    expect(steps(planOf(fleet, { items: { 'server.mosaic-factory': null } }))).toEqual([
      'start: start server.mosaic-factory (systemd)',
    ]);
    const alone = fleetWith({ coder: '{ command: [codex] }' }, 'supervisor: tmux');
    expect(steps(planOf(alone, { items: { 'server.mosaic-factory': null } }))).toEqual([
      'start: start server.mosaic-factory (tmux)',
    ]);
  });

  it('of somebody else blocks everything, and is described', () => {
    const foreign = { owner: 'foreign', spec: {} };
    const facts = { foreignServer: { pid: 77, sessions: ['main'] } };
    const plan = planOf(fleet, { empty: true, facts, items: { 'server.mosaic-factory': foreign } });
    expect(plan.changes).toEqual([]);
    expect(plan.blocked.map(({ reason }) => reason)).toEqual(['foreign-server']);
    expect(plan.blocked[0]?.message).toContain('(pid 77, sessions: main)');
    const nameless = planOf(fleet, { empty: true, items: { 'server.mosaic-factory': foreign } });
    expect(nameless.blocked[0]?.message).toContain('(pid unknown, no sessions)');
  });

  it.each([
    ['the socket it had', '/tmp/tmux-1000/mosaic-factory', ['foreign-server']],
    ['another socket', '/tmp/tmux-1000/older', ['foreign-server', 'foreign']],
  ])('of somebody else tells of the sessions by names of agents, too, unless the fleet is on %s', (_, socket, told) => {
    const foreign = { owner: 'foreign', spec: {}, foreignBecause: 'a session of this name has no mark of ours' };
    const items = { 'server.mosaic-factory': foreign, 'session.coder': foreign };
    const plan = planOf(fleet, { items, host: { installedSocketPath: socket } });
    expect([...new Set(plan.blocked.map(({ reason }) => reason))]).toEqual(told);
  });

  it('takes new options while it runs', () => {
    const plan = planOf(fleet, { items: { 'server.mosaic-factory': { spec: { options: { mouse: 'on' } } } } });
    expect(plan.changes).toMatchObject([{ action: 'update', disruption: 'live', phase: 'live' }]);
  });

  it('on another socket is replaced, and every agent that should run starts again', () => {
    const plan = planOf(fleet, { activity: { coder: 'busy' }, items: server({ socketPath: '/tmp/tmux-1000/older' }) });
    expect(steps(plan)).toEqual([
      'stop: replace server.mosaic-factory (systemd)',
      'start: restart session.coder (systemd)',
      'start: restart session.reviewer (systemd)',
    ]);
    expect(plan.changes).toMatchObject([{ disruption: 'fleet' }, { line: 6 }, { line: 7 }]);
    expect(plan.deferred).toEqual([]);
  });

  it('that is replaced leaves a held agent down and an exited one to its own cause', () => {
    const items = {
      ...server({ socketPath: '/tmp/tmux-1000/older' }),
      'session.reviewer': null,
      'run.reviewer': { spec: { active: 'inactive' } },
      'record.reviewer': { spec: { endedAt: 2000, code: 0, asked: 'none' } },
    };
    const plan = planOf(fleet, { host: { holds: [{ agent: 'coder', by: '' }] }, items });
    expect(plan.changes.map(({ address, reason }) => `${address} ${reason}`)).toEqual([
      'server.mosaic-factory spec_changed',
      'session.reviewer exited',
    ]);
  });

  it('that is replaced gives each of its agents one fate, whatever else is to be done to them', () => {
    const items = {
      ...server({ socketPath: '/tmp/tmux-1000/older' }),
      'session.coder': { spec: { spec: 'v1:older' } },
      'session.reviewer': { spec: { name: 'other', wantedName: 'reviewer' } },
    };
    expect(steps(planOf(fleet, { items }))).toEqual([
      'stop: replace server.mosaic-factory (systemd)',
      'start: restart session.coder (systemd)',
      'start: restart session.reviewer (systemd)',
    ]);
  });

  it('that is replaced with no agent to start is started for itself', () => {
    const quiet = fleetWith({ sleeper: AGENTS.sleeper });
    expect(steps(planOf(quiet, { items: server({ socketPath: '/tmp/tmux-1000/older' }) }))).toEqual([
      'stop: replace server.mosaic-factory (systemd)',
      'start: start server.mosaic-factory (systemd)',
    ]);
  });

  it('keeps its record on disk until it has ended', () => {
    const items = {
      ...server({ socketPath: '/tmp/tmux-1000/older' }),
      'file.fleets/canary/server': { spec: { sha256: 'older' } },
    };
    expect(steps(planOf(fleet, { items }))[1]).toBe('restart: update file.fleets/canary/server (files)');
  });

  it('of another supervisor is ended by that one', () => {
    const wrapped = { 'session.coder': { spec: { isWrapper: true } } };
    const plan = planOf(fleet, { items: { ...server({ supervisor: 'tmux' }), ...wrapped } });
    expect(steps(plan)[0]).toBe('stop: replace server.mosaic-factory (tmux)');
    expect(steps(plan)).toContain('start: restart session.coder (systemd)');
  });

  it('ends with a destroyed fleet, by whoever runs it', () => {
    const policy = { destroy: true, allowDelete: 9 };
    expect(steps(planOf(fleet, { policy }))).toContain('stop: delete server.mosaic-factory (systemd)');
    expect(steps(planOf(fleet, { policy, items: server({ supervisor: 'tmux' }) }))).toContain(
      'stop: delete server.mosaic-factory (tmux)',
    );
  });
});
