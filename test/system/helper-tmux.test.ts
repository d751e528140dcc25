import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/harness.ts';
import { fixture, screenShows } from './helper-agent.ts';
import { fields, makeFleet, processesWith, type AgentSettings, type HelperFleet } from './helper-fleet.ts';

jest.setTimeout(60_000);
let fleet: HelperFleet;

beforeAll(() => {
  fleet = makeFleet('tmux');
});
afterAll(() => {
  fleet.destroy();
});

/** Starts an agent as a supervisor without units does: a session with our marks, and the wrapper in it. */
async function start(agent: string, settings: AgentSettings): Promise<void> {
  fleet.add({ [agent]: settings });
  const wrapper = ['/bin/bash', fleet.helper, 'pane', fleet.directory, agent];
  const mark = [';', 'set-option', '-t', `=${agent}:`, '@mosaic_owner', `${fleet.name}/${agent}`];
  const { code } = fleet.tmux('new-session', '-d', '-s', agent, '-x', '100', '-y', '30', '--', ...wrapper, ...mark);
  expect(code).toBe(0);
  await eventually(() => expect(fields(fleet.record(agent, 'starts'))['count']).toBeDefined());
}

const lives = (agent: string): boolean => fleet.tmux('has-session', '-t', `=${agent}`).code === 0;

describe('without units, the wrapper', () => {
  it('starts the agent, records how it ended, and keeps its screen', async () => {
    await start('short', { argv: ['sh', '-c', 'echo bye; exit 7'] });
    await eventually(() => expect(lives('short')).toBe(false));
    expect(fields(fleet.record('short', 'starts'))).toMatchObject({ count: '1', program: 'command' });
    expect(fields(fleet.record('short', 'exit'))).toMatchObject({ code: '7', asked: 'none' });
    expect(fleet.record('short', 'screen')).toBe('bye\n');
  });

  it('gives the agent no user manager that nobody gave it', async () => {
    const target = join(fleet.scratch, 'report');
    await start('bare', {
      argv: [process.execPath, fixture('report.mjs'), target],
      env: { DBUS_SESSION_BUS_ADDRESS: 'given' },
    });
    await eventually(() => existsSync(target));
    const { env }: { env: readonly string[] } = JSON.parse(readFileSync(target, 'utf8'));
    expect(env.filter((item) => /^(XDG|DBUS)/.test(item))).toEqual(['DBUS_SESSION_BUS_ADDRESS=given']);
  });

  it('records why it could not start the agent', async () => {
    fleet.add({ lost: { argv: ['codecs'] } });
    fleet.tmux('new-session', '-d', '-s', 'lost', '--', '/bin/bash', fleet.helper, 'pane', fleet.directory, 'lost');
    await eventually(() => expect(fleet.record('lost', 'fault')).toMatch(/^command-not-found: codecs: /));
    await eventually(() => expect(lives('lost')).toBe(false));
    expect(fleet.record('lost', 'exit')).toBeUndefined();
  });
});

describe('without units, `end`', () => {
  it('lets the agent save on a living terminal, and records who asked', async () => {
    const note = join(fleet.scratch, 'saved');
    await start('polite', { argv: [fixture('saves-on-term.sh'), note] });
    await start('polite-2', { argv: ['sleep', '1000'] });
    await screenShows(fleet, 'polite', 'ready');
    expect(fleet.call('end', 'polite')).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(note, 'utf8')).toBe('30 100\n');
    expect(fields(fleet.record('polite', 'exit'))).toMatchObject({ code: '0', asked: 'stop' });
    expect([lives('polite'), lives('polite-2')]).toEqual([false, true]);
    await start('polite', { argv: ['false'] });
    await eventually(() => expect(fields(fleet.record('polite', 'exit'))).toMatchObject({ code: '1', asked: 'none' }));
  });

  it('kills what cannot be asked when the time is over, and keeps the screen', async () => {
    await start('deaf', { argv: [fixture('ignores-term.sh')], stopSec: '0.5' });
    await screenShows(fleet, 'deaf', 'deaf');
    const begun = Date.now();
    expect(fleet.call('end', 'deaf').code).toBe(0);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(500);
    expect(Date.now() - begun).toBeLessThan(5000);
    expect(fields(fleet.record('deaf', 'exit'))).toMatchObject({ signal: 'KILL', asked: 'stop' });
    expect(fleet.record('deaf', 'screen')).toBe('deaf\n');
    expect(processesWith('ignores-term.sh')).toEqual([]);
  });

  it('leaves nothing of the terminal behind', async () => {
    const script = 'trap "exit 0" TERM; (trap "" TERM HUP; exec sleep 12345) & echo on; while :; do read -t 60; done';
    await start('parent', { argv: ['bash', '-c', script] });
    await screenShows(fleet, 'parent', 'on');
    await eventually(() => expect(processesWith('sleep\u000012345')).toHaveLength(1));
    expect(fleet.call('end', 'parent').code).toBe(0);
    await eventually(() => expect(processesWith('sleep\u000012345')).toEqual([]));
    expect(fields(fleet.record('parent', 'exit'))).toMatchObject({ code: '0', asked: 'stop' });
  });

  it('finds the agent among the windows a person opened in its session (F62)', async () => {
    await start('shared', { argv: ['sleep', '1000'] });
    fleet.tmux('new-window', '-t', '=shared:', 'sleep', '1000');
    fleet.tmux('split-window', '-b', '-t', '=shared:0', 'sleep', '1000');
    const begun = Date.now();
    expect(fleet.call('end', 'shared').code).toBe(0);
    expect(Date.now() - begun).toBeLessThan(10_000);
    expect(fields(fleet.record('shared', 'exit'))).toMatchObject({ signal: 'TERM', asked: 'stop' });
    expect(lives('shared')).toBe(false);
  });

  it('leaves a session without our mark alone, even with our wrapper in it, and is content where there is none', () => {
    fleet.add({ stranger: { argv: ['sleep', '1000'] }, nobody: { argv: ['true'] } });
    fleet.tmux('new-session', '-d', '-s', 'stranger', '/bin/bash', fleet.helper, 'pane', fleet.directory, 'stranger');
    fleet.call('end', 'stranger');
    expect(lives('stranger')).toBe(true);
    expect(fleet.call('end', 'nobody')).toMatchObject({ code: 0, err: '' });
  });
});
