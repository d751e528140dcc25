import { FleetError } from '../../model/error.ts';
import { ExecFailure, type ExecResult, type ReadPort } from '../../model/host.ts';
import type { Fingerprint } from '../../model/fingerprint.ts';
import { isNoServer, refuseSkew, tmuxCodeOf } from './client.ts';

/** The format of the one call that may ever go to the user's own server; the exec log is searched for any other. */
export const FINGERPRINT_FORMAT =
  'F|#{pid}|#{start_time}|#{session_id}|#{s|[^a-zA-Z0-9/-]|.|:@mosaic_owner}|#{session_name}';

/** A server may live without a session, and would have no row. */
const SERVER_FORMAT = 'S|#{pid}|#{start_time}';
const LOOK = ['list-sessions', '-F', FINGERPRINT_FORMAT, ';', 'display-message', '-p', SERVER_FORMAT] as const;

export interface DefaultServer {
  readonly tmux: string;
  readonly path: string;
  readonly fleet: string;
}

/** Looks at the user's default server without touching it: lstat first, then one `-N` read that can start nothing. */
export async function fingerprintDefault(port: ReadPort, { tmux, path, fleet }: DefaultServer): Promise<Fingerprint> {
  const none: Fingerprint = { state: 'absent', path, sessions: [], marked: [] };
  const stat = port.files.stat(path);
  if (stat === undefined) return none;
  const answer = await read(port, [tmux, '-u', '-N', '-S', path, ...LOOK]);
  refuseSkew(answer, path);
  if (isNoServer(answer)) return { ...none, state: 'stale', inode: stat.inode };
  const lines = answer.stdout.split('\n');
  const [, pid, startTime] = lines.find((line) => line.startsWith('S|'))?.split('|') ?? [];
  if (answer.exitCode !== 0 || pid === undefined)
    throw new FleetError('E_TMUX', `the default tmux server gave no answer that can be read: ${answer.stderr.trim()}`);
  const sessions = lines
    .filter((line) => line.startsWith('F|'))
    .map((row) => row.split('|'))
    .map(([, , , id = '', owner = '', ...name]) => ({ owner, text: `${id} ${clean(name.join('|'))}` }));
  return {
    state: 'present',
    path,
    pid: Number(pid),
    startTime: Number(startTime),
    inode: stat.inode,
    sessions: sessions.map(({ text }) => text).toSorted(),
    marked: sessions.filter(({ owner }) => owner.startsWith(`${fleet}/`)).map(({ text }) => text),
  };
}

async function read(port: ReadPort, argv: readonly [string, ...string[]]): Promise<ExecResult> {
  try {
    return await port.exec(argv, { timeoutMs: 5_000, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' } });
  } catch (error) {
    if (!(error instanceof ExecFailure)) throw error;
    throw new FleetError(tmuxCodeOf(error), `the default tmux server could not be looked at: ${error.message}`, {
      cause: error,
    });
  }
}

const clean = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 64);
