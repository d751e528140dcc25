import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/harness.ts';
import { exitOf, fixture, fleetByHand, screenShows, startAgent } from './helper-agent.ts';
import { fields, run, type HelperFleet } from './helper-fleet.ts';

let fleet: HelperFleet;

jest.setTimeout(60_000);

fleetByHand((made) => (fleet = made));

const start = (...argv: readonly string[]): string => startAgent(fleet, { argv });
const parentOf = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[1]);

describe('systemctl stop', () => {
  it('lets the agent save on a living terminal, and counts as a clean stop', async () => {
    const note = join(fleet.scratch, 'saved');
    const agent = start(fixture('saves-on-term.sh'), note);
    await screenShows(fleet, agent, 'ready');
    fleet.systemctl('stop', agent);
    expect(readFileSync(note, 'utf8')).toBe('30 100\n');
    expect(fields(fleet.record(agent, 'exit'))).toMatchObject({ code: '0', asked: 'stop' });
    expect(['ActiveState', 'Result', 'ExecMainCode', 'ExecMainStatus'].map((name) => fleet.show(agent, name))).toEqual([
      'inactive',
      'success',
      '2',
      '15',
    ]);
    expect(fleet.record(agent, 'screen')).toBe('ready\nsaved\n');
    expect(fleet.record(agent, 'stopping')).toBeUndefined();
  });

  it('kills an agent that cannot be asked after the time it was given, and keeps its screen (F36)', async () => {
    const agent = startAgent(fleet, { argv: [fixture('ignores-term.sh')], stopSec: '3' });
    const pid = fleet.pid(agent);
    await screenShows(fleet, agent, 'deaf');
    const screen = join(fleet.directory, 'record', agent, 'screen');
    run('systemctl', '--user', 'stop', '--no-block', fleet.unit(agent));
    const first = await eventually(() => statSync(screen).ino);
    fleet.systemctl('stop', agent);
    expect(statSync(screen).ino).toBe(first);
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(fields(fleet.record(agent, 'exit'))).toMatchObject({ signal: 'KILL', asked: 'stop' });
    expect(fleet.record(agent, 'screen')).toBe('deaf\n');
    expect(fleet.tmux('has-session', '-t', `=${agent}`).code).toBe(1);
  });

  it('is heard a second time by an agent that was asked before, and goes on to its end', async () => {
    const heard = join(fleet.scratch, 'heard');
    const agent = start('bash', '-c', `trap 'echo >>"$0"' TERM; echo up >"$0"; while :; do sleep 0.05; done`, heard);
    const times = (): number => (existsSync(heard) ? readFileSync(heard, 'utf8').split('\n').length - 2 : -1);
    await eventually(() => times() === 0);
    for (const count of [1, 2]) {
      run('systemctl', '--user', 'kill', '--kill-whom=main', '--signal=TERM', fleet.unit(agent));
      await eventually(() => times() === count);
    }
    process.kill(fleet.pid(agent), 'SIGKILL');
    expect(await exitOf(fleet, agent)).toMatchObject({ signal: 'KILL', asked: 'stop' });
  });

  it('keeps the screen also when the manager, late, comes with its order before anybody waits for one', async () => {
    start('sleep', '1000');
    const note = join(fleet.scratch, 'deaf');
    const script = `trap '' TERM HUP; echo deaf; : >'${note}'; exec sleep 1000`;
    fleet.add({ late: { argv: ['sh', '-c', script], stopSec: '3' } });
    const server = Number(fleet.tmux('display-message', '-p', '#{pid}').out);
    const manager = parentOf(server);
    process.kill(server, 'SIGSTOP');
    run('systemctl', '--user', 'start', '--no-block', fleet.unit('late'));
    await eventually(() => fleet.show('late', 'ControlPID') !== '0');
    process.kill(manager, 'SIGSTOP');
    process.kill(server, 'SIGCONT');
    await eventually(() => existsSync(note))
      .then(() => pause(400))
      .finally(() => process.kill(manager, 'SIGCONT'));
    while (fleet.show('late', 'ActiveState') === 'activating');
    fleet.systemctl('stop', 'late');
    expect(fields(fleet.record('late', 'exit'))).toMatchObject({ signal: 'KILL', asked: 'stop' });
    expect(fleet.record('late', 'screen')).toBe('deaf\n');
  });

  it('ends an interactive shell, which ignores the usual signal, at once', async () => {
    const agent = startAgent(fleet, { argv: ['bash', '--norc', '-i'], env: { PS1: 'prompt>' } });
    await screenShows(fleet, agent, 'prompt>');
    fleet.systemctl('stop', agent);
    expect(fields(fleet.record(agent, 'exit'))).toMatchObject({ signal: 'HUP', asked: 'stop' });
  });

  it('is told apart from an end by itself at the next start', async () => {
    const agent = start('sleep', '1000');
    fleet.systemctl('stop', agent);
    fleet.add({ [agent]: { argv: ['false'] } });
    fleet.systemctl('start', agent);
    expect(await exitOf(fleet, agent)).toMatchObject({ code: '1', asked: 'none' });
  });
});
