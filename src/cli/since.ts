import { FleetError } from '../model/error.ts';
import { parseDuration } from '../manifest/words.ts';

const DAY_MS = 86_400_000;
const PARTS = /(\d+)(ms|s|m|h|d)/g;
const TIME = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?$/;

/** What `--since` means, in milliseconds since 1970: so long ago, or a time; one without a zone is of this machine's. */
export function sinceMs(text: string, nowMs: number): number {
  const ago = durationMs(text);
  // A date alone would be read as of UTC.
  const at = TIME.test(text) ? Date.parse(text.length === 10 ? `${text}T00:00` : text) : Number.NaN;
  const found = ago === undefined ? at : nowMs - ago;
  if (Number.isFinite(found)) return found;
  throw new FleetError('E_USAGE', `--since takes how long ago, or a time, not ${JSON.stringify(text)}`, {
    hint: 'Such as 10m, 2h30m, 1d, 2026-11-23, 2026-11-23T10:00 or 2026-11-23T10:00:00Z.',
  });
}

/** Several parts are added up. */
function durationMs(text: string): number | undefined {
  const parts = [...text.matchAll(PARTS)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  return parts.reduce((sum, [part, count, unit]) => {
    return sum + (unit === 'd' ? Number(count) * DAY_MS : (parseDuration(part) ?? Number.NaN));
  }, 0);
}
