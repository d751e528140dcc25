import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bytesReadBy } from '../../src/host/process.ts';
import { cleanUp, eventually, MOSAIC } from '../support/harness.ts';
import type { Ended } from '../support/process.ts';
import { answer, liveFleet, sleeper, type LiveFleet } from '../system/live-fleet.ts';

interface LogAnswer {
  readonly records: readonly { readonly because: string }[];
  readonly events: readonly { readonly agent: string }[];
}

const HOUR = 3_600_000;

let live: LiveFleet;
let journal: string;
const children: ChildProcess[] = [];
beforeEach(() => {
  live = liveFleet({ a: sleeper }, { supervisor: 'tmux' });
  const state = join(live.home, 'state', live.fleet);
  journal = join(state, 'journal.jsonl');
  mkdirSync(state, { recursive: true, mode: 0o700 });
  mkdirSync(join(live.home, 'fleets', live.fleet, 'record/a'), { recursive: true, mode: 0o700 });
});
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL');
  await cleanUp();
});

const now = Date.now();
const note = (because: string, at: number): void =>
  appendFileSync(
    journal,
    `${JSON.stringify({ at, group: 'agent.a', action: 'start', reason: 'missing', because, result: 'done', command: 'x', by: 'y' })}\n`,
  );
const event = (at: number): void =>
  appendFileSync(join(live.home, 'fleets', live.fleet, 'record/a/events'), `at=${at} start program=command\n`);

const log = (...args: readonly string[]): Promise<Ended> => live.mosaic(['log', ...args]);
const told = ({ stdout }: { readonly stdout: string }): readonly string[] =>
  [...stdout.matchAll(/start: (\w+)|started/g)].map(([all, word]) => word ?? all);

/** A log that is followed, and how it ends. */
function following(...args: readonly string[]) {
  const env = { ...process.env, MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
  const child = spawn(process.execPath, [MOSAIC, 'fleet', 'log', '--follow', ...args], { env });
  children.push(child);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, ended, output: () => ({ stdout }) };
}

describe('log --since', () => {
  it('tells what came from then on, all of it where nobody says how many', async () => {
    note('old', now - 2 * HOUR);
    for (let at = 0; at < 60; at += 1) note('recent', now - 60_000 + at);
    event(now - 30_000);
    expect(told(await log('--since', '1h'))).toEqual([...Array.from({ length: 60 }, () => 'recent'), 'started']);
    expect(told(await log('--since', '3h'))[0]).toBe('old');
    expect(told(await log('--since', '1h', '-n', '2'))).toEqual(['recent', 'started']);
    expect(told(await log('--since', new Date(now - 40_000).toISOString()))).toEqual(['started']);
    const { records, events } = answer<LogAnswer>(await log('--since', '45s', '-o', 'json'));
    expect([records, events]).toEqual([[], [expect.objectContaining({ agent: 'a' })]]);
    expect(await log('--since', '10s')).toMatchObject({ exitCode: 0, stdout: 'Nothing was recorded since 10s.\n' });
    expect(await log('--since', 'soon')).toMatchObject({ exitCode: 64 });
  });
});

it.each([
  ['0', []],
  ['x', ['--follow']],
])('log -n %s is refused with what it takes', async (lines, more) => {
  const stderr = expect.stringContaining(`, 1 to 999999 (with --follow also 0), not "${lines}"`);
  expect(await log('-n', lines, ...more)).toMatchObject({ exitCode: 64, stderr });
});

describe('log --follow', () => {
  it('tells the last lines and then what comes, each once, also when the journal is moved away', async () => {
    for (const because of ['one', 'two', 'three']) note(because, now);
    const { child, ended, output } = following('-n', '2');
    await eventually(() => told(output()).length === 2);
    note('four', now + 1);
    await eventually(() => told(output()).includes('four'));
    event(now + 2);
    await eventually(() => told(output()).includes('started'));
    renameSync(journal, `${journal}.1`);
    note('five', now + 3);
    await eventually(() => told(output()).includes('five'));
    child.kill('SIGINT');
    expect(await ended).toBe(130);
    expect(told(output())).toEqual(['two', 'three', 'four', 'started', 'five']);
  });

  it('tells an entry that was read half once it is whole', async () => {
    note('one', now);
    const { child, ended, output } = following();
    await eventually(() => told(output()).length === 1);
    note('two', now);
    const text = readFileSync(journal, 'utf8');
    appendFileSync(journal, text.slice(0, 20));
    await eventually(() => told(output()).includes('two'));
    appendFileSync(journal, text.split('\n')[0]?.slice(20).replace('one', 'three') + '\n');
    await eventually(() => told(output()).includes('three'));
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
  });

  it('reads of a long journal only what comes', async () => {
    for (let at = 0; at < 5000; at += 1) note('old', now - 60_000 + at);
    const { child, ended, output } = following('-n', '1');
    await eventually(() => told(output()).length === 1);
    note('first', now);
    await eventually(() => told(output()).includes('first'));
    const before = bytesReadBy(child.pid ?? 0) ?? NaN;
    note('second', now);
    await eventually(() => told(output()).includes('second'));
    expect((bytesReadBy(child.pid ?? 0) ?? NaN) - before).toBeLessThan(statSync(journal).size / 10);
    child.kill('SIGTERM');
    await ended;
  });

  it('is a JSON object a line, each a log of one entry', async () => {
    note('one', now);
    const { child, ended, output } = following('-o', 'json');
    const answers = (): readonly LogAnswer[] =>
      output()
        .stdout.split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line) as LogAnswer);
    await eventually(() => answers().length === 1);
    event(now);
    await eventually(() => answers().length === 2);
    child.kill('SIGTERM');
    await ended;
    expect(answers()).toMatchObject([
      { formatVersion: '1.0', records: [{ because: 'one' }], events: [] },
      { formatVersion: '1.0', records: [], events: [{ agent: 'a', kind: 'started' }] },
    ]);
  });
});

describe('an agent that is in no log', () => {
  it('is refused with those that are, each named once', async () => {
    const ended = await log('nobody');
    expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringMatching(/Known agents: a(, (?!a\b)\w+)*\n/) });
  });
});
