import { describe, expect, it } from '@jest/globals';
import type { WritePort } from '../../src/model/host.ts';
import type { Change, Phase, Plan } from '../../src/model/plan.ts';
import type { Outcome, Provider, Scope } from '../../src/model/provider.ts';
import { execute, type Step } from '../../src/reconciler/execute.ts';
import { fleetWith, hostFor } from '../support/fleet.ts';
import { changeOf, NOTHING } from '../support/plans.ts';

const fleet = fleetWith({});
const scope: Scope = { fleet: fleet.name, supervisor: 'systemd', host: hostFor(fleet), wanted: [], facts: {} };

const change = (group: string, address: string, phase: Phase, provider = 'files'): Change =>
  changeOf('', { address, group, action: 'create', reason: 'missing', phase, provider });

type Apply = (changes: readonly Change[]) => Promise<readonly Outcome[]>;

const done: Apply = (changes) => Promise.resolve(changes.map(({ address }) => ({ address, done: true })));
const failing =
  (bad: string): Apply =>
  (changes) =>
    Promise.resolve(
      changes.map(({ address }) =>
        address === bad ? { address, done: false, error: new Error('disk full') } : { address, done: true },
      ),
    );

interface Run {
  readonly steps: readonly string[];
  readonly calls: readonly string[];
  /** What was told to be under way, batch by batch. */
  readonly begun: readonly string[];
}

async function run(changes: readonly Change[], apply: Apply = done, signal?: AbortSignal): Promise<Run> {
  const calls: string[] = [];
  const steps: string[] = [];
  const begun: string[] = [];
  const provider = (name: string): Provider => ({
    name,
    desired: () => [],
    observe: () => Promise.reject(new Error('the executor does not look')),
    apply: (_, batch) => {
      calls.push(`${name}: ${batch.map(({ address }) => address).join(' ')}`);
      return apply(batch);
    },
  });
  const plan: Plan = { ...NOTHING, changes };
  const returned = await execute({
    plan,
    providers: [provider('files'), provider('systemd')],
    port: {} as WritePort,
    scope: { ...scope, ...(signal === undefined ? {} : { signal }) },
    withForeign: false,
    atWork: () => Promise.resolve({}),
    reviewed: false,
    onBegin: (due) => begun.push(due.map(({ address }) => address).join(' ')),
    onStep: (step) => steps.push(inShort(step)),
  });
  expect(returned.map(inShort)).toEqual(steps);
  return { steps, calls, begun };
}

const inShort = (step: Step): string => {
  const why =
    step.result === 'failed' ? `: ${step.error.message}` : step.result === 'skipped' ? `: ${step.because}` : '';
  return `${step.result} ${step.change.address}${why}`;
};

describe('execute', () => {
  it('goes phase by phase, one batch for each provider in a phase', async () => {
    const { calls } = await run([
      change('agent.a', 'session.a', 'start', 'systemd'),
      change('agent.b', 'session.b', 'start', 'systemd'),
      change('agent.a', 'unit.a', 'install', 'systemd'),
      change('agent.a', 'launch.a', 'write'),
      change('agent.b', 'launch.b', 'write'),
      change('fleet', 'unit.old', 'delete', 'systemd'),
    ]);
    expect(calls).toEqual([
      'files: launch.a launch.b',
      'systemd: unit.a',
      'systemd: session.a session.b',
      'systemd: unit.old',
    ]);
  });

  it('lets providers of one phase work at the same time', async () => {
    let waiting = 0;
    let release = (): void => undefined;
    const both = new Promise<void>((resolve) => {
      release = resolve;
    });
    const meet: Apply = async (changes) => {
      waiting += 1;
      if (waiting === 2) release();
      await both;
      return done(changes);
    };
    const { steps } = await run([change('fleet', 'a', 'write'), change('fleet', 'b', 'write', 'systemd')], meet);
    expect(steps.toSorted()).toEqual(['done a', 'done b']);
  });

  it('skips the rest of a group in which a step failed, and goes on with the others', async () => {
    const changes = [
      change('agent.a', 'launch.a', 'write'),
      change('agent.b', 'launch.b', 'write'),
      change('agent.a', 'session.a', 'start', 'systemd'),
      change('agent.b', 'session.b', 'start', 'systemd'),
    ];
    expect((await run(changes, failing('launch.a'))).steps).toEqual([
      'failed launch.a: disk full',
      'done launch.b',
      'skipped session.a: launch.a failed',
      'done session.b',
    ]);
  });

  it('skips everything after a failure of the fleet', async () => {
    const changes = [change('fleet', 'file.x', 'write'), change('agent.a', 'session.a', 'start', 'systemd')];
    expect((await run(changes, failing('file.x'))).steps).toEqual([
      'failed file.x: disk full',
      'skipped session.a: file.x failed',
    ]);
  });

  it('stops before the next phase once it is interrupted (F03)', async () => {
    const interrupt = new AbortController();
    const changes = [change('agent.a', 'launch.a', 'write'), change('agent.a', 'session.a', 'start', 'systemd')];
    const apply: Apply = (batch) => {
      interrupt.abort();
      return done(batch);
    };
    const { steps, calls } = await run(changes, apply, interrupt.signal);
    expect([steps, calls]).toEqual([['done launch.a', 'skipped session.a: interrupted'], ['files: launch.a']]);
  });

  it.each<[string, Apply, string]>([
    ['throws', () => Promise.reject(new Error('no answer')), 'no answer'],
    ['says nothing of a change', () => Promise.resolve([]), 'files said nothing of launch.a'],
  ])('takes a provider that %s as failed', async (_, apply, message) => {
    expect((await run([change('agent.a', 'launch.a', 'write')], apply)).steps).toEqual([`failed launch.a: ${message}`]);
  });

  it('fails a change whose provider is not there', async () => {
    expect((await run([change('fleet', 'cron.x', 'write', 'cron')])).steps).toEqual([
      'failed cron.x: there is no provider cron',
    ]);
  });

  it('tells what is under way before it is done, and nothing of what is skipped', async () => {
    const changes = [
      change('agent.a', 'launch.a', 'write'),
      change('agent.b', 'launch.b', 'write'),
      change('agent.a', 'session.a', 'start', 'systemd'),
      change('agent.b', 'session.b', 'start', 'systemd'),
    ];
    expect((await run(changes, failing('launch.a'))).begun).toEqual(['launch.a launch.b', 'session.b']);
  });
});
