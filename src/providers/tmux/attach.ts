import { restoreSizes } from '../../model/fleet.ts';
import { terminalArgv, tmuxWord, type TmuxPlace } from './client.ts';

/** Which session is opened, and how. */
export interface Visit {
  /** tmux's own number of the session, `$3`: no name or prefix of one, and given anew only by another server. */
  readonly sessionId: string;
  /** Its mark, `FLEET/AGENT`. */
  readonly owner: string;
  /** Keys do nothing but leave and scroll. */
  readonly readOnly: boolean;
  /** What the session's windows are put back to when its last client leaves. */
  readonly size: string;
}

/**
 * The argv that opens one session on the caller's terminal, and says there how to leave. Its mark is asked in the same
 * queue: a server that was started since gives the numbers anew, and then nothing is opened.
 */
export const attachArgv = (
  place: TmuxPlace,
  { sessionId, owner, readOnly, size }: Visit,
): readonly [string, ...string[]] => {
  const open = [
    ['attach-session', ...(readOnly ? ['-r'] : []), '-t', sessionId],
    ['display-message', '-d', '4000', 'Detach: #{prefix} d'],
  ];
  const isIt = `#{==:#{session_id}|#{@mosaic_owner},${sessionId}|${owner}}`;
  const lines = open.map((words) => words.map(tmuxWord).join(' ')).join(' ; ');
  return terminalArgv(place, [
    // A server of an older installation does not have it from its configuration.
    ['set-hook', '-g', 'client-detached', restoreSizes(size)],
    ['if-shell', '-F', '-t', sessionId, isIt, lines],
  ]);
};
