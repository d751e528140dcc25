import { watchPass, type Auto, type PassPorts, type PassReport } from './pass.ts';
import type { Memory } from './memory.ts';

/** Why a rest ended: something may have happened, a person wants a pass now, time is over, or the watcher is to end. */
export type Woken = 'event' | 'now' | 'due' | 'stop';

/** The one thing the loop waits on. A ring during a pass is not lost: the next rest ends at once. */
export interface Bell {
  rest(ms: number): Promise<Woken>;
}

export interface LoopPorts extends PassPorts {
  readonly bell: Bell;
  /** Told of every pass before the next rest; what it does must not fail. */
  readonly report: (report: PassReport) => Promise<void>;
}

const RESYNC_MS = 30_000;
/** Watchers started together must not look together for ever. */
const RESYNC_JITTER = 0.1;
/** One save or one restart is several events. */
const QUIET_MS = 50;
/** An endless stream of events must not keep the loop from looking. */
const PATIENCE_MS = 500;

/** Looks, acts, rests, for as long as the bell does not say stop. An event only wakes it; every pass sees for itself. */
export async function watchLoop(start: Memory, auto: Auto, ports: LoopPorts): Promise<void> {
  let memory = start;
  for (;;) {
    const report = await watchPass(memory, auto, ports);
    memory = report.memory;
    await ports.report(report);
    const resyncMs = RESYNC_MS * (1 - RESYNC_JITTER + 2 * RESYNC_JITTER * ports.random());
    const restMs = report.nextMs === undefined ? resyncMs : restUntil(report, ports.nowMs(), resyncMs);
    if ((await restAndSettle(ports, restMs)) === 'stop') return;
  }
}

/** After a pass that failed, the time-out before the next is the one thing that may be longer than the resync. */
function restUntil({ nextMs = 0, memory }: PassReport, nowMs: number, resyncMs: number): number {
  const leftMs = Math.max(0, nextMs - nowMs);
  return memory.trouble === undefined ? Math.min(resyncMs, leftMs) : leftMs;
}

async function restAndSettle({ bell, nowMs }: LoopPorts, ms: number): Promise<Woken> {
  let woken = await bell.rest(ms);
  const endMs = nowMs() + PATIENCE_MS;
  while (woken === 'event' && nowMs() < endMs) woken = await bell.rest(QUIET_MS);
  return woken;
}
