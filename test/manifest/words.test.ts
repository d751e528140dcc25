import { describe, expect, it } from '@jest/globals';
import { parseDuration } from '../../src/manifest/words.ts';

describe('parseDuration', () => {
  it.each([
    ['0ms', 0],
    ['500ms', 500],
    ['2s', 2000],
    ['5m', 300_000],
    ['24h', 86_400_000],
  ])('reads %s as %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(['', '5', 's', '5 s', '-1s', '1.5s', '1e3s', '1d', '1h30m', ' 1s', '1s\n', '٣s', '9'.repeat(20) + 'h'])(
    'refuses %j',
    (text) => {
      expect(parseDuration(text)).toBeUndefined();
    },
  );
});
