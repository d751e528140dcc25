import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { cleanUp, eventually, MOSAIC } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { killNow, sleeper } from './live-fleet.ts';
import { sendFleet, tui, typed, type SendFleet } from './send-fleet.ts';

const MANY = Array.from({ length: 20 }, (_, at) => `many-${at}`);

let live: SendFleet;
const serverPid = async (): Promise<string> => (await live.tmux('display-message', '-p', '#{pid}')).stdout;

beforeAll(async () => {
  live = sendFleet((log) => ({
    framed: tui(log('framed')),
    plain: tui(log('plain'), { bracketed: false }),
    shell: { command: ['bash', '--norc'] },
    lines: { command: ['cat'] },
    deaf: sleeper,
    off: { ...sleeper, state: 'stopped' },
    ...Object.fromEntries(MANY.map((name) => [name, { command: ['bash', '--norc'], labels: { role: 'many' } }])),
  }));
  await live.must('apply');
  for (const name of ['framed', 'plain']) await eventually(async () => (await live.screen(name)).includes('Ready.'));
}, 120_000);
afterAll(async () => {
  await cleanUp();
});

describe('a receipt says what is known', () => {
  it('of a program that does not read: unverified, and the echo of its terminal deceives nobody', async () => {
    const ended = await live.send(['deaf', 'hello']);
    expect(ended.exitCode).toBe(6);
    expect(ended.stdout).toMatch(/^deaf: unverified: not-read: /);
    expect(await live.screen('deaf')).toContain('hello');
  });

  it('of a text that is left where it was typed', async () => {
    const got = await live.readDuring('framed', () => live.send(['framed', '--no-enter', 'half']));
    expect(got.toString()).toBe('\u001b[200~half\u001b[201~');
    await live.send(['framed', '--', ';']);
    expect(await live.receipts(['lines', '--no-enter', 'half'])).toMatchObject([
      { receipt: 'unverified', reason: 'not-read' },
    ]);
  });

  it('of agents that do not run, and of those that are stopped', async () => {
    const before = await serverPid();
    expect(await live.receipts(['off', 'hello'])).toMatchObject([{ receipt: 'refused', reason: 'stopped' }]);
    await live.must('stop', 'deaf');
    expect(await live.send(['deaf', 'hello'])).toMatchObject({
      exitCode: 4,
      stdout: expect.stringContaining('stopped'),
    });
    expect(await serverPid()).toBe(before);
  });

  it('of a session that only carries the mark', async () => {
    await live.tmux('new-session', '-d', '-s', 'deaf', 'cat >/dev/null');
    expect(await live.receipts(['deaf', 'hello'])).toMatchObject([{ reason: 'foreign' }]);
    await live.tmux('set-option', '-t', '=deaf:', '@mosaic_owner', `${live.fleet}/deaf`);
    expect(await live.receipts(['deaf', 'hello'])).toMatchObject([{ reason: 'impostor' }]);
    await live.tmux('kill-session', '-t', '=deaf:');
    await live.must('start', 'deaf');
  });

  it('of a pane whose input is off (F74)', async () => {
    const pane = await live.paneOf('plain');
    await live.tmux('select-pane', '-d', '-t', pane);
    expect(await live.readDuring('plain', () => live.send(['plain', 'hello']))).toHaveLength(0);
    expect(await live.receipts(['plain', 'hello'])).toMatchObject([{ receipt: 'refused', reason: 'input-off' }]);
    await live.tmux('select-pane', '-e', '-t', pane);
  });

  it('of a pane somebody scrolls in: that is left, and the message arrives whole (F74)', async () => {
    await live.tmux('copy-mode', '-t', await live.paneOf('framed'));
    const got = await live.readDuring('framed', async () => {
      expect(await live.receipts(['framed', 'hello'])).toMatchObject([{ receipt: 'delivered' }]);
    });
    expect(got).toEqual(typed('hello', true));
  });
});

describe('a question on the screen', () => {
  it('is never answered, not even by force', async () => {
    live.behave('framed', 'dialog');
    await eventually(async () => (await live.screen('framed')).includes('Allow'));
    const got = await live.readDuring('framed', async () => {
      for (const more of [[], ['--force'], ['--when', 'idle'], ['--wait']]) {
        expect(await live.send(['framed', 'yes', ...more])).toMatchObject({
          exitCode: 4,
          stdout: expect.stringContaining('framed: refused: dialog'),
        });
      }
    });
    expect(got).toHaveLength(0);
    live.behave('framed', 'idle');
    await eventually(async () => (await live.screen('framed')).includes('Ready.'));
  });
});

