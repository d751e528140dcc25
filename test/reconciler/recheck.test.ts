import { describe, expect, it } from '@jest/globals';
import type { WritePort } from '../../src/model/host.ts';
import type { Activity } from '../../src/model/observed.ts';
import type { Change, Plan } from '../../src/model/plan.ts';
import type { Provider } from '../../src/model/provider.ts';
import type { Address, Json, Observation } from '../../src/model/resource.ts';
import { execute } from '../../src/reconciler/execute.ts';
import { fleetWith, hostFor } from '../support/fleet.ts';
import { NOTHING } from '../support/plans.ts';

const fleet = fleetWith({});

const seen = (fingerprint: string): Observation => ({ state: 'present', owner: 'fleet', spec: {}, fingerprint });
const SERVER = { 'server.s': seen('77') };
const RUNNING = { 'run.a': seen('active/running'), 'session.a': seen('1 $1 42') };

interface Now {
  readonly items?: Readonly<Record<Address, Observation>>;
  /** `null` where nobody tells. */
  readonly foreignSessions?: readonly Json[] | null;
  readonly withForeign?: boolean;
  readonly reviewed?: boolean;
  readonly broken?: boolean;
  readonly working?: Readonly<Record<string, Activity>>;
  /** What others open on the server while something else is waited for. */
  readonly openedMeanwhile?: readonly Json[];
}

const planned = (address: string, more: Partial<Change> = {}): Change => ({
  address,
  group: address.startsWith('session.') ? 'agent.a' : 'fleet',
  action: 'restart',
  reason: 'requested',
  disruption: 'restart',
  phase: 'restart',
  provider: 'systemd',
  patch: [],
  because: '',
  expected: 'active/running 1 $1 42',
  ...more,
});
const serverEnds = planned('server.s', { action: 'delete', disruption: 'fleet', phase: 'stop', expected: '77' });

interface Run {
  readonly steps: readonly string[];
  readonly looks: number;
  /** Agents whose activity was asked for. */
  readonly asked: readonly string[];
}

/** What becomes of each change, and how often somebody looked. */
async function run(changes: readonly Change[], now: Now = {}): Promise<Run> {
  const { items = { ...RUNNING, ...SERVER }, foreignSessions = [], openedMeanwhile } = now;
  let facts: Readonly<Record<string, Json>> = foreignSessions === null ? {} : { foreignSessions };
  const steps: string[] = [];
  const asked: string[] = [];
  let looks = 0;
  const provider = (name: string): Provider => ({
    name,
    desired: () => [],
    observe: () => {
      looks += 1;
      if (now.broken === true) return Promise.reject(new Error('no answer'));
      return Promise.resolve({ items, complete: true, errors: [], facts });
    },
    apply: async (_, batch, { lastLook }) => {
      if (openedMeanwhile !== undefined) facts = { foreignSessions: openedMeanwhile };
      for (const change of batch) if (change.disruption === 'fleet') await lastLook?.(change);
      return batch.map(({ address }) => ({ address, done: true }));
    },
  });
  const plan: Plan = { ...NOTHING, changes };
  await execute({
    plan,
    providers: [provider('files'), provider('systemd'), provider('tmux')],
    port: {} as WritePort,
    scope: { fleet: fleet.name, supervisor: 'systemd', host: hostFor(fleet), wanted: [], facts: {} },
    withForeign: now.withForeign === true,
    atWork: (agents) => {
      asked.push(...agents);
      return Promise.resolve(now.working ?? {});
    },
    reviewed: now.reviewed === true,
    onStep: (step) => {
      const why =
        step.result === 'failed' ? `: ${step.error.message}` : step.result === 'skipped' ? `: ${step.because}` : '';
      steps.push(`${step.result} ${step.change.address}${why}`);
    },
  });
  return { steps, looks, asked };
}

const CHANGED = 'it changed since the plan was made; plan again';

