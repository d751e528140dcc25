import { fstatSync } from 'node:fs';
import { ExecFailure } from '../model/host.ts';
import type { HostExec } from './exec.ts';

const DAY_MS = 86_400_000;
const ENDED_BY_SIGPIPE = 128 + 13;

/**
 * True once nobody reads the pipe that is our standard output; false where it is none, nobody can tell, or `signal` came
 * first. Node hears of it when it writes, and nothing else of ours may: tail(1) of coreutils polls what it writes to,
 * ends by SIGPIPE, and does not outlive us.
 */
export async function isReaderGone(exec: HostExec, signal: AbortSignal): Promise<boolean> {
  if (!fstatSync(1).isFIFO()) return false;
  // The shell that waits for it tells its signal apart from every other.
  const script = `tail -f --pid=${process.pid} /dev/null >&3 3>&-; exit`;
  try {
    const { exitCode } = await exec(['bash', '-c', script], { timeoutMs: DAY_MS, descriptors: [1], signal });
    return exitCode === ENDED_BY_SIGPIPE;
  } catch (error) {
    if (!(error instanceof ExecFailure)) throw error;
    return false;
  }
}
