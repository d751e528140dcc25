import { errorOf, FleetError } from '../../model/error.ts';
import { delayAfter } from './backoff.ts';
import type { Trouble } from './memory.ts';
import type { Moment } from './queue.ts';

/** The trouble a pass broke off with. It counts, and is news, only where the try was due: events come in between. */
export function nextTrouble(
  last: Trouble | undefined,
  error: unknown,
  { nowMs, random }: Moment,
): { readonly trouble: Trouble; readonly isNews: boolean } {
  const found = wordsOf(error);
  const isEarly = last !== undefined && nowMs < last.untilMs;
  if (isEarly) return { trouble: { ...last, ...found }, isNews: found.code !== last.code };
  const failures = (last?.failures ?? 0) + 1;
  return { trouble: { ...found, failures, untilMs: nowMs + delayAfter(failures, random()) }, isNews: true };
}

function wordsOf(error: unknown): Pick<Trouble, 'code' | 'isLocked' | 'message'> {
  if (error instanceof FleetError) {
    const { code, message, hint } = error;
    const isLocked = code === 'E_LOCKED';
    return { code, isLocked, message: isLocked ? message : `${message}; ${hint.replace(/\.$/, '')}` };
  }
  return { code: 'E_INTERNAL', isLocked: false, message: errorOf(error).message };
}
