import { describe, expect, it } from '@jest/globals';
import { createBell } from '../../../src/cli/watch/bell.ts';

describe('the bell of a watcher', () => {
  it('wakes who rests, and else waits out the time', async () => {
    const bell = createBell();
    setTimeout(() => bell.ring('event'), 5);
    expect(await bell.rest(60_000)).toBe('event');
    expect(await bell.rest(1)).toBe('due');
  });

  it('keeps what rang while nobody rested, once and the weightiest', async () => {
    const bell = createBell();
    for (const why of ['event', 'now', 'event'] as const) bell.ring(why);
    expect(await bell.rest(60_000)).toBe('now');
    expect(await bell.rest(1)).toBe('due');
  });

  it('never stops saying stop', async () => {
    const bell = createBell();
    bell.ring('stop');
    bell.ring('event');
    expect([await bell.rest(60_000), await bell.rest(60_000)]).toEqual(['stop', 'stop']);
  });
});
