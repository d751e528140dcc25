import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cleanUp, eventually } from '../support/harness.ts';
import type { Ended } from '../support/process.ts';
import { answer } from './live-fleet.ts';
import { sendFleet, tui, type SendFleet } from './send-fleet.ts';

let live: SendFleet;

const journal = (): readonly string[] =>
  readFileSync(`${live.home}/state/${live.fleet}/journal.jsonl`, 'utf8').split('\n');
/** Lines of the journal that were there before the send at hand. */
let known = 0;
const journalHas = (group: string): boolean =>
  journal()
    .slice(known)
    .some((line) => line.includes('"action":"send"') && line.includes(`"${group}"`));

/** The end of a send, while the tmux server is stopped from `when` on. */
async function withoutServer(when: () => boolean, sending: Promise<Ended>): Promise<Ended> {
  known = journal().length - 1;
  const pid = Number((await live.tmux('display-message', '-p', '#{pid}')).stdout);
  await eventually(when, { everyMs: 5, timeoutMs: 30_000 });
  process.kill(pid, 'SIGSTOP');
  try {
    return await sending;
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

beforeAll(async () => {
  live = sendFleet((log) => ({
    framed: tui(log('framed'), { labels: { role: 'tui' } }),
    plain: tui(log('plain'), { bracketed: false, labels: { role: 'tui' } }),
    shell: { command: ['bash', '--norc'] },
  }));
  await live.must('apply');
  for (const name of ['framed', 'plain']) await eventually(async () => (await live.screen(name)).includes('Ready.'));
}, 120_000);
afterAll(cleanUp);

describe('a question on the screen', () => {
  it('is not answered because the manifest that tells of it has a mistake', async () => {
    live.behave('framed', 'dialog');
    await eventually(async () => (await live.screen('framed')).includes('Allow'));
    const manifest = readFileSync(live.manifest, 'utf8');
    const got = await live.readDuring('framed', async () => {
      for (const broken of ['kind: [', undefined]) {
        if (broken === undefined) rmSync(live.manifest);
        else writeFileSync(live.manifest, broken);
        expect(await live.send(['framed', 'yes'])).toMatchObject({ exitCode: 65, stdout: '' });
      }
    });
    writeFileSync(live.manifest, manifest);
    expect(got).toHaveLength(0);
    live.behave('framed', 'idle');
    await eventually(async () => (await live.screen('framed')).includes('Ready.'));
  });
});

describe('waiting', () => {
  it('keeps the receipts it has when tmux does not answer in between', async () => {
    live.behave('framed', 'busy');
    await eventually(async () => (await live.screen('framed')).includes('Working'));
    const sending = live.send(['--selector', 'role=tui', '--when', 'idle', 'to both', '-o', 'json']);
    const ended = await withoutServer(() => journalHas('agent.plain'), sending);
    expect(ended.exitCode).toBe(3);
    expect(answer(ended)).toMatchObject({
      results: [
        { agent: 'framed', receipt: 'refused', reason: 'not-reached' },
        { agent: 'plain', receipt: 'delivered' },
      ],
    });
    expect(journalHas('agent.framed')).toBe(true);
    live.behave('framed', 'idle');
    await eventually(async () => (await live.screen('framed')).includes('Ready.'));
  });

  it('until it is idle again outlasts a tmux that does not answer for a while, and says so at the end', async () => {
    const sending = live.send(['shell', '--wait', '--timeout', '8s', 'sleep 60', '-o', 'json']);
    const ended = await withoutServer(() => journalHas('agent.shell'), sending);
    expect(ended.exitCode).toBe(7);
    expect(answer(ended)).toMatchObject({ results: [{ agent: 'shell', receipt: 'delivered', wait: 'unknown' }] });
    await live.tmux('send-keys', '-t', '=shell:', 'C-c');
  });

  it('for hours is no matter for the exec log', async () => {
    const log = `${live.home}/state/${live.fleet}/exec.log`;
    const calls = (): number => readFileSync(log, 'utf8').split('\n').length;
    await live.send(['shell', 'true']);
    const before = calls();
    await live.send(['shell', 'true']);
    const usual = calls() - before;
    expect(usual).toBeGreaterThan(1);
    expect(await live.receipts(['shell', '--wait', 'sleep 2'])).toMatchObject([{ wait: 'idle' }]);
    // What --wait asks for before it types is one look more.
    expect(calls() - before - usual).toBeLessThanOrEqual(usual + 1);
  });
});