describe('the look right before something ends', () => {
  it('lets go on what is as it was when the plan was made, through the witnesses alone', async () => {
    expect(await run([planned('session.a')])).toEqual({ steps: ['done session.a'], looks: 2, asked: [] });
  });

  it.each<[string, Record<Address, Observation>]>([
    ['has another session', { ...RUNNING, 'session.a': seen('1 $2 43') }],
    ['has no session any more', { 'run.a': seen('active/running') }],
    ['has a unit in another state', { ...RUNNING, 'run.a': seen('inactive/dead') }],
    ['could not be seen', { ...RUNNING, 'session.a': { state: 'unknown', error: { code: 'E_X', message: '' } } }],
  ])('leaves an agent alone that %s (F90, F91)', async (_, items) => {
    const { steps } = await run([planned('session.a')], { items });
    expect(steps).toEqual([`failed session.a: ${CHANGED}`]);
  });

  it('leaves everything alone when nobody could look', async () => {
    expect((await run([planned('session.a')], { broken: true })).steps).toEqual(['failed session.a: no answer']);
  });

  it('lets a new spec wait for an agent that has begun to work', async () => {
    const updated = planned('session.a', { reason: 'spec_changed' });
    const working = { a: 'busy' } as const;
    expect(await run([updated], { working })).toMatchObject({
      steps: ['skipped session.a: it is busy by now'],
      asked: ['a'],
    });
    expect(await run([updated])).toMatchObject({ steps: ['done session.a'], asked: ['a'] });
    expect(await run([planned('session.a')], { working })).toMatchObject({ steps: ['done session.a'], asked: [] });
  });

  it('is not taken for what ends nothing', async () => {
    const changes = [
      planned('session.a', { action: 'start', disruption: 'none', phase: 'start' }),
      planned('launch.a', { action: 'update', phase: 'write', provider: 'files' }),
    ];
    expect((await run(changes, { items: {} })).looks).toBe(0);
  });

  it.each(['activating/auto-restart absent', 'active/running absent'])(
    'lets an agent be stopped that was on its way up (%s)',
    async (expected) => {
      expect((await run([planned('session.a', { expected })])).steps).toEqual(['done session.a']);
    },
  );

  it('is not surprised by what an earlier step of the same run did', async () => {
    const rename = planned('session.a', { action: 'update', disruption: 'live', phase: 'live' });
    expect((await run([rename, planned('session.a')], { items: {} })).steps).toEqual([
      'done session.a',
      'done session.a',
    ]);
    const replace = { ...serverEnds, action: 'replace' as const };
    const again = planned('session.a', { phase: 'start' });
    expect((await run([replace, again], { items: SERVER })).steps).toEqual(['done server.s', 'done session.a']);
  });

  it('keeps a server that is another one by now, and the agents on it', async () => {
    const stop = planned('session.a', { action: 'delete', disruption: 'kill', phase: 'stop' });
    const { steps } = await run([serverEnds, stop], { items: { ...RUNNING, 'server.s': seen('78') } });
    expect(steps).toEqual([`failed server.s: ${CHANGED}`, 'skipped session.a: server.s failed']);
  });

  it('goes by the server alone where nobody tells of other sessions', async () => {
    expect((await run([serverEnds], { foreignSessions: null })).steps).toEqual(['done server.s']);
  });

  it('keeps a server on which somebody opened a session, unless that was allowed', async () => {
    const now = { foreignSessions: ['notes'] };
    expect((await run([serverEnds], now)).steps).toEqual([
      'failed server.s: sessions that are not ours live on it: notes',
    ]);
    expect((await run([serverEnds], { ...now, withForeign: true })).steps).toEqual(['done server.s']);
  });
});

describe('the look right before a step of a reviewed plan', () => {
  const write = planned('launch.a', {
    action: 'update',
    disruption: 'none',
    phase: 'write',
    provider: 'files',
    expected: 'as reviewed',
  });
  const start = planned('session.a', {
    action: 'start',
    disruption: 'none',
    phase: 'start',
    expected: 'inactive absent',
  });

  it('is taken for every step, at everything', async () => {
    const items = { 'launch.a': seen('as reviewed') };
    expect(await run([write, start], { items, reviewed: true })).toMatchObject({
      steps: ['done launch.a', 'done session.a'],
      looks: 6,
    });
  });

  it.each<[string, Record<Address, Observation>, string]>([
    ['a file', { 'launch.a': seen('edited') }, 'launch.a'],
    ['a file that is gone', {}, 'launch.a'],
    ['a process', { ...RUNNING, 'launch.a': seen('as reviewed') }, 'session.a'],
  ])('refuses what would meet %s that is not as it was', async (_, items, address) => {
    const { steps } = await run([write, start], { items, reviewed: true });
    expect(steps).toContain(`failed ${address}: ${CHANGED}`);
  });

  it('lets a server start that the first agent of the same run has brought up', async () => {
    const server = planned('server.s', { ...start, address: 'server.s', group: 'fleet', expected: 'absent' });
    expect((await run([server], { items: SERVER, reviewed: true })).steps).toEqual(['done server.s']);
  });

  it('comes once more where the provider first had to wait for something', async () => {
    expect(await run([serverEnds])).toMatchObject({ steps: ['done server.s'], looks: 4 });
    expect((await run([serverEnds], { openedMeanwhile: ['mine'] })).steps).toEqual([
      'failed server.s: sessions that are not ours live on it: mine',
    ]);
    expect((await run([serverEnds], { openedMeanwhile: ['mine'], withForeign: true })).steps).toEqual([
      'done server.s',
    ]);
  });
});
