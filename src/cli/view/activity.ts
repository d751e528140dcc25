import type { AgentStatus } from '../../reconciler/status.ts';
import { printable } from './printable.ts';

const WAITS: ReadonlySet<string> = new Set(['idle', 'dialog', 'setup']);

/** How long an agent waits is the age of its last output; of one at work that would say something else. */
export function activityText({ state, activity }: Pick<AgentStatus, 'state' | 'activity'>): string {
  if (state !== 'running') return '-';
  const { state: now, sinceSec, detail } = activity;
  if (WAITS.has(now) && sinceSec !== undefined) return `${now} ${shortDuration(sinceSec * 1000)}`;
  return now === 'unknown' && detail !== undefined ? `${now} (${printable(detail)})` : now;
}

/** What a person has to answer, and how to get there; undefined when nothing waits for one. */
export function needsYou({ name, activity }: Pick<AgentStatus, 'name' | 'activity'>): string | undefined {
  const { state, detail = state } = activity;
  if (state !== 'dialog' && state !== 'setup') return undefined;
  return `needs you: ${name}: ${printable(detail)} → mosaic agent attach ${name}`;
}

/** `12s`, `5m`, `3h`, `2d`: one unit is enough at a glance. */
export function shortDuration(ms: number): string {
  const steps: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'm'],
  ];
  const [size, unit] = steps.find(([limit]) => ms >= limit) ?? [1000, 's'];
  return `${Math.max(0, Math.floor(ms / size))}${unit}`;
}
