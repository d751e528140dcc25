import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually, runMosaic, tempHome } from '../support/harness.ts';
import {
  answer,
  killNow,
  liveFleet,
  sleeper,
  systemctl,
  unitNames,
  type Agents,
  type LiveFleet,
} from './live-fleet.ts';

const AGENTS: Agents = {
  'worker-1': sleeper,
  'worker-10': sleeper,
  spare: { ...sleeper, restart: { delay: '100ms', burst: 3, window: '60s' } },
};

const alive = (pid: number | null): boolean => pid !== null && existsSync(`/proc/${pid}`);

let live: LiveFleet;
beforeAll(async () => {
  live = liveFleet(AGENTS);
  await live.must('install');
});
afterAll(cleanUp);

describe('a new fleet', () => {
  it('goes from init over plan and apply to a verified state', async () => {
    const home = tempHome();
    const run = (...args: readonly string[]) => runMosaic(['fleet', ...args], { home });
    expect(await run('init', '--fleet', home.fleet, '--agent', 'coder=sleep 3600')).toMatchObject({ exitCode: 0 });
    expect(await run('plan', '--detailed-exitcode')).toMatchObject({ exitCode: 2 });
    expect(await run('apply')).toMatchObject({ exitCode: 0 });
    expect(await run('plan', '--detailed-exitcode')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('No changes. The fleet matches the manifest.'),
    });
    expect((await run('verify', '-o', 'json')).json()).toMatchObject({ verified: true });
    expect((await run('status', '-o', 'json')).json()).toMatchObject({
      formatVersion: '1.0',
      fleet: home.fleet,
      socket: { name: 'mosaic-factory', path: expect.stringContaining(home.tmuxTmpdir) },
      agents: [
        {
          name: 'coder',
          desired: 'running',
          held: false,
          state: 'running',
          inSync: true,
          pid: expect.any(Number),
          unit: `mosaic-${home.fleet}@coder.service`,
          sessionId: expect.stringMatching(/^\$\d+$/),
          restarts: 0,
        },
      ],
    });
  });

  it('is not started by install', async () => {
    expect((await live.status()).agents.map(({ state }) => state)).toEqual(['missing', 'missing', 'missing']);
    expect(existsSync(live.socket)).toBe(false);
    expect(unitNames(live.fleet).filter((name) => name.includes('.wants/'))).toEqual([]);
    expect((await live.plan()).summary).toMatchObject({ start: 4, update: 0 });
  });

  it('gets only the named agents, and what they need, from an apply that names them', async () => {
    await live.must('apply', 'worker-1');
    const states = (await live.status()).agents.map(({ name, state }) => [name, state]);
    expect(states).toEqual([
      ['spare', 'missing'],
      ['worker-1', 'running'],
      ['worker-10', 'missing'],
    ]);
  });
});

