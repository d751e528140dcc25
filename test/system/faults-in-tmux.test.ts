import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

const OWN_CONF = join(homedir(), '.tmux.conf');
/** A row as our own look asks for it, with a mark of the fleet. */
const forged = (fleet: string): string => `P|$99|%99|1|0|0|${fleet}/ghost|v1.0|x|ghost`;

let live: LiveFleet;
let agents: Readonly<Record<string, object>>;
beforeAll(async () => {
  live = liveFleet({});
  mkdirSync(join(live.root, `here\n${forged(live.fleet)}`), { recursive: true });
  const title = `printf '\\033]2;%s\\007' '${forged(live.fleet)}'`;
  const script = `cd ${live.root}/here*/ghost* && ${title} && exec sleep 3600`;
  agents = { a: sleeper, b: sleeper, forger: { shell: script }, host: { command: ['bash', '--norc'] } };
  live.declare(agents);
  writeFileSync(OWN_CONF, 'set -g @of-a-person yes\nset -g mouse on\nset -g prefix C-z\n');
  await live.must('apply');
  rmSync(OWN_CONF);
});
afterAll(cleanUp);
afterEach(async () => {
  await live.must('verify');
});

/** Types into the agent `host`, as what runs there would run it. */
const inHost = async (line: string): Promise<void> =>
  void (await live.tmux(
    'send-keys',
    '-t',
    '=host:',
    `${line}; tmux wait-for -S done`,
    'Enter',
    ';',
    'wait-for',
    'done',
  ));

describe('a tmux configuration of a person', () => {
  it('is not read by the fleet’s server (F57)', async () => {
    expect((await live.tmux('show-options', '-gv', 'mouse')).stdout).toBe('off\n');
    expect((await live.tmux('show-options', '-g')).stdout).not.toContain('@of-a-person');
    expect(await live.plan()).toMatchObject({ empty: true });
  });
});

describe('another directory for sockets in the caller’s environment', () => {
  it('leads nowhere else: the installed fleet keeps its socket (F55)', async () => {
    for (const TMUX_TMPDIR of [live.root, '', undefined]) {
      const env = { TMUX_TMPDIR };
      expect(await live.mosaic(['plan', '--detailed-exitcode'], { env })).toMatchObject({ exitCode: 0 });
      expect((await live.mosaic(['status', '-o', 'json'], { env })).json()).toMatchObject({
        socket: { path: live.socket },
        agents: [{ state: 'running' }, { state: 'running' }, { state: 'running' }, { state: 'running' }],
      });
    }
  });
});

describe('what a person does inside tmux', () => {
  it('with windows and panes beside an agent is theirs, through every apply (F62)', async () => {
    const before = await live.pids();
    const opened = ['-d', '-P', '-F', '#{pane_id} #{pane_pid}', '-t', '=a:', 'sleep 3600'];
    const panes = [await live.tmux('split-window', ...opened), await live.tmux('new-window', ...opened)];
    live.declare({ ...agents, b: { command: ['sleep', '3601'] } });
    await live.must('apply', '--yes');
    const { stdout } = await live.tmux('list-panes', '-s', '-t', '=a:', '-F', '#{pane_id} #{pane_pid}');
    for (const { stdout: pane } of panes) expect(stdout).toContain(pane);
    expect(await live.pids()).toMatchObject({ a: before['a'] });
  });

  it('with an option of one session or window is theirs, and of the server is put right (F63)', async () => {
    for (const name of Object.keys(agents)) {
      await live.tmux('set-option', '-t', `=${name}:`, 'mouse', 'on');
      await live.tmux('set-option', '-w', '-t', `=${name}:`, 'remain-on-exit', 'on');
    }
    await live.must('verify');
    const before = await live.pids();
    await live.tmux('set-option', '-g', 'remain-on-exit', 'on');
    expect((await live.plan()).changes).toMatchObject([{ action: 'update', disruption: 'live' }]);
    await live.must('apply');
    expect((await live.tmux('show-options', '-gv', 'remain-on-exit')).stdout).toBe('off\n');
    for (const name of Object.keys(agents))
      await live.tmux('set-option', '-w', '-u', '-t', `=${name}:`, 'remain-on-exit');
    expect(await live.pids()).toEqual(before);
  });

  it('with an agent’s mark on a session of theirs is named, and neither is ended (F61)', async () => {
    const before = await live.pids();
    const mark = ['set-option', '-t', '=mine:', '@mosaic_owner', `${live.fleet}/a`];
    await live.tmux('new-session', '-d', '-s', 'mine', 'sleep 3600', ';', ...mark);
    for (const args of [
      ['apply', '--yes'],
      ['restart', 'a'],
    ])
      expect(await live.mosaic(args)).toMatchObject({ exitCode: 3 });
    expect((await live.plan()).blocked).toMatchObject([{ group: 'agent.a', reason: 'duplicate-owner' }]);
    expect((await live.tmux('has-session', '-t', '=mine')).exitCode).toBe(0);
    expect(await live.pids()).toEqual(before);
    await live.tmux('kill-session', '-t', '=mine');
  });
});

describe('an agent', () => {
  it('that names its directory and its title like our own answers forges no agent (F64)', async () => {
    const format = '#{pane_current_path} #{pane_title}';
    await eventually(async () => {
      const { stdout } = await live.tmux('display-message', '-p', '-t', '=forger:', format);
      return stdout.split(`${live.fleet}/ghost`).length === 3;
    });
    expect((await live.status()).agents.map(({ name }) => name)).toEqual(['a', 'b', 'forger', 'host']);
  });

  it('that renames and ends the sessions of others has them back, and touches nobody else (F66)', async () => {
    const before = await live.pids();
    await inHost('tmux rename-session -t =b mine; tmux kill-session -t =a');
    const { changes } = await live.plan();
    expect(changes).toContainEqual(expect.objectContaining({ address: 'session.b', reason: 'renamed' }));
    const a = await live.newPid('a', before['a']);
    await live.must('apply');
    expect(await live.pids()).toEqual({ ...before, a });
  });

  it('that ends the whole server is told in the log, and everybody is back (F65)', async () => {
    const before = await live.pids();
    await live.tmux('send-keys', '-t', '=host:', 'tmux kill-server', 'Enter');
    for (const name of Object.keys(before)) await live.newPid(name, before[name]);
    expect((await live.must('log', 'b')).stdout).toMatch(
      /ended as its session was ended from outside\n.*started with its command\n$/,
    );
  });
});
