import { describe, expect, it } from '@jest/globals';
import { watchUnitJson, watchUnitLines } from '../../../src/cli/view/watch-unit.ts';
import type { WatcherStatus } from '../../../src/cli/watcher.ts';

const UNIT = 'mosaic-canary-watch.service';
const RUNNING: WatcherStatus = {
  unit: UNIT,
  state: 'running',
  sinceMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  auto: 'safe',
  outdated: false,
  because: undefined,
};
const NONE: WatcherStatus = { ...RUNNING, state: 'not-installed', sinceMs: undefined, auto: undefined };

describe('watchUnitLines', () => {
  it.each<[string, Partial<WatcherStatus>, string]>([
    ['that it runs', {}, 'Watch: running since 2026-01-02T03:04:05Z, --auto safe'],
    ['that it starts', { state: 'starting' }, 'Watch: starting since 2026-01-02T03:04:05Z, --auto safe'],
    [
      'that its unit is of another build',
      { outdated: true },
      'Watch: running since 2026-01-02T03:04:05Z, --auto safe; its unit is outdated: mosaic fleet watch --install',
    ],
    [
      'where a failing one says why',
      { state: 'failed' },
      `Watch: failed since 2026-01-02T03:04:05Z; see journalctl --user -u ${UNIT}`,
    ],
    [
      'that one which fails is started again',
      { state: 'restarting', sinceMs: undefined },
      `Watch: failed, and is started again in a moment; see journalctl --user -u ${UNIT}`,
    ],
    [
      'how a stopped one is started',
      { state: 'stopped', sinceMs: undefined },
      `Watch: not running; to start it: systemctl --user start ${UNIT}`,
    ],
    [
      'what has its name, on one safe line',
      { state: 'foreign', because: 'it is\n a \u001b[31mlink' },
      `Watch: ${UNIT} is not ours: it is\\n a \\u{1b}[31mlink`,
    ],
    ['what could not be seen', { state: 'unknown', because: 'no answer' }, 'Watch: unknown: no answer'],
  ])('says %s', (_, part, line) => {
    expect(watchUnitLines({ ...RUNNING, ...part }, false)).toEqual([line]);
  });

  it('says that there is none only to those who ask for everything', () => {
    expect(watchUnitLines(NONE, false)).toEqual([]);
    expect(watchUnitLines(NONE, true)).toEqual(['Watch: not installed']);
  });
});

describe('watchUnitJson', () => {
  it('leaves out what is not known', () => {
    expect(watchUnitJson(NONE)).toEqual({ name: UNIT, state: 'not-installed', outdated: false });
    expect(watchUnitJson(RUNNING)).toEqual({
      name: UNIT,
      state: 'running',
      outdated: false,
      since: '2026-01-02T03:04:05.678Z',
      auto: 'safe',
    });
  });
});
