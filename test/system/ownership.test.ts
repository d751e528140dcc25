import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanUp, eventually, tempHome, UNIT_DIRECTORY } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { answer, liveFleet, sleeper, systemctl, type LiveFleet, type PlanAnswer } from './live-fleet.ts';

const FOREIGN = '# somebody else wrote this\n';
const IGNORES_TERM = resolve(import.meta.dirname, '../fixtures/bin/ignores-term.sh');

function place(path: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, FOREIGN);
  return path;
}

const reasons = (plan: PlanAnswer): Readonly<Record<string, string>> =>
  Object.fromEntries(plan.blocked.map(({ group, reason }) => [group, reason]));

describe('things that are not ours', () => {
  afterAll(cleanUp);

  it('are named and stay byte for byte, while everything else converges (F22)', async () => {
    const live = liveFleet({ fine: sleeper, dropped: sleeper, linked: sleeper, launched: sleeper });
    const files = [
      place(join(UNIT_DIRECTORY, `${live.unit('dropped')}.d/50-mosaic.conf`)),
      place(join(live.home, 'fleets', live.fleet, 'launch/launched')),
    ];
    const link = join(UNIT_DIRECTORY, `mosaic-${live.fleet}.target.wants`, live.unit('linked'));
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync('/dev/null', link);
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 3 });
    expect(await live.agent('fine')).toMatchObject({ state: 'running', inSync: true });
    const plan = await live.plan();
    expect(plan.foreign.map(({ address }) => address)).toEqual([
      'launch.launched',
      `link.${live.unit('linked')}`,
      `unit.${live.unit('dropped')}.d/50-mosaic.conf`,
    ]);
    expect(plan.changes).toEqual([]);
    await live.must('destroy', '--yes');
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual([FOREIGN, FOREIGN]);
    expect(readlinkSync(link)).toBe('/dev/null');
  });

  it('keep the whole fleet from starting when they have the name of a unit or script that all need (F22)', async () => {
    const live = liveFleet({ a: sleeper });
    const files = [
      place(join(UNIT_DIRECTORY, `mosaic-${live.fleet}@.service`)),
      place(join(live.home, 'libexec/agent-pane.bash')),
    ];
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 3 });
    expect(reasons(await live.plan())).toMatchObject({ fleet: 'foreign' });
    expect(existsSync(live.socket)).toBe(false);
    expect(files.map((file) => readFileSync(file, 'utf8'))).toEqual([FOREIGN, FOREIGN]);
  });

  it('refuse the whole apply when they are a tmux server on our socket, which lives on', async () => {
    const live = liveFleet({ a: sleeper });
    mkdirSync(dirname(live.socket), { mode: 0o700 });
    await sh(['tmux', '-S', live.socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'mine', 'sleep 3600']);
    const pid = (await live.tmux('display-message', '-p', '#{pid}')).stdout.trim();
    expect(await live.mosaic(['apply'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringMatching(new RegExp(`pid ${pid}, sessions: mine`)),
    });
    expect(existsSync(join(live.home, 'libexec'))).toBe(false);
    expect((await live.tmux('list-sessions', '-F', '#{pid} #{session_name}')).stdout).toBe(`${pid} mine\n`);
  });
});

describe('the name of one fleet', () => {
  afterAll(cleanUp);

  it('belongs to the home that has it, and another home changes nothing of it (F100)', async () => {
    const first = liveFleet({ a: sleeper });
    await first.must('apply');
    const before = await first.pids();
    const elsewhere = { ...tempHome(), fleet: first.fleet, tmuxTmpdir: first.tmuxTmpdir };
    const second = liveFleet({ a: sleeper, b: sleeper }, {}, elsewhere);
    expect(await second.mosaic(['apply', '--yes'])).toMatchObject({ exitCode: 3 });
    expect(reasons(await second.plan())).toMatchObject({ fleet: 'foreign' });
    for (const verb of ['restart', 'stop']) expect(await second.mosaic([verb, 'a'])).toMatchObject({ exitCode: 3 });
    expect(await second.mosaic(['destroy', '--yes'])).toMatchObject({ exitCode: 3 });
    expect(await first.pids()).toEqual(before);
    await first.must('verify');
  });

  it('does not reach a fleet whose name begins with it (F100)', async () => {
    const short = liveFleet({ a: sleeper });
    const long = liveFleet({ a: sleeper }, {}, { ...tempHome(), fleet: `${short.fleet}-tmux` });
    await short.must('apply');
    await long.must('apply');
    const before = await long.pids();
    await short.must('restart', '--yes');
    await short.must('destroy', '--yes');
    expect(await long.pids()).toEqual(before);
    await long.must('verify');
  });
});

