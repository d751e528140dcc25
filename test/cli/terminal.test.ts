import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, runMosaic } from '../support/harness.ts';
import type { Ended } from '../support/process.ts';
import { ESCAPES } from '../support/escapes.ts';
import { actsOf } from '../support/terminal.ts';
import { liveFleet, sleeper, type LiveFleet } from '../system/live-fleet.ts';

const HOSTILE = '\u001b]52;c;aGk=\u0007\u009b2J\r\u202e\u007f';

let live: LiveFleet;
beforeAll(() => {
  live = liveFleet({ a: sleeper }, { supervisor: 'tmux' });
  const state = join(live.home, 'state', live.fleet);
  mkdirSync(state, { recursive: true, mode: 0o700 });
  // Written as JSON allows it, with DEL and C1 as they are.
  const lines = ESCAPES.map((because, at) =>
    JSON.stringify({ at, group: 'agent.a', action: 'start', because, result: because, command: because, by: because }),
  );
  writeFileSync(join(state, 'journal.jsonl'), `${lines.join('\n')}\n`, { mode: 0o600 });
});
afterAll(cleanUp);

const acts = ({ stdout, stderr }: Ended): readonly string[] => [...actsOf(stdout), ...actsOf(stderr)];

describe('S14: the command line itself', () => {
  it.each([[[]], [['-o', 'json']]])('tells a journal that somebody filled with attacks as text: %j', async (format) => {
    const ended = await runMosaic(['fleet', 'log', '-n', '10000', ...format], { home: live });
    expect(ended.stdout.length).toBeGreaterThan(ESCAPES.length * 20);
    expect(acts(ended)).toEqual([]);
  });

  it.each([
    [['fleet', 'plan', '-f', `/nowhere/${HOSTILE}.yaml`], {}],
    [['fleet', 'stop', HOSTILE], {}],
    [['fleet', HOSTILE], {}],
    [['fleet', 'log', '-n', HOSTILE], {}],
    [['fleet', 'validate', '-'], {}],
    [['fleet', 'plan', '--home', `/nowhere/${HOSTILE}`], {}],
    [['fleet', 'apply', '--yes'], { TMUX_TMPDIR: `/nowhere/${HOSTILE}` }],
    [['agent', 'tail', HOSTILE], {}],
    [['agent', 'send', 'a', HOSTILE], {}],
  ])('answers %j without a word that steers the terminal', async (args, env) => {
    for (const format of [[], ['-o', 'json']]) {
      const ended = await runMosaic([...args, ...format], { home: live, env, input: `a: ${HOSTILE}\n` });
      expect(acts(ended)).toEqual([]);
      expect(ended.stderr).not.toContain('bug in mosaic');
    }
  });
});
