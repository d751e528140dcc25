import { describe, expect, it } from '@jest/globals';
import { activityText, needsYou, shortDuration } from '../../../src/cli/view/activity.ts';
import type { ActivityReport } from '../../../src/model/observed.ts';

describe('the activity of an agent at a glance', () => {
  it.each<[ActivityReport, string]>([
    [{ state: 'idle', source: 'screen', sinceSec: 301 }, 'idle 5m'],
    [{ state: 'dialog', source: 'screen', sinceSec: 7200 }, 'dialog 2h'],
    [{ state: 'idle', source: 'process' }, 'idle'],
    [{ state: 'busy', source: 'screen', sinceSec: 301 }, 'busy'],
    [{ state: 'unknown', source: 'none', sinceSec: 9 }, 'unknown'],
    [{ state: 'unknown', source: 'process', detail: 'stopped\u001b[2J' }, 'unknown (stopped\\u{1b}[2J)'],
  ])('%j is %j', (activity, text) => {
    expect(activityText({ state: 'running', activity })).toBe(text);
    expect(activityText({ state: 'exited', activity })).toBe('-');
  });

  it('names what waits for a person, and how to get there', () => {
    const waits = (activity: ActivityReport): string | undefined => needsYou({ name: 'coder', activity });
    expect(waits({ state: 'setup', source: 'screen', detail: 'trust dialog' })).toBe(
      'needs you: coder: trust dialog → mosaic agent attach coder',
    );
    expect(waits({ state: 'dialog', source: 'screen' })).toContain('coder: dialog →');
    expect(waits({ state: 'idle', source: 'screen' })).toBeUndefined();
  });

  it.each([
    [-5, '0s'],
    [59_999, '59s'],
    [60_000, '1m'],
    [3_600_000, '1h'],
    [90_000_000, '1d'],
  ])('%d ms are %s', (ms, text) => {
    expect(shortDuration(ms)).toBe(text);
  });
});
