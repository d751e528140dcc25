import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually, UNIT_DIRECTORY } from '../support/harness.ts';
import type { Ended } from '../support/process.ts';
import {
  answer,
  killNow,
  liveFleet,
  sleeper,
  systemctl,
  unitNames,
  type LiveFleet,
  type PlanAnswer,
} from './live-fleet.ts';

/** Neither the bus nor the manager can be reached. */
const NO_MANAGER = { XDG_RUNTIME_DIR: undefined, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' };
const TMUX = { supervisor: 'tmux' };

let live: LiveFleet;
const alone = (...args: readonly string[]): Promise<Ended> => live.mosaic(args, { env: NO_MANAGER });
const done = async (...args: readonly string[]): Promise<Ended> => {
  const ended = await alone(...args);
  expect(`${ended.exitCode} ${ended.stderr}`).toMatch(/^0 /);
  return ended;
};
const pidOf = async (name: string): Promise<number> => Number((await live.pids())[name]);

describe('a fleet without a user manager', () => {
  beforeAll(async () => {
    mkdirSync(UNIT_DIRECTORY, { recursive: true });
    live = liveFleet({ a: sleeper, b: sleeper, 'b-2': sleeper }, TMUX);
    await done('apply');
  });
  afterAll(cleanUp);

  it('runs and is verified, and no unit of it exists', async () => {
    expect((await alone('status', '-o', 'json')).json()).toMatchObject({
      agents: [
        { name: 'a', state: 'running', inSync: true, pid: expect.any(Number), unit: null },
        { name: 'b', state: 'running' },
        { name: 'b-2', state: 'running' },
      ],
    });
    await done('verify');
    expect(unitNames(live.fleet)).toEqual([]);
  });

  it('shows a crash as failed, and apply brings the agent back, and no other', async () => {
    const before = await live.pids();
    killNow(before['a']);
    await eventually(async () => (await live.agent('a')).state === 'failed');
    expect(await alone('verify')).toMatchObject({ exitCode: 2 });
    await done('apply');
    expect(await pidOf('a')).not.toBe(before['a']);
    expect(await live.pids()).toMatchObject({ b: before['b'], 'b-2': before['b-2'] });
  });

  it('restarts exactly the agent that is named or edited', async () => {
    const before = await live.pids();
    await done('restart', 'b');
    const after = await live.pids();
    expect(after['b']).not.toBe(before['b']);
    expect(after).toMatchObject({ a: before['a'], 'b-2': before['b-2'] });
    live.declare({ a: { command: ['sleep', '3601'] }, b: sleeper, 'b-2': sleeper });
    await done('apply', '--yes');
    expect(await pidOf('a')).not.toBe(before['a']);
    expect(await live.pids()).toMatchObject({ b: after['b'], 'b-2': before['b-2'] });
  });

  it('holds a stopped agent down through apply, and starts it again', async () => {
    await done('stop', 'b');
    expect(await live.agent('b')).toMatchObject({ state: 'stopped', held: true, pid: null });
    await done('apply');
    expect(await live.agent('b')).toMatchObject({ state: 'stopped' });
    await done('start', 'b');
    expect(await live.agent('b')).toMatchObject({ state: 'running', held: false });
  });

  it('takes a pane that was kept after its end for ended, and starts its agent again (F63)', async () => {
    const before = await live.pids();
    await live.tmux('set-option', '-g', 'remain-on-exit', 'on');
    killNow(before['a']);
    const rows = (): Promise<Ended> => live.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_dead}');
    await eventually(async () => (await rows()).stdout.includes('a 1'));
    expect(await live.agent('a')).toMatchObject({ state: 'failed' });
    await done('apply');
    await done('verify');
    expect(await live.pids()).toMatchObject({ b: before['b'], 'b-2': before['b-2'] });
  });

  it('gives a restarted agent the size and the prefix that the manifest says by now', async () => {
    const size = async (): Promise<string> =>
      (await live.tmux('display-message', '-p', '-t', '=a:', '#{window_width}x#{window_height} #{prefix}')).stdout;
    const tmux = { socket: 'mosaic-factory', size: '90x30', options: { prefix: 'C-A' } };
    live.declare({ a: sleeper, b: sleeper, 'b-2': sleeper }, { ...TMUX, tmux });
    await done('apply', '--yes');
    await done('restart', 'a');
    await done('verify');
    expect((await size()).trim()).toBe('90x30 C-a');
    live.declare({ a: sleeper, b: sleeper, 'b-2': sleeper });
    await done('apply', '--yes');
  });

  it('starts its agents again on another socket', async () => {
    const before = await live.pids();
    live.declare({ a: sleeper, b: sleeper, 'b-2': sleeper }, { ...TMUX, tmux: { socket: 'elsewhere' } });
    await done('apply', '--yes');
    await done('verify');
    expect(await pidOf('a')).not.toBe(before['a']);
    live.declare({ a: sleeper, b: sleeper, 'b-2': sleeper });
    await done('apply', '--yes');
  });

  it('outlives a tmux directory that does not exist, and says so', async () => {
    const before = await live.pids();
    const tmux = { socket: 'mosaic-factory', tmpdir: join(live.root, 'nowhere') };
    live.declare({ a: sleeper, b: sleeper, 'b-2': sleeper }, { ...TMUX, tmux });
    expect(await alone('apply', '--yes')).toMatchObject({ stderr: expect.stringContaining('nowhere does not exist') });
    live.declare({ a: sleeper, b: sleeper, 'b-2': sleeper });
    await done('verify');
    expect(await live.pids()).toEqual(before);
  });

  it('comes back as a whole by an apply after its server was killed', async () => {
    killNow((await live.tmux('display-message', '-p', '#{pid}')).stdout);
    await eventually(async () => (await live.tmux('list-sessions')).exitCode !== 0);
    await done('apply');
    await done('verify');
  });

  it('is no place for limits', async () => {
    const limited = { ...sleeper, limits: { tasksMax: 10 } };
    live.declare({ a: limited });
    expect(await alone('validate')).toMatchObject({
      exitCode: 65,
      stderr: expect.stringContaining('supervisor: tmux'),
    });
    live.declare({ a: sleeper, b: sleeper, 'b-2': sleeper });
  });

  it('is gone after destroy', async () => {
    const before = await live.pids();
    await done('destroy', '--yes');
    expect(readdirSync(live.home)).toEqual(['fleet.yaml']);
    expect(Object.values(before).filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
  });
});

describe('a fleet whose supervisor changes', () => {
  beforeAll(async () => {
    live = liveFleet({ a: sleeper, b: sleeper });
    await live.must('apply');
  });
  afterAll(cleanUp);

  const change = async (spec: object): Promise<void> => {
    const before = await live.pids();
    live.declare({ a: sleeper, b: sleeper }, spec);
    const plan = answer<PlanAnswer>(await live.must('plan', '-o', 'json'));
    expect(plan.changes).toContainEqual(expect.objectContaining({ action: 'replace', disruption: 'fleet' }));
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 4 });
    await live.must('apply', '--yes');
    expect(Object.values(before).filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    await live.must('verify');
  };

  it('is replaced as a whole, with nothing left of the units, from systemd to tmux', async () => {
    await change(TMUX);
    expect(unitNames(live.fleet)).toEqual([]);
    const left = await systemctl('list-units', '--all', '--no-legend', `mosaic-${live.fleet}*`);
    expect(left.stdout).toBe('');
  });

  it('is replaced as a whole from tmux to systemd', async () => {
    await change({});
    expect(existsSync(join(live.home, 'fleets', live.fleet, 'server'))).toBe(true);
    expect((await systemctl('is-active', live.unit('a'), live.unit('b'))).stdout).toBe('active\nactive\n');
  });
});
