import type { CommonOptions } from '../../options.ts';
import { run as changeRunState } from '../fleet/run-state.ts';

/** A new process for exactly the named agents: the start counter is cleared, and `command` is started, not `resume`. */
export const run = (names: readonly string[], options: CommonOptions): Promise<number> =>
  changeRunState('reset', names, options);
