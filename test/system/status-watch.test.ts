import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanUp, eventually } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { liveFleet, sleeper, systemctl, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');

describe('status --watch', () => {
  let live: LiveFleet;

  beforeAll(async () => {
    live = liveFleet({ a: sleeper, b: sleeper });
    await live.must('apply', '--yes');
  });
  afterAll(cleanUp);

  /** `fleet status --watch` with its output so far, and how it ended. */
  function watching(...args: readonly string[]) {
    const env = { ...process.env, MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    const child = spawn(process.execPath, [MOSAIC, 'fleet', 'status', '--watch', ...args], { env });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = new Promise<number | null>((done) => child.once('exit', done));
    return { child, ended, output: () => output };
  }

  it('writes a line for each change into a pipe, and ends with 130 by Ctrl-C', async () => {
    const { child, ended, output } = watching();
    await eventually(() => /^\S+Z {2}b: running, pid \d+/m.test(output()));
    const told = output().length;
    await live.must('stop', 'b');
    await eventually(() => /^\S+Z {2}b: stopped, held$/m.test(output()));
    expect(output().slice(told)).not.toMatch(/ a: /);
    child.kill('SIGINT');
    await expect(ended).resolves.toBe(130);
    await live.must('start', 'b');
  });

  it('writes a JSON object a line, each with what is now', async () => {
    const { child, ended, output } = watching('-o', 'json');
    await eventually(() => output().includes('"watchUnit"'));
    const before = await live.agent('a');
    await systemctl('kill', '--signal=KILL', live.unit('a'));
    await eventually(() => {
      const now = output()
        .trimEnd()
        .split('\n')
        .slice(1)
        .map((line) => JSON.parse(line) as { name: string; now: { pid: number } });
      return now.some(({ name, now: { pid } }) => name === 'a' && typeof pid === 'number' && pid !== before.pid);
    });
    child.kill('SIGTERM');
    await expect(ended).resolves.toBe(143);
  });

  it('repaints a terminal, within its size, and gives it back', async () => {
    const socket = join(live.root, 'screen.sock');
    const tmux = (...args: readonly string[]) => sh(['tmux', '-S', socket, '-f', '/dev/null', ...args]);
    const screen = async (): Promise<string> => (await tmux('capture-pane', '-p')).stdout.trimEnd();
    const environment = `MOSAIC_HOME='${live.home}' TMUX_TMPDIR='${live.tmuxTmpdir}'`;
    const line = `clear; ${environment} '${process.execPath}' '${MOSAIC}' fleet status --watch; echo "exit $?"`;
    await tmux('new-session', '-d', '-x', '100', '-y', '12', 'sh');
    try {
      await tmux('send-keys', line, 'Enter');
      await eventually(async () => /^a +running/m.test(await screen()));
      expect(await screen()).toMatch(/^Fleet /);
      await live.must('stop', 'b');
      await eventually(async () => /^b +stopped \(held\)/m.test(await screen()));
      expect((await screen()).match(/^AGENT/gm)).toHaveLength(1);
      await tmux('resize-window', '-x', '40', '-y', '5');
      await eventually(async () => (await screen()).endsWith('… 2 more lines'));
      await tmux('send-keys', 'q');
      await eventually(async () => (await screen()).includes('exit 0'));
      expect((await tmux('display', '-p', '#{cursor_flag} #{wrap_flag}')).stdout).toBe('1 1\n');
      await tmux('resize-window', '-x', '100', '-y', '30');
      await tmux('send-keys', line, 'Enter');
      await eventually(async () => /^a +running/m.test(await screen()));
      await tmux('send-keys', 'C-c');
      await eventually(async () => (await screen()).includes('exit 130'));
    } finally {
      await tmux('kill-server');
      await live.must('start', 'b');
    }
  });

  it('goes on with what is installed while the manifest is broken, and says so', async () => {
    const { child, ended, output } = watching();
    await eventually(() => output().includes('  Ready: 2 agents'));
    live.declare({ a: { ...sleeper, state: 'sideways' }, b: sleeper });
    await eventually(() => /ManifestInvalid: fleet\.yaml:1:\d+: /.test(output()));
    live.declare({ a: sleeper, b: sleeper });
    await eventually(() => output().includes('ManifestInvalid: not there any more'));
    child.kill('SIGINT');
    await ended;
  });
});
