import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readWatchState, statePath, watchLockPath, watchView } from '../../../src/cli/watch/state.ts';
import { systemClock } from '../../../src/host/clock.ts';
import { createExec } from '../../../src/host/exec.ts';
import { createFileReader } from '../../../src/host/files.ts';
import { acquireLock } from '../../../src/host/lock.ts';
import type { Step } from '../../../src/reconciler/execute.ts';
import { freshMemory, type StampedCondition } from '../../../src/reconciler/watch/memory.ts';
import { learn, type Queue } from '../../../src/reconciler/watch/queue.ts';
import { fleetWith } from '../../support/fleet.ts';
import { cleanUp, tempHome } from '../../support/harness.ts';
import { NOW, pass } from '../../support/one-pass.ts';
import { changeOf } from '../../support/plans.ts';

afterAll(cleanUp);

const { home } = tempHome();
const { name } = fleetWith({});
const path = statePath(home, name);
mkdirSync(dirname(path), { recursive: true });
const left = { pid: 1, startedMs: 2, auto: 'safe', manifest: '/m', conditions: { fleet: [], agents: {} }, waits: [] };
const startsAfter = (starts: unknown): unknown => {
  writeFileSync(path, JSON.stringify({ formatVersion: '1.0', ...left, starts }));
  return readWatchState(createFileReader(), home, name)?.starts;
};

describe('what a watcher left for the one after it', () => {
  it('has the starts of each agent as they were written', () => {
    const starts = {
      coder: { atMs: [1, 2], count: 2 },
      'code-2': { atMs: [], count: 0, endsMs: [3], isDown: true, gaveUp: 1, spec: 'v1:a' },
    };
    expect(startsAfter(starts)).toEqual(starts);
  });

  it.each([
    ['nothing', {}],
    ['no object', 7],
    ['null', null],
    ['no times', { atMs: 3, count: 1 }],
    ['words for times', { atMs: ['3'], count: 1 }],
    ['no count', { atMs: [3] }],
    ['ends that are none', { atMs: [3], count: 1, endsMs: 4 }],
    ['a run that is none', { atMs: [3], count: 1, gaveUp: 'x' }],
    ['a spec that is none', { atMs: [3], count: 1, spec: 3 }],
    ['words for down', { atMs: [3], count: 1, isDown: 'no' }],
  ])('has none of an agent of which it says %s, and keeps the others (F83)', (_, coder) => {
    const other = { atMs: [1], count: 1 };
    expect(startsAfter({ coder, other })).toEqual({ other });
  });

  it('has none of what is no agent, nor where they are no starts at all', () => {
    expect(startsAfter({ '../x': { atMs: [1], count: 1 } })).toEqual({});
    expect([7, null, [], 'x'].map(startsAfter)).toEqual([{}, {}, {}, {}]);
  });
});

