import { describe, expect, it, jest } from '@jest/globals';
import { painted } from '../../../src/cli/view/painted.ts';
import { planTeller } from '../../../src/cli/watch/plan-news.ts';
import { openStory, tellPass, tellStep, type Story } from '../../../src/cli/watch/story.ts';
import { freshMemory, type Memory } from '../../../src/reconciler/watch/memory.ts';
import { fleetWith } from '../../support/fleet.ts';
import { NOW, pass, type Given } from '../../support/one-pass.ts';

const SECOND = 1000;

/** A watcher that makes a pass whenever it is told to, and what it says in it. */
function watcher(supervisor: string) {
  const of = fleetWith(
    { coder: '{ command: [codex], restart: { delay: 2s, burst: 5, window: 60s } }' },
    `supervisor: ${supervisor}`,
  );
  const lines: string[] = [];
  const story: Story = { say: (_level, text) => void lines.push(...text.split('\n')), nextPass: () => undefined };
  const planned = planTeller(story, '/fleet.yaml');
  let memory: Memory = freshMemory(of, 'k');
  return async (atMs: number, items: Given['items'] = {}): Promise<readonly string[]> => {
    lines.length = 0;
    const ports = {
      nowMs: () => atMs,
      planned: ({ plan }: Parameters<NonNullable<Given['ports']>['planned'] & object>[0]) => planned(plan),
    };
    const report = await pass({ of, memory, items, ports });
    for (const step of report.steps) tellStep(story, step);
    tellPass(story, memory, report, atMs);
    ({ memory } = report);
    return [...lines];
  };
}
const RUN = 'run.coder';
const up = (starts: number, startedAt: number, endedAt?: number): Given['items'] => ({
  'record.coder': { spec: { starts, startedAt, ...(endedAt === undefined ? {} : { endedAt, code: 3 }) } },
});
const gone = (starts: number, endedAt: number, active: string): Given['items'] => ({
  ...up(starts, endedAt - SECOND, endedAt),
  'session.coder': null,
  [RUN]: { spec: { active, load: 'loaded' } },
});

describe('an agent that crashes again and again', () => {
  it('is told of by its end and its restart, then that it does so, and that it is given up', async () => {
    const look = watcher('systemd');
    await look(NOW + 2 * SECOND, up(1, NOW + 2 * SECOND));
    const rounds: (readonly string[])[] = [];
    for (let round = 1; round < 5; round += 1) {
      const at = NOW + round * 3 * SECOND;
      const ended = await look(at, gone(round, at, 'activating'));
      rounds.push([...ended, ...(await look(at + 2 * SECOND, up(round + 1, at + 2 * SECOND, at)))]);
    }
    const fleet = ['Ready: False, not as the manifest says: coder', 'Ready: 1 agent as the manifest says'];
    const own = [
      'coder: Ready: False, it is being started; look again in a moment, or see mosaic fleet log',
      'coder: Ready: running',
    ];
    const round = [fleet[0], own[0], fleet[1], own[1]];
    expect(rounds).toEqual([
      round,
      round,
      [fleet[0], own[0], 'coder: Flapping: ended by itself 3 times within 60 s'],
      [],
    ]);
    const at = NOW + 15 * SECOND;
    expect(await look(at, gone(5, at, 'failed'))).toEqual([
      '! coder  blocked (crash-looping): coder is past its start limit (exited with 3)',
      expect.stringContaining('mosaic fleet restart coder'),
      expect.stringMatching(/^Plan: .* 1 blocked/),
      'coder: CrashLoop: coder is past its start limit (exited with 3)',
    ]);
    expect(await look(at + 30 * SECOND, gone(5, at, 'failed'))).toEqual([]);
  });
});

describe('a watcher on a terminal', () => {
  async function linesOf(text: string, paint: (text: string) => string): Promise<readonly string[]> {
    const written: string[] = [];
    const write = jest.spyOn(process.stderr, 'write').mockImplementation((one) => written.push(String(one)) > 0);
    try {
      (await openStory('info', paint)).say('warn', text);
    } finally {
      write.mockRestore();
    }
    return written.join('').trimEnd().split('\n');
  }

  it('paints what is said, not when', async () => {
    const [line = ''] = await linesOf('coder: CrashLoop: it ended', painted);
    expect(line.slice(line.indexOf('#'))).toBe('#0 coder: \u001b[31mCrashLoop\u001b[0m: it ended');
  });

  it('breaks a long line between words, and shows the rest below it', async () => {
    const [first, rest, ...others] = await linesOf(`${'0123456 '.repeat(9)}end\nshort`, (text) => text);
    expect(first).toMatch(/^[\d:]{8} #0 (?:0123456 ?){8}$/);
    expect(rest).toMatch(/^ +0123456 end$/);
    expect(others).toEqual([expect.stringMatching(/^[\d:]{8} #0 short$/)]);
  });

  it('keeps its head apart from a word that has no room beside it', async () => {
    const [first, rest] = await linesOf(`${'x'.repeat(70)} end`, (text) => text);
    expect(first).toMatch(/^[\d:]{8} #0 x{70}$/);
    expect(rest).toMatch(/^ +end$/);
  });
});