describe('sessions and units under our names', () => {
  let live: LiveFleet;
  beforeAll(async () => {
    live = liveFleet({ steady: sleeper });
    await live.must('apply');
  });
  afterAll(cleanUp);
  afterEach(async () => {
    expect((await live.agent('steady')).state).toBe('running');
  });

  it('are left alone when a session of an agent’s name has no mark (F60)', async () => {
    await live.tmux('new-session', '-d', '-s', 'taken', 'sleep 3600');
    const before = (await live.tmux('list-panes', '-t', '=taken:', '-F', '#{pane_pid}')).stdout;
    live.declare({ steady: sleeper, taken: sleeper });
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 3 });
    expect(reasons(await live.plan())).toEqual({ 'agent.taken': 'foreign' });
    expect((await live.tmux('list-panes', '-t', '=taken:', '-F', '#{pane_pid}')).stdout).toBe(before);
  });

  it('are an impostor with the mark in the wrong place', async () => {
    live.declare({ steady: sleeper, posing: sleeper });
    const mark = ['set-option', '-t', '=posing:', '@mosaic_owner', `${live.fleet}/posing`];
    await live.tmux('new-session', '-d', '-s', 'posing', 'sleep 3600', ';', ...mark);
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 3 });
    expect(reasons(await live.plan())).toEqual({ 'agent.posing': 'impostor' });
    expect((await live.tmux('kill-session', '-t', '=posing')).exitCode).toBe(0);
  });

  it('say that an agent’s unit is masked, and leave it so (F26)', async () => {
    live.declare({ steady: sleeper, veiled: sleeper });
    await systemctl('mask', live.unit('veiled'));
    expect(reasons(await live.plan())).toEqual({ 'agent.veiled': 'masked' });
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 3 });
    expect(reasons(await live.plan())).toEqual({ 'agent.veiled': 'masked' });
    expect(readlinkSync(join(UNIT_DIRECTORY, live.unit('veiled')))).toBe('/dev/null');
    await systemctl('unmask', live.unit('veiled'));
    live.declare({ steady: sleeper });
    await live.must('apply', '--yes');
  });

  it('live through start, stop, restart and removal when their file has the name of an agent’s unit', async () => {
    const file = place(join(UNIT_DIRECTORY, live.unit('own')));
    writeFileSync(file, '[Service]\nExecStart=/bin/sleep 3600\n');
    await systemctl('daemon-reload');
    await systemctl('start', live.unit('own'));
    const pid = async () => (await systemctl('show', '-P', 'MainPID', live.unit('own'))).stdout.trim();
    const before = await pid();
    expect(Number(before)).toBeGreaterThan(1);
    live.declare({ steady: sleeper, own: sleeper });
    expect(reasons(await live.plan())).toEqual({ 'agent.own': 'foreign' });
    for (const verb of [['apply'], ['restart', 'own'], ['stop', 'own'], ['start', 'own']])
      expect(await live.mosaic([...verb, '--yes'])).toMatchObject({ exitCode: 3 });
    live.declare({ steady: sleeper });
    await live.must('apply', '--yes');
    expect(await pid()).toBe(before);
    await systemctl('stop', live.unit('own'));
    rmSync(file);
    await systemctl('daemon-reload');
  });

  it('keep a drop-in of the user, and name it (F24)', async () => {
    const mine = place(join(UNIT_DIRECTORY, `${live.unit('steady')}.d/90-mine.conf`));
    expect((await live.plan()).conditions).toContainEqual(
      expect.objectContaining({ type: 'Override', message: expect.stringContaining('90-mine.conf') }),
    );
    live.declare({ steady: { ...sleeper, restart: { delay: '150ms' } } });
    await live.must('apply', '--yes');
    expect(readFileSync(mine, 'utf8')).toBe(FOREIGN);
  });

  it('refuse to end with the server unless the person says so', async () => {
    const names = async () => (await live.tmux('list-sessions', '-F', '#{session_name}')).stdout;
    expect(await live.mosaic(['destroy', '--yes'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('taken'),
    });
    expect(await names()).toContain('taken');
  });
});

