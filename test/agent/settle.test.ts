import { afterAll, describe, expect, it } from '@jest/globals';
import { adapterNamed } from '../../src/agent/adapters.ts';
import { type } from '../../src/agent/deliver.ts';
import type { Target } from '../../src/agent/reach.ts';
import { settle } from '../../src/agent/settle.ts';
import { readsOf } from '../../src/agent/witness.ts';
import { childrenOf, lifeOf } from '../../src/host/process.ts';
import { eventually } from '../support/harness.ts';
import { close, open, room, shown, tmux } from './composer-pane.ts';

afterAll(close);

/** A program of which nothing is known. */
async function run(name: string, script: string): Promise<Target> {
  const format = '#{pane_id} #{pane_pid} #{pane_tty}';
  const command = `bash -c '${script}'; :`;
  const [paneId = '', panePid = '', tty = ''] = tmux(
    'new-session',
    '-d',
    '-s',
    name,
    '-P',
    '-F',
    format,
    command,
  ).split(' ');
  tmux('set-option', '-t', `=${name}:`, '@mosaic_owner', `f/${name}`);
  await eventually(() => shown(name).includes('ready'));
  const process = await eventually(() => lifeOf(childrenOf(Number(panePid))?.[0] ?? 0) ?? false);
  const pane = { paneId, panePid: Number(panePid), owner: `f/${name}` };
  return { name, adapter: adapterNamed('default'), pane, process, tty };
}

describe('a text without Enter', () => {
  it('is not read in a terminal that edits lines, however much is read from elsewhere', async () => {
    const target = await run('lines', 'echo ready; while :; do head -c 100 /dev/zero >/dev/null; done');
    const [settled] = await settle(room, await type(room, 'hello', [target], false), 5);
    expect(settled).toMatchObject({
      evidence: { read: 'enough' },
      verdict: { receipt: 'unverified', reason: 'not-read' },
    });
  });

  it('is read by a program that takes every key', async () => {
    const target = await open('keys', '0');
    const [settled] = await settle(room, await type(room, 'hello', [target], false), 5);
    expect(settled).toMatchObject({ verdict: { receipt: 'delivered', source: 'input-read' } });
    await eventually(() => shown('keys').includes('> hello'));
  });
});

describe('a text with Enter', () => {
  it('waits to be read in a terminal that edits lines', async () => {
    const target = await run('busy', 'echo ready; while :; do head -c 100 /dev/zero >/dev/null; done');
    const [settled] = await settle(room, await type(room, 'hello', [target], true), 5);
    expect(settled).toMatchObject({ verdict: { receipt: 'unverified', reason: 'not-read' } });
  });

  it('has been read when its Enter was, too', async () => {
    const target = await run('still', 'echo ready; sleep 60');
    const { pid } = target.process;
    const reads = readsOf(pid) ?? new Map<number, number>();
    const after = async (bytes: number) => {
      const before = new Map([...reads, [pid, (reads.get(pid) ?? 0) - bytes] as const]);
      return (await settle(room, [{ target, paste: 'done', enter: 'done', before, atMs: performance.now() }], 5))[0];
    };
    expect(await after(5)).toMatchObject({ verdict: { receipt: 'unverified', reason: 'not-read' } });
    expect(await after(6)).toMatchObject({ verdict: { receipt: 'delivered', source: 'input-read' } });
  });
});
