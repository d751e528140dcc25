import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually, UNIT_DIRECTORY } from '../support/harness.ts';
import { liveFleet, sleeper, systemctl, type Agents, type LiveFleet } from './live-fleet.ts';

const AGENTS: Agents = {
  a: sleeper,
  b: sleeper,
  deaf: { command: [join(import.meta.dirname, '../fixtures/bin/ignores-term.sh')], stop: { timeout: '500ms' } },
};

let live: LiveFleet;
const changes = async () =>
  (await live.plan()).changes.map(({ address, action, reason, disruption }) => [address, action, reason, disruption]);
/** Applies without a question, and no process of an agent may change. */
async function applyInPeace(): Promise<void> {
  const before = await live.pids();
  await live.must('apply');
  expect(await live.pids()).toEqual(before);
  expect(await live.plan()).toMatchObject({ empty: true });
}
const option = async (name: string): Promise<string> => (await live.tmux('show-options', '-gv', name)).stdout.trim();

beforeAll(async () => {
  live = liveFleet(AGENTS);
  await live.must('apply');
});
afterAll(cleanUp);

describe('what somebody changed by hand', () => {
  it('in a unit is named, and put right without touching an agent (F23)', async () => {
    const address = `unit.mosaic-${live.fleet}@.service`;
    appendFileSync(join(UNIT_DIRECTORY, `mosaic-${live.fleet}@.service`), '[Service]\nNice=5\n');
    await systemctl('daemon-reload');
    expect(await changes()).toEqual([[address, 'update', 'hand_edited', 'none']]);
    await applyInPeace();
  });

  it('in the enable links is put right', async () => {
    rmSync(join(UNIT_DIRECTORY, `mosaic-${live.fleet}.target.wants`, live.unit('a')));
    await systemctl('daemon-reload');
    expect(await changes()).toEqual([[`link.${live.unit('a')}`, 'create', 'missing', 'none']]);
    await applyInPeace();
  });

  it('in a script or in launch data is put right (F20, F68)', async () => {
    appendFileSync(join(live.home, 'libexec/agent-pane.bash'), '# more\n');
    rmSync(join(live.home, 'bin/mosaic'));
    expect((await live.plan()).changes.map(({ address }) => address)).toEqual([
      'file.bin/mosaic',
      'file.libexec/agent-pane.bash',
    ]);
    await applyInPeace();
  });

  it('in the name of a session is put right (F58)', async () => {
    await live.tmux('rename-session', '-t', '=a:', 'mine');
    expect(await changes()).toEqual([['session.a', 'update', 'renamed', 'live']]);
    await applyInPeace();
    expect((await live.tmux('has-session', '-t', '=a')).exitCode).toBe(0);
  });

  it('by stopping a unit is undone by apply', async () => {
    await systemctl('stop', live.unit('a'));
    expect(await live.agent('a')).toMatchObject({ state: 'stopped', inSync: false });
    await live.must('apply');
    expect(await live.agent('a')).toMatchObject({ state: 'running', inSync: true });
  });
});