describe('a running fleet', () => {
  beforeAll(async () => {
    live.declare(AGENTS);
    await live.must('apply');
  });

  it('has a killed agent back with a new pid, and leaves the others alone', async () => {
    const before = await live.pids();
    killNow(before['worker-1']);
    await live.newPid('worker-1', before['worker-1']);
    expect(await live.pids()).toMatchObject({ 'worker-10': before['worker-10'], spare: before['spare'] });
    expect(await live.plan()).toMatchObject({ empty: true });
  });

  it('restarts exactly the agent whose command was edited', async () => {
    const before = await live.pids();
    live.declare({ ...AGENTS, 'worker-1': { command: ['sleep', '3601'] } });
    expect((await live.plan()).summary).toMatchObject({ restart: 1, start: 0, create: 0, delete: 0 });
    await live.must('apply', '--yes');
    const after = await live.pids();
    expect(after['worker-1']).not.toBe(before['worker-1']);
    expect(after).toMatchObject({ 'worker-10': before['worker-10'], spare: before['spare'] });
  });

  it('restarts worker-1 without touching worker-10', async () => {
    const before = await live.pids();
    await live.must('restart', 'worker-1');
    const after = await live.pids();
    expect(after['worker-1']).not.toBe(before['worker-1']);
    expect(after['worker-10']).toBe(before['worker-10']);
  });

  it('takes seven restarts in a row, although its start limit is three', async () => {
    for (let count = 0; count < 7; count += 1) await live.must('restart', 'spare');
    expect(await live.agent('spare')).toMatchObject({ state: 'running', inSync: true });
  });

  it('comes back as a whole after its tmux server was killed (F47)', async () => {
    const before = await live.pids();
    const server = (await systemctl('show', '--value', '-p', 'MainPID', `mosaic-${live.fleet}-tmux.service`)).stdout;
    killNow(server);
    for (const name of Object.keys(before)) await live.newPid(name, before[name]);
    expect(await live.plan()).toMatchObject({ empty: true });
  });

  it('loses exactly what belongs to an agent that left the manifest', async () => {
    live.declare({ ...AGENTS, leaver: sleeper });
    await live.must('apply', '--yes');
    const before = await live.pids();
    live.declare(AGENTS);
    await live.must('apply', '--yes');
    expect(alive(before['leaver'] ?? null)).toBe(false);
    expect(unitNames(`@leaver.service`)).toEqual([]);
    expect(readdirSync(join(live.home, 'fleets', live.fleet, 'launch'))).toEqual(Object.keys(AGENTS).toSorted());
    expect((await live.tmux('has-session', '-t', '=leaver')).exitCode).toBe(1);
    const { leaver: _gone, ...others } = before;
    expect(await live.pids()).toEqual(others);
  });
});

describe('a held agent', () => {
  beforeAll(async () => {
    live.declare(AGENTS);
    await live.must('apply', '--yes');
    await live.must('stop', 'spare');
  });

  it('is stopped and named, and is no change', async () => {
    expect(await live.agent('spare')).toMatchObject({ state: 'stopped', held: true, inSync: true, pid: null });
    expect(await live.plan()).toMatchObject({ empty: true, holds: [{ agent: 'spare' }] });
    expect(await live.mosaic(['restart', 'spare'])).toMatchObject({ exitCode: 4 });
  });

  it('stays down through apply and a restart of the target', async () => {
    await live.must('apply');
    const before = await live.pids();
    await systemctl('restart', `mosaic-${live.fleet}.target`);
    await live.newPid('worker-1', before['worker-1']);
    await live.newPid('worker-10', before['worker-10']);
    expect(await live.agent('spare')).toMatchObject({ state: 'stopped', pid: null });
  });

  it('stays down through a reboot, after which the others run (F82)', async () => {
    await systemctl('stop', `mosaic-${live.fleet}.target`, `mosaic-${live.fleet}-tmux.service`);
    await eventually(async () => (await live.agent('worker-1')).pid === null);
    await systemctl('daemon-reload');
    await systemctl('start', 'default.target');
    await live.newPid('worker-1');
    await live.newPid('worker-10');
    expect(await live.agent('spare')).toMatchObject({ state: 'stopped', held: true, pid: null });
    expect(await live.plan()).toMatchObject({ empty: true });
  });

  it('runs again after start', async () => {
    await live.must('start', 'spare');
    expect(await live.agent('spare')).toMatchObject({ state: 'running', held: false });
    expect(await live.plan()).toMatchObject({ empty: true, holds: [] });
  });
});

describe('stop', () => {
  it('asks nothing for a named agent, leaves its neighbours alone, and refuses start where the manifest says stopped', async () => {
    const before = await live.pids();
    live.declare({ ...AGENTS, spare: { ...sleeper, state: 'stopped' } });
    await live.must('apply', '--yes');
    expect(await live.agent('spare')).toMatchObject({ desired: 'stopped', state: 'stopped', inSync: true });
    expect(await live.mosaic(['start', 'spare', '-o', 'json'])).toMatchObject({ exitCode: 4 });
    expect(answer(await live.mosaic(['verify', '-o', 'json']))).toMatchObject({ verified: true });
    expect(await live.pids()).toMatchObject({ 'worker-1': before['worker-1'], 'worker-10': before['worker-10'] });
  });
});
