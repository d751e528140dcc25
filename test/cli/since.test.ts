import { describe, expect, it } from '@jest/globals';
import { sinceMs } from '../../src/cli/since.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');

describe('--since', () => {
  it.each([
    ['10m', 600_000],
    ['2h30m', 9_000_000],
    ['1d', 86_400_000],
    ['90s', 90_000],
    ['0s', 0],
  ])('takes %s for so long ago', (text, ms) => expect(sinceMs(text, NOW)).toBe(NOW - ms));

  it('takes a time of a zone, and one without for this machine’s', () => {
    expect(sinceMs('2026-11-23T10:00:00Z', NOW)).toBe(NOW - 7_200_000);
    expect(sinceMs('2026-11-23T10:00+01:00', NOW)).toBe(NOW - 10_800_000);
    expect(sinceMs('2026-11-23T10:00', NOW)).toBe(new Date(2026, 10, 23, 10).getTime());
    expect(sinceMs('2026-11-23 10:00:30', NOW)).toBe(new Date(2026, 10, 23, 10, 0, 30).getTime());
    expect(sinceMs('2026-11-23', NOW)).toBe(new Date(2026, 10, 23).getTime());
  });

  it.each(['', 'soon', '10', '10 m', '-1h', '1w', '2026-13-01', '2026-11-23T25:00', 'm10m', '9'.repeat(400) + 'd'])(
    'refuses %j and shows what it takes',
    (text) => {
      expect(() => sinceMs(text, NOW)).toThrow(
        expect.objectContaining({ code: 'E_USAGE', hint: expect.stringContaining('2h30m') }),
      );
    },
  );
});
