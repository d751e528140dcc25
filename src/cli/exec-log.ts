import type { FleetError } from '../model/error.ts';
import { createJournal } from '../host/journal.ts';
import { callFields, type Place } from './context.ts';

const EXEC_LOG_BYTES = 4 * 1024 * 1024;

/** Writes the calls of a mutating command to the fleet's exec log: the proof that none went to a foreign socket. */
export function saveExecLog({ home, takeCalls }: Place, fleet: string, onFailure: (error: FleetError) => void): void {
  const log = createJournal(`${home}/state/${fleet}/exec.log`, { maxBytes: EXEC_LOG_BYTES, onFailure });
  log.append(...takeCalls().map(callFields));
}
