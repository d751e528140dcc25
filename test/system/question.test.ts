import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const AGENTS = { 'worker-1': sleeper, 'worker-2': sleeper };
const CHANGED = { 'worker-1': { command: ['sleep', '3601'] }, 'worker-2': sleeper };

let live: LiveFleet;
/** A terminal of our own: a tmux server that has nothing to do with the fleet. */
let terminal: string;
beforeAll(async () => {
  live = liveFleet(AGENTS);
  await live.must('apply');
  terminal = join(live.root, 'terminal');
});
beforeEach(() => live.declare(CHANGED));
afterAll(async () => {
  await sh(['tmux', '-N', '-S', terminal, 'kill-server']);
  await cleanUp();
});

interface Asked {
  readonly answer: (...keys: readonly string[]) => Promise<number>;
  readonly screen: () => Promise<string>;
}

/** A command on a terminal, as far as its question; `answer` types and gives the exit code. */
async function asked(...args: readonly string[]): Promise<Asked> {
  const out = join(live.root, `exit-${Math.random().toString(36).slice(2)}`);
  const script = 'out=$1; shift; "$@"; echo $? >"$out"; sleep 3600';
  const env = ['-e', `MOSAIC_HOME=${live.home}`, '-e', `TMUX_TMPDIR=${live.tmuxTmpdir}`];
  const command = ['bash', '-c', script, '_', out, process.execPath, MOSAIC, 'fleet', ...args];
  const made = ['new-session', '-d', '-P', '-F', '#{pane_id}', '-x', '200', '-y', '50', ...env, '--', ...command];
  const { stdout } = await sh(['tmux', '-f', '/dev/null', '-S', terminal, ...made]);
  const pane = stdout.trim();
  const tmux = (...words: readonly string[]): ReturnType<typeof sh> => sh(['tmux', '-N', '-S', terminal, ...words]);
  await eventually(async () => /\? \[y\/N\]|Type its name/.test((await tmux('capture-pane', '-p', '-t', pane)).stdout));
  return {
    screen: async () => (await tmux('capture-pane', '-p', '-t', pane)).stdout,
    answer: async (...keys) => {
      await tmux('send-keys', '-t', pane, ...keys);
      return eventually(() => existsSync(out) && Number(readFileSync(out, 'utf8')));
    },
  };
}

describe('a question on a terminal', () => {
  it('is asked before an agent ends, and yes carries the plan out', async () => {
    const before = await live.pids();
    const { answer, screen } = await asked('apply');
    expect(await live.pids()).toEqual(before);
    expect(await answer('y', 'Enter')).toBe(0);
    const told = (await screen()).split('\n').filter((line) => line.startsWith('worker-1 '));
    expect(told).toEqual([expect.stringMatching(/^worker-1 +done +restart session\.worker-1$/)]);
    const after = await live.pids();
    expect(after['worker-1']).not.toBe(before['worker-1']);
    expect(after['worker-2']).toBe(before['worker-2']);
    live.declare(AGENTS);
    await live.must('apply', '--yes');
  });

  it.each([[['n', 'Enter']], [['Enter']], [['C-d']]])('changes nothing at %j', async (keys) => {
    const before = await live.pids();
    const { answer } = await asked('apply');
    expect(await answer(...keys)).toBe(4);
    expect(await live.pids()).toEqual(before);
  });

  it('ends at Ctrl-C as a shell counts it, with nothing done', async () => {
    const before = await live.pids();
    const { answer } = await asked('apply');
    expect(await answer('C-c')).toBe(130);
    expect(await live.pids()).toEqual(before);
  });

  it('is about the plan that was shown: what changed meanwhile is not carried out on an old yes (F90)', async () => {
    const { answer } = await asked('apply');
    const unit = join(live.home, 'fleets', live.fleet, 'tmux.conf');
    writeFileSync(unit, `${readFileSync(unit, 'utf8')}# by hand\n`);
    const before = await live.pids();
    expect(await answer('y', 'Enter')).toBe(4);
    expect(await live.pids()).toEqual(before);
  });

  it('of destroy wants the name of the fleet, not a yes', async () => {
    const { answer, screen } = await asked('destroy');
    expect(await answer('y', 'Enter')).toBe(4);
    expect(await screen()).toContain(`Type ${live.fleet} to go on.`);
    expect(Object.values(await live.pids())).not.toContain(null);
  });
});