describe('waiting', () => {
  it('until an agent is idle sends no earlier', async () => {
    live.behave('framed', 'busy');
    await eventually(async () => (await live.screen('framed')).includes('Working'));
    expect(await live.send(['framed', '--when', 'idle', '--timeout', '600ms', 'early'])).toMatchObject({
      exitCode: 7,
      stdout: expect.stringContaining('framed: refused: timeout'),
    });
    const got = await live.readDuring('framed', async () => {
      const sending = live.receipts(['framed', '--when', 'idle', 'later']);
      await new Promise((resolve) => {
        setTimeout(resolve, 700);
      });
      expect(live.received('framed').toString()).not.toContain('later');
      live.behave('framed', 'idle');
      expect(await sending).toMatchObject([{ receipt: 'delivered' }]);
    });
    expect(got).toEqual(typed('later', true));
  });

  it('until an agent is idle waits for one that is being started, too', async () => {
    live.behave('framed', 'boot');
    await live.must('restart', 'framed');
    await eventually(async () => (await live.screen('framed')).includes('Loading'));
    expect(await live.receipts(['framed', '--wait', 'early'])).toMatchObject([{ reason: 'starting' }]);
    const got = await live.readDuring('framed', async () => {
      const sending = live.receipts(['framed', '--when', 'idle', 'to the new one']);
      await new Promise((resolve) => {
        setTimeout(resolve, 500);
      });
      live.behave('framed', 'idle');
      expect(await sending).toMatchObject([{ receipt: 'delivered' }]);
    });
    expect(got).toEqual(typed('to the new one', true));
  });

  it('until it is idle again ends then, and says when it is not', async () => {
    expect(await live.receipts(['shell', '--wait', 'sleep 0.5; echo slept'])).toMatchObject([
      { receipt: 'delivered', wait: 'idle' },
    ]);
    expect(await live.screen('shell')).toContain('slept');
    expect(await live.send(['shell', '--wait', '--timeout', '500ms', 'sleep 2'])).toMatchObject({
      exitCode: 7,
      stdout: expect.stringContaining('still busy at --timeout'),
    });
  });

  it('ends at an interrupt, and says what was not sent', async () => {
    live.behave('framed', 'busy');
    await eventually(async () => (await live.screen('framed')).includes('Working'));
    const words = ['agent', 'send', 'framed', '--when', 'idle', 'never'].join(' ');
    const until = `until grep -q waiting "$2"; do sleep 0.05; done; kill -INT $pid; wait $pid`;
    const story = `${live.root}/story`;
    const script = `"$0" "$1" ${words} 2>"$2" & pid=$!; ${until}`;
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    // A shell without job control has its background programs ignore SIGINT.
    const ended = await sh(['bash', '-mc', script, process.execPath, MOSAIC, story], { env });
    expect(ended).toMatchObject({ exitCode: 130, stdout: expect.stringContaining('framed: refused: interrupted') });
    expect(readFileSync(story, 'utf8')).toContain('waiting until idle: framed');
    live.behave('framed', 'idle');
    await eventually(async () => (await live.screen('framed')).includes('Ready.'));
  });

  it('for an agent of which nothing can be told is refused at once', async () => {
    for (const how of [['--when', 'idle'], ['--wait']]) {
      expect(await live.receipts(['lines', ...how, 'x'])).toMatchObject([{ reason: 'activity-unknown' }]);
    }
  });
});

describe('several senders and several agents', () => {
  it('never mix: twenty messages at once to one agent (F75)', async () => {
    const texts = Array.from({ length: 20 }, (_, at) => `message ${at}\n`.repeat(40).trim());
    const got = await live.readDuring('framed', async () => {
      const all = await Promise.all(texts.map((text) => live.receipts(['framed', '-'], { input: text })));
      expect(all.flat().map(({ receipt }) => receipt)).toEqual(texts.map(() => 'delivered'));
    });
    const pieces = got.toString().split('\r').slice(0, -1);
    expect(pieces.toSorted()).toEqual(texts.map((text) => `\u001b[200~${text}\u001b[201~`).toSorted());
  }, 60_000);

  it('go to all with a label in a handful of calls, on our socket alone', async () => {
    const ended = await live.send(['--selector', 'role=many', '--log-level', 'debug', 'echo', 'over'], {});
    expect(ended).toMatchObject({ exitCode: 0, stdout: 'delivered to 20 agents\n' });
    for (const name of MANY) await eventually(async () => /^over$/m.test(await live.screen(name)));
    const calls = ended.stderr.split('\n').flatMap((line) => {
      const { argv = [] } = (line.startsWith('{') ? JSON.parse(line) : {}) as { argv?: readonly string[] };
      return argv[0]?.endsWith('tmux') === true ? [argv] : [];
    });
    expect(calls.length).toBeLessThanOrEqual(6);
    expect(calls.filter((argv) => argv[3] !== live.socket)).toEqual([]);
    expect((await live.tmux('list-buffers')).stdout).toBe('');
    const log = readFileSync(`${live.home}/state/${live.fleet}/exec.log`, 'utf8');
    expect(log.split('\n').filter((line) => /tmux"/.test(line) && !line.includes(`"-S","${live.socket}"`))).toEqual([]);
  });

  it('that ends badly for one is told for that one', async () => {
    const { pid } = await live.agent('many-3');
    await live.must('stop', 'many-3');
    const ended = await live.send(['--selector', 'role=many', ':']);
    expect(ended.exitCode).toBe(3);
    expect(ended.stdout).toMatch(/^delivered to 19 agents\nmany-3: refused: stopped/);
    expect(() => killNow(pid)).toThrow('ESRCH');
    await live.must('start', 'many-3');
  });
});

describe('the sender', () => {
  it('is named by the kernel, whatever the environment says', async () => {
    const line = (more: string): string => `MOSAIC_AGENT=other mosaic agent send plain ${more}`;
    await live.send(['shell', '--wait', line('hello there')]);
    await live.send(['shell', '--wait', line('--bare hello again')]);
    await eventually(() => live.received('plain').toString().endsWith('hello again\r'));
    expect(live.received('plain').toString()).toMatch(/\[message from agent shell\]\nhello there\rhello again\r$/);
    const log = await live.must('log', 'plain', '-n', '2');
    expect(log.stdout.match(/\[mosaic agent send, agent shell\]/g)).toHaveLength(2);
    expect(log.stdout).not.toContain('hello');
  });
});