describe('destroy', () => {
  afterAll(cleanUp);

  it('ends a server with sessions of others on --with-foreign', async () => {
    const live = liveFleet({ a: sleeper });
    await live.must('apply');
    await live.tmux('new-session', '-d', '-s', 'mine', 'sleep 3600');
    expect((await live.mosaic(['destroy', '--yes'])).stderr).toContain('to end them as well: --with-foreign');
    const { stderr } = await live.must('destroy', '--yes', '--with-foreign');
    expect(stderr).toContain('all its sessions end, also what is not ours: mine');
    expect((await live.tmux('list-sessions')).exitCode).toBe(1);
  });

  it.each([
    ['systemd', 'a destroy', ['destroy', '--yes']],
    ['tmux', 'a destroy', ['destroy', '--yes']],
    ['systemd', 'another socket', ['apply', '--yes']],
  ] as const)(
    'leaves the server, under %s, to a session opened while %s waits for an agent',
    async (supervisor, what, args) => {
      const live = liveFleet({ deaf: { command: [IGNORES_TERM], stop: { timeout: '4s' } } }, { supervisor });
      await live.must('apply');
      await eventually(async () => (await live.tmux('capture-pane', '-p', '-t', '=deaf:')).stdout.startsWith('deaf'));
      if (what === 'another socket')
        live.declare({ deaf: sleeper }, { supervisor, tmux: { socket: `${live.fleet}-2` } });
      const ending = live.mosaic(args);
      await pause(2_000);
      expect((await live.tmux('new-session', '-d', '-s', 'mine', 'sleep 3600')).exitCode).toBe(0);
      const { exitCode, stderr } = await ending;
      expect(stderr).toMatch(/FAILED .*server\..*: sessions that are not ours live on it: mine/);
      expect(exitCode).toBe(3);
      expect((await live.tmux('ls', '-F', '#{session_name}')).stdout).toBe('mine\n');
      await live.must('destroy', '--yes', '--with-foreign');
      expect((await live.tmux('ls')).exitCode).toBe(1);
    },
  );

  it('needs its own word for a protected agent, which nothing else ends', async () => {
    const guarded = { ...sleeper, protect: true };
    const live = liveFleet({ guarded, other: sleeper });
    await live.must('apply');
    const { guarded: pid } = await live.pids();
    expect(await live.mosaic(['restart', 'guarded'])).toMatchObject({ exitCode: 4 });
    expect(await live.mosaic(['stop', 'guarded'])).toMatchObject({ exitCode: 4 });
    live.declare({ guarded: { command: ['sleep', '3601'], protect: true }, other: sleeper });
    expect(await live.mosaic(['apply', '--yes'])).toMatchObject({ exitCode: 3 });
    live.declare({ other: sleeper });
    expect(await live.mosaic(['apply', '--yes'])).toMatchObject({ exitCode: 3 });
    expect(await live.mosaic(['destroy', '--yes'])).toMatchObject({ exitCode: 4 });
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    expect(
      answer<{ destroyed: boolean }>(await live.must('destroy', '--yes', '--include-protected', '-o', 'json')),
    ).toMatchObject({ destroyed: true });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
  });

  it('leaves nothing of the fleet but the manifest and what is not ours', async () => {
    const live = liveFleet({ a: sleeper });
    mkdirSync(join(live.home, 'secrets'));
    await live.must('apply');
    const ended = await live.must('destroy', '--yes', '-o', 'json');
    expect(ended.json()).toMatchObject({ stays: [live.manifest, join(live.home, 'secrets')] });
    expect((await systemctl('list-units', '--all', '--no-legend', `mosaic-${live.fleet}*`)).stdout).toBe('');
  });
});
