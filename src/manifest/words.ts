const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of a duration such as `500ms`, `15s`, `5m` or `1h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = ''] = /^([0-9]+)(ms|s|m|h)$/.exec(text) ?? [];
  const ms = Number(digits) * (UNIT_MS[unit] ?? Number.NaN);
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Length in UTF-8 bytes, as the kernel counts it. */
export const byteLength = (text: string): number => new TextEncoder().encode(text).length;
