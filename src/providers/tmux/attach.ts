import { restoreSizes } from '../../model/fleet.ts';
import { terminalArgv, type TmuxPlace } from './client.ts';

/** Which session is opened, and how. */
export interface Visit {
  /** tmux's own number of the session, `$3`: never given twice by one server, and no name or prefix of one. */
  readonly sessionId: string;
  /** Keys do nothing but leave and scroll. */
  readonly readOnly: boolean;
  /** What the session's windows are put back to when its last client leaves. */
  readonly size: string;
}

/** The argv that opens one session on the caller's terminal, and says there how to leave. */
export const attachArgv = (place: TmuxPlace, { sessionId, readOnly, size }: Visit): readonly [string, ...string[]] =>
  terminalArgv(place, [
    // A server of an older installation does not have it from its configuration.
    ['set-hook', '-g', 'client-detached', restoreSizes(size)],
    ['attach-session', ...(readOnly ? ['-r'] : []), '-t', sessionId],
    ['display-message', '-d', '4000', 'Detach: #{prefix} d'],
  ]);
