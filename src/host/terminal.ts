import { statSync } from 'node:fs';

/**
 * When something was last written to the terminal that is this process's standard input, in seconds since 1970. The
 * kernel renews it with the first write in each eight seconds (`tty_update_time`). Undefined where it cannot be seen.
 */
export function terminalWrittenSec(pid: number): number | undefined {
  try {
    const stat = statSync(`/proc/${pid}/fd/0`);
    return stat.isCharacterDevice() ? Math.floor(stat.mtimeMs / 1000) : undefined;
  } catch {
    // It has gone, or lets nobody look: then only looking at its screen helps.
    return undefined;
  }
}

/** Whatever is written before this second leaves a time as it is. */
export const nextTerminalSec = (writtenSec: number): number => (Math.floor(writtenSec / 8) + 1) * 8;
