import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cleanUp, eventually } from '../support/harness.ts';
import { sleeper } from './live-fleet.ts';
import { sendFleet, tui, typed, type SendFleet } from './send-fleet.ts';

let live: SendFleet;

beforeAll(async () => {
  const agents = (log: (agent: string) => string) => ({
    framed: tui(log('framed')),
    shell: { command: ['bash', '--norc'] },
    gone: sleeper,
  });
  live = sendFleet(agents, { supervisor: 'tmux' });
  await live.must('apply');
  await eventually(async () => (await live.screen('framed')).includes('Ready.'));
});
afterAll(cleanUp);

describe('without systemd', () => {
  it('a message arrives byte for byte', async () => {
    const got = await live.readDuring('framed', async () => {
      expect(await live.receipts(['framed', 'one;\n#{two}'])).toMatchObject([{ receipt: 'delivered', from: 'person' }]);
    });
    expect(got).toEqual(typed('one;\n#{two}', true));
  });

  it('the sender is the agent below whose pane it runs', async () => {
    const got = await live.readDuring('framed', async () => {
      await live.send(['shell', '--wait', 'mosaic agent send framed hello']);
      await eventually(() => live.received('framed').toString().includes('hello'));
    });
    expect(got).toEqual(typed('[message from agent shell]\nhello', true));
  });

  it('an agent that is not there, or not ours, gets nothing', async () => {
    await live.tmux('kill-session', '-t', '=gone:');
    expect(await live.receipts(['gone', 'hello'])).toMatchObject([{ receipt: 'refused', reason: 'missing' }]);
    await live.tmux('new-session', '-d', '-s', 'gone', 'cat >/dev/null');
    await live.tmux('set-option', '-t', '=gone:', '@mosaic_owner', `${live.fleet}/gone`);
    expect(await live.receipts(['gone', 'hello'])).toMatchObject([{ receipt: 'refused', reason: 'impostor' }]);
  });
});
