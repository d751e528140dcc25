import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/harness.ts';
import { exitOf, fixture, fleetByHand, screenShows, startAgent } from './helper-agent.ts';
import { fields, run, type HelperFleet } from './helper-fleet.ts';

let fleet: HelperFleet;

jest.setTimeout(60_000);

fleetByHand((made) => (fleet = made));

const start = (...argv: readonly string[]): string => startAgent(fleet, { argv });
const ended = async (agent: string): Promise<Readonly<Record<string, string>>> => exitOf(fleet, agent);
const keys = (agent: string, ...names: readonly string[]): void => {
  expect(fleet.tmux('send-keys', '-t', `=${agent}:`, ...names).code).toBe(0);
};
const stateOf = (pid: number): string | undefined => / ([A-Z]) /.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))?.[1];
/** The process group that has the terminal of a process. */
const foreground = (pid: number): number =>
  Number(readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ')[5]);

describe('an agent that ends by itself', () => {
  it.each([
    ['exit 0', 'code', '0', '0'],
    ['exit 5', 'code', '5', '5'],
    ['exit 72', 'code', '72', '72'],
    ['exit 127', 'code', '127', '127'],
    ['exit 255', 'code', '255', '255'],
    ['kill -KILL $$', 'signal', 'KILL', '137'],
    ['kill -SEGV $$', 'signal', 'SEGV', '139'],
    ['kill -TERM $$', 'signal', 'TERM', '143'],
    ['kill -HUP $$', 'signal', 'HUP', '129'],
  ])('by `%s` is recorded as %s=%s, and its unit ends with %s', async (script, key, value, status) => {
    const agent = start('sh', '-c', script);
    const exit = await ended(agent);
    expect(exit).toEqual({ [key]: value, asked: 'none', at: exit['at'], uptime: '0' });
    expect(fleet.show(agent, 'ExecMainCode')).toBe('1');
    expect(fleet.show(agent, 'ExecMainStatus')).toBe(status);
    expect(fleet.record(agent, 'fault')).toBeUndefined();
    expect(fleet.tmux('has-session', '-t', `=${agent}`).code).toBe(1);
  });

  it('takes everything it left behind with it (F35)', async () => {
    const note = join(fleet.scratch, 'child');
    const agent = start(fixture('leaves-a-child.sh'), note);
    expect(await ended(agent)).toMatchObject({ code: '3' });
    expect(existsSync(`/proc/${readFileSync(note, 'utf8').trim()}`)).toBe(false);
  });

  it('leaves its last 200 lines, to the very last one (F73)', async () => {
    const agent = start('sh', '-c', 'seq 1 300000; printf last; exit 1');
    await ended(agent);
    const lines = (fleet.record(agent, 'screen') ?? '').split('\n');
    expect(lines.slice(-4)).toEqual(['299999', '300000', 'last', '']);
    expect(lines).toHaveLength(201);
    expect(lines[0]).toBe('299802');
  });
});

describe('the keys of a terminal', () => {
  it('reach the agent alone: Ctrl-C ends it with 130, and Ctrl-\\ with 131', async () => {
    const [first, second] = [start('sleep', '1000'), start('sleep', '1000')];
    keys(first, 'C-c');
    keys(second, 'C-\\');
    expect([await ended(first), fleet.show(first, 'ExecMainStatus')]).toMatchObject([{ signal: 'INT' }, '130']);
    expect([await ended(second), fleet.show(second, 'ExecMainStatus')]).toMatchObject([{ signal: 'QUIT' }, '131']);
  });

  it('do not end an agent that handles Ctrl-C', async () => {
    const agent = start('bash', '-c', 'trap "echo caught" INT; while :; do read -t 60; done');
    const pid = fleet.pid(agent);
    keys(agent, 'C-c');
    await screenShows(fleet, agent, 'caught');
    expect(fleet.pid(agent)).toBe(pid);
  });

  it('cannot park it: after Ctrl-Z it goes on, and Ctrl-C is still 130', async () => {
    const agent = start('bash', '-c', 'trap "echo back \\$((++n))" CONT; echo ready; while :; do read -t 60; done');
    const pid = fleet.pid(agent);
    await screenShows(fleet, agent, 'ready');
    for (const round of [1, 2, 3]) {
      keys(agent, 'C-z');
      await screenShows(fleet, agent, `back ${round}`);
      await eventually(() => expect(foreground(pid)).toBe(pid));
    }
    keys(agent, 'C-c');
    expect(await ended(agent)).toMatchObject({ signal: 'INT' });
    expect(fleet.show(agent, 'ExecMainStatus')).toBe('130');
  });

  it('keep their job control where the agent is a shell', async () => {
    const agent = startAgent(fleet, { argv: ['bash', '--norc', '-i'], env: { PS1: 'prompt>' } });
    await screenShows(fleet, agent, 'prompt>');
    keys(agent, 'sleep 999', 'Enter');
    await eventually(() =>
      expect(fleet.tmux('display-message', '-p', '-t', `=${agent}:`, '#{pane_current_command}').out).toBe('sleep\n'),
    );
    keys(agent, 'C-z');
    await screenShows(fleet, agent, 'Stopped');
    keys(agent, 'echo status $?; exit 4', 'Enter', 'exit 4', 'Enter');
    expect(await ended(agent)).toMatchObject({ code: '4' });
    expect(fleet.record(agent, 'screen')).toContain('status 148');
  });
});

describe('a stopped process', () => {
  it.each(['STOP', 'TSTP'])('is continued after SIG%s from outside', async (signal) => {
    const agent = start('sleep', '1000');
    const pid = fleet.pid(agent);
    run('kill', `-${signal}`, String(pid));
    await eventually(() => expect(stateOf(pid)).toBe('S'));
    expect(fleet.show(agent, 'ActiveState')).toBe('active');
  });

  it('that stopped itself goes on, and its exit code is passed on', async () => {
    const note = join(fleet.scratch, 'continued');
    const agent = start(fixture('stops-itself.sh'), note);
    expect(await ended(agent)).toMatchObject({ code: '9' });
    expect(readFileSync(note, 'utf8')).toBe('continued\n');
  });
});

describe('a later start', () => {
  const command = ['sh', '-c', 'exit 1'];
  const resume = ['sh', '-c', 'exit 2'];

  it('resumes where there is something to resume, but not the first one, and not where a fresh one is asked for', async () => {
    const agent = startAgent(fleet, { argv: command, resume });
    expect(await ended(agent)).toMatchObject({ code: '1' });
    expect(fields(fleet.record(agent, 'starts'))).toMatchObject({ count: '1', program: 'command' });
    fleet.systemctl('start', agent);
    await eventually(() => expect(fields(fleet.record(agent, 'exit'))).toMatchObject({ code: '2' }));
    expect(fields(fleet.record(agent, 'starts'))).toMatchObject({ count: '2', program: 'resume' });
    run('touch', join(fleet.directory, 'record', agent, 'fresh'));
    fleet.systemctl('start', agent);
    await eventually(() => expect(fields(fleet.record(agent, 'exit'))).toMatchObject({ code: '1' }));
    expect(fields(fleet.record(agent, 'starts'))).toMatchObject({ count: '3', program: 'command' });
    expect(fleet.record(agent, 'fresh')).toBeUndefined();
  });

  it('uses the command where the resume is not there', async () => {
    const agent = startAgent(fleet, { argv: command, resume: ['no-such-program'] });
    await ended(agent);
    fleet.systemctl('start', agent);
    await eventually(() =>
      expect(fields(fleet.record(agent, 'starts'))).toMatchObject({
        count: '2',
        program: 'command',
        because: 'resume-failed',
      }),
    );
  });

  it.each([
    ['resume', 'that failed at once', { code: '1' }, { program: 'command', because: 'resume-failed' }],
    ['resume', 'that failed after a while', { code: '1', uptime: '5' }, { program: 'resume', because: '' }],
    ['resume', 'that ended well at once', { code: '0' }, { program: 'resume', because: '' }],
    ['resume', 'that was killed at once', { signal: 'KILL' }, { program: 'resume', because: '' }],
    ['resume', 'that was asked to stop at once', { code: '1', asked: 'stop' }, { program: 'resume', because: '' }],
    ['resume', 'whose pane was lost at once', { code: '75' }, { program: 'resume', because: '' }],
    ['resume', 'whose end belongs to a run before', { code: '1', at: '1' }, { program: 'resume', because: '' }],
    ['command', 'that failed at once', { code: '1' }, { program: 'resume', because: '' }],
    [
      'command after a reset',
      'that a stop cut short',
      { code: '1', asked: 'stop' },
      { program: 'command', because: 'reset' },
    ],
    ['command after a reset', 'that crashed at once', { code: '1' }, { program: 'resume', because: '' }],
    [
      'command after a reset',
      'that was stopped later',
      { code: '1', asked: 'stop', uptime: '9' },
      { program: 'resume', because: '' },
    ],
  ])('after a %s %s is right', async (last, _how, exit, choice) => {
    const agent = startAgent(fleet, { argv: command, resume });
    await ended(agent);
    const record = (name: string, values: object): void =>
      writeFileSync(
        join(fleet.directory, 'record', agent, name),
        Object.entries(values)
          .map(([key, value]) => `${key}=${String(value)}\n`)
          .join(''),
      );
    const [ran = ''] = last.split(' ');
    record('starts', { count: 7, at: 1000, program: ran, because: ran === last ? '' : 'reset' });
    record('exit', { asked: 'none', at: 2000, uptime: 0, ...exit });
    fleet.systemctl('start', agent);
    await eventually(() => expect(fields(fleet.record(agent, 'starts'))).toMatchObject({ count: '8' }));
    expect(fields(fleet.record(agent, 'starts'))).toMatchObject(choice);
  });
});
