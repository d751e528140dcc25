import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { answer, killNow, liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

interface LogAnswer {
  readonly records: readonly { readonly group: string; readonly action: string }[];
  readonly events: readonly { readonly agent: string; readonly kind: string; readonly text: string }[];
}

let live: LiveFleet;
beforeAll(async () => {
  live = liveFleet({ a: sleeper, b: sleeper, quits: { shell: 'exit 7', restart: { policy: 'never' } } });
  await live.mosaic(['apply']);
});
afterAll(cleanUp);

const logOf = async (...args: readonly string[]): Promise<readonly string[]> =>
  (await live.must('log', ...args)).stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^\S+ {2}/, ''));

describe('fleet log', () => {
  it('tells what systemd started again, between what commands did', async () => {
    const before = (await live.agent('a')).pid;
    killNow(before);
    await live.newPid('a', before);
    await live.must('stop', 'a');
    const told = await logOf('a');
    expect(told).toEqual([
      expect.stringMatching(/^a {2}start: .*\[mosaic fleet apply, user \w+\]$/),
      'a  started with its command',
      'a  ended by SIGKILL, by itself',
      'a  started with its command',
      expect.stringMatching(/^a {2}stop: .*\[mosaic fleet stop a, user \w+\]$/),
      'a  ended by SIGTERM, as it was asked to stop',
    ]);
    expect(await logOf('a', '-n', '2')).toEqual(told.slice(-2));
    const { records, events } = answer<LogAnswer>(await live.must('log', 'a', '-o', 'json'));
    expect(records.map(({ action }) => action)).toEqual(['start', 'stop']);
    expect(events.map(({ kind }) => kind)).toEqual(['started', 'ended', 'started', 'ended']);
  });

  it('tells how an agent ended by itself, and leaves out what is no line of the helper', async () => {
    await eventually(async () => (await logOf('quits')).includes('quits  ended with exit code 7, by itself'));
    const events = join(live.home, 'fleets', live.fleet, 'record/b/events');
    appendFileSync(events, 'at=1 start program=\u001b[2J\nat=\nhalf a li');
    expect(await logOf('b')).toEqual([expect.stringContaining('b  start: '), 'b  started with its command']);
    expect(readFileSync(events, 'utf8')).toContain('half a li');
  });

  it('keeps a bounded number of starts and ends (F73)', async () => {
    const events = join(live.home, 'fleets', live.fleet, 'record/b/events');
    const starts = join(live.home, 'fleets', live.fleet, 'record/b/starts');
    appendFileSync(events, `\n${'at=2 start program=command\n'.repeat(5000)}`);
    const text = readFileSync(starts, 'utf8').replace(/^count=\d+/m, 'count=99');
    writeFileSync(starts, text);
    const before = (await live.agent('b')).pid;
    killNow(before);
    await live.newPid('b', before);
    expect(readFileSync(events, 'utf8').split('\n').length).toBeLessThan(210);
  });
});