describe('what status takes of a watcher’s record', () => {
  const condition: StampedCondition = { type: 'Ready', status: 'True', reason: 'InSync', message: 'm', sinceMs: 5 };
  const wait = { group: 'agent.coder', reason: 'needs-person', message: 'm', untilMs: 9 };
  const whole = {
    formatVersion: '1.0',
    ...left,
    conditions: { fleet: [condition], agents: { coder: [condition] } },
    waits: [wait],
    starts: {},
  };
  const read = (value: unknown) => {
    writeFileSync(path, JSON.stringify(value));
    return readWatchState(createFileReader(), home, name);
  };
  const withCondition = (value: unknown): object => ({ conditions: { fleet: [value], agents: {} } });
  const withAgents = (agents: unknown): object => ({ conditions: { fleet: [], agents } });

  it('is all of what a watcher writes', () => {
    expect(read(whole)).toEqual(whole);
    expect(read({ ...whole, endedMs: 8 })).toEqual({ ...whole, endedMs: 8 });
    expect(watchView(createFileReader(), home, name)).toBeUndefined();
  });

  it('is all of what is written of a thousand agents that fail, each with much to say', async () => {
    const names = Array.from({ length: 1000 }, (_, n) => `agent-${n}`);
    const of = fleetWith(Object.fromEntries(names.map((one) => [one, '{ command: [codex] }'])));
    const error = new Error('no '.repeat(20_000));
    const changes = names.map((one) => changeOf('', { address: `launch.${one}`, group: `agent.${one}` }));
    const steps = changes.map((change): Step => ({ change, result: 'failed', error }));
    const moment = { nowMs: NOW, random: () => 0 };
    const queue = [1, 2, 3].reduce<Queue>((before) => learn(before, steps, moment), {});
    const { memory, waits } = await pass({ of, memory: { ...freshMemory(of, 'k'), queue } });
    const { conditions, starts } = memory;
    const stalled = conditions.fleet.find(({ type }) => type === 'Stalled');
    expect(stalled?.message).toMatch(/^agent-0: no .*; agent-4: no .*…; and 995 more$/);
    const record = { formatVersion: '1.0', ...left, conditions, waits, starts };
    expect(read(record)).toEqual(record);
  });

  it.each<[string, unknown]>([
    ['no conditions', { conditions: undefined }],
    ['a list of conditions', { conditions: [] }],
    ['fleet conditions that are no list', { conditions: { fleet: {}, agents: {} } }],
    ['no conditions of agents', { conditions: { fleet: [] } }],
    ['a condition that is null', withCondition(null)],
    ['a condition of no type', withCondition({ ...condition, type: undefined })],
    ['a type with a line break', withCondition({ ...condition, type: 'Ready\n' })],
    ['a status of its own', withCondition({ ...condition, status: 'true' })],
    ['a reason that is a list', withCondition({ ...condition, reason: ['InSync'] })],
    ['a message that is a number', withCondition({ ...condition, message: 7 })],
    ['a message without end', withCondition({ ...condition, message: 'x'.repeat(65_537) })],
    ['a time that no date can have', withCondition({ ...condition, sinceMs: 8.64e15 + 1 })],
    ['a time in words', withCondition({ ...condition, sinceMs: '5' })],
    ['a time before all time', withCondition({ ...condition, sinceMs: -1 })],
    [
      'more conditions than there can be',
      { conditions: { fleet: Array.from({ length: 10_001 }, () => condition), agents: {} } },
    ],
    ['conditions of what is no agent', withAgents({ '../x': [condition] })],
    ['conditions of an agent that are none', withAgents({ coder: { type: 'Ready' } })],
    ['waits that are no list', { waits: {} }],
    ['a wait of nothing', { waits: [null] }],
    ['a wait of no group', { waits: [{ ...wait, group: 'agent.' }] }],
    ['a wait without words', { waits: [{ ...wait, message: undefined }] }],
    ['a wait with a reason of its own', { waits: [{ ...wait, reason: 'because\u001b[2J' }] }],
    ['a wait until never', { waits: [{ ...wait, untilMs: 1e300 }] }],
    ['a pid that is none', { pid: 0 }],
    ['a start in words', { startedMs: 'x' }],
    ['a start that no date can have', { startedMs: 1e17 }],
    ['a policy that is none', { auto: 'everything' }],
    ['a manifest that is none', { manifest: 3 }],
    ['an end that is none', { endedMs: 'x' }],
    ['another format', { formatVersion: '2.0' }],
  ])('is nothing where it has %s', (_, damage) => {
    expect(read({ ...whole, ...(damage as object) })).toBeUndefined();
  });

  it('is only who watches, where the record of a watcher that lives cannot be read or is of another', async () => {
    const options = { exec: createExec(), clock: systemClock, waitMs: 0, holder: 'mosaic fleet watch' };
    const lock = await acquireLock(watchLockPath(home, name), options);
    const silent = { isRunning: true, pid: process.pid, conditions: [], agents: {}, waits: [] };
    const view = () => watchView(createFileReader(), home, name);
    try {
      read({ ...whole, pid: process.pid, waits: 7 });
      expect(view()).toEqual(silent);
      read({ ...whole, pid: process.pid + 1 });
      expect(view()).toEqual(silent);
      read({ ...whole, pid: process.pid });
      expect(view()).toMatchObject({ record: { auto: 'safe', startedMs: 2 }, waits: [wait] });
    } finally {
      lock.release();
    }
  });

  it.each([['null'], ['7'], ['[]'], ['{'], ['"x"'], ['']])('is nothing where it is %j', (text) => {
    writeFileSync(path, text);
    expect(readWatchState(createFileReader(), home, name)).toBeUndefined();
  });
});