describe('a change of the manifest', () => {
  it('of what tmux shows reaches the living server, and no agent', async () => {
    live.declare(AGENTS, { tmux: { socket: 'mosaic-factory', options: { mouse: 'on', prefix: 'C-a' } } });
    await applyInPeace();
    expect([await option('mouse'), await option('prefix')]).toEqual(['on', 'C-a']);
    live.declare(AGENTS);
    await applyInPeace();
    expect([await option('mouse'), await option('prefix')]).toEqual(['off', 'C-b']);
  });

  it('of a description, labels or protection touches no agent', async () => {
    live.declare({ ...AGENTS, a: { ...sleeper, description: 'does it', labels: { role: 'x' }, protect: true } });
    await applyInPeace();
    live.declare({ ...AGENTS, a: { ...sleeper, protect: false } });
    await applyInPeace();
  });

  it('of limits reaches the running unit, and no agent restarts', async () => {
    live.declare({ ...AGENTS, a: { ...sleeper, limits: { tasksMax: 77 } } });
    await applyInPeace();
    expect((await systemctl('show', '--value', '-p', 'TasksMax', live.unit('a'))).stdout).toBe('77\n');
    live.declare(AGENTS);
    await applyInPeace();
    expect((await systemctl('show', '--value', '-p', 'TasksMax', live.unit('a'))).stdout).not.toBe('77\n');
  });

  it('of the history limit or the size waits for the next start, and says so', async () => {
    live.declare(AGENTS, { tmux: { socket: 'mosaic-factory', historyLimit: 5000, size: '100x30' } });
    await applyInPeace();
    const { conditions } = await live.plan();
    expect(conditions.find(({ type }) => type === 'RestartPending')?.message).toMatch(/^a, b, deaf: /);
    await live.must('restart', 'a');
    const format = '#{history_limit} #{window_width}x#{window_height}';
    expect((await live.tmux('display-message', '-p', '-t', '=a:', format)).stdout).toBe('5000 100x30\n');
    live.declare(AGENTS);
    await live.must('apply');
  });

  it('of the socket is a replacement of everything, and leaves no server behind', async () => {
    const before = await live.pids();
    live.declare(AGENTS, { tmux: { socket: 'other' } });
    expect((await live.plan()).changes).toContainEqual(
      expect.objectContaining({ action: 'replace', disruption: 'fleet' }),
    );
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 4 });
    await live.must('apply', '--yes');
    expect((await live.tmux('list-sessions')).exitCode).toBe(1);
    expect(Object.values(before).filter((pid) => existsSync(`/proc/${pid}`))).toEqual([]);
    await live.must('verify');
    live.declare(AGENTS);
    await live.must('apply', '--yes');
    await live.must('verify');
  });

  it('of the fleet’s name is told to be another fleet, and the old one can be named to go', async () => {
    const text = readFileSync(live.manifest, 'utf8');
    const renamed = liveFleet(AGENTS, { tmux: { socket: 'third' } }, { ...live, fleet: `${live.fleet}-new` });
    const { conditions } = await renamed.plan();
    expect(conditions.find(({ type }) => type === 'OtherFleet')?.message).toBe(
      `this home still holds fleet ${live.fleet} (3 agents): mosaic fleet destroy --fleet ${live.fleet}`,
    );
    live.declare(AGENTS);
    expect(readFileSync(live.manifest, 'utf8')).toBe(text);
    await live.must('verify');
  });
});

describe('stop', () => {
  it('ends an agent that cannot be asked, and is in sync afterwards (F36)', async () => {
    await eventually(async () => (await live.tmux('capture-pane', '-p', '-t', '=deaf:')).stdout.includes('deaf'));
    await live.must('stop', 'deaf');
    expect(await live.agent('deaf')).toMatchObject({ state: 'stopped', held: true, inSync: true });
    await live.must('verify');
  });

  it('of everything is asked for, and start brings everything back', async () => {
    expect(await live.mosaic(['stop'])).toMatchObject({ exitCode: 4 });
    await live.must('stop', '--yes');
    expect((await live.status()).agents.map(({ state }) => state)).toEqual(['stopped', 'stopped', 'stopped']);
    await live.must('verify');
    await live.must('start');
    expect((await live.status()).agents.map(({ state }) => state)).toEqual(['running', 'running', 'running']);
  });

  it('leaves no hold behind when its agent leaves the manifest', async () => {
    await live.must('stop', 'b');
    live.declare({ a: sleeper, deaf: AGENTS['deaf'] ?? {} });
    await live.must('apply', '--yes');
    expect(readdirSync(join(live.home, 'fleets', live.fleet, 'holds'))).toEqual([]);
    live.declare(AGENTS);
    await live.must('apply');
    expect(await live.agent('b')).toMatchObject({ state: 'running', held: false });
  });
});
