import { FleetError } from '../../model/error.ts';
import { ExecFailure, type ExecResult, type ReadPort } from '../../model/host.ts';
import type { Fingerprint } from '../../model/fingerprint.ts';
import { refuseSkew } from './client.ts';

/** The format of the one call that may ever go to the user's own server; the exec log is searched for any other. */
export const FINGERPRINT_FORMAT =
  'F|#{pid}|#{start_time}|#{session_id}|#{s|[^a-zA-Z0-9/-]|.|:@mosaic_owner}|#{session_name}';

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
  const answer = await read(port, [tmux, '-u', '-N', '-S', path, 'list-sessions', '-F', FINGERPRINT_FORMAT]);
  refuseSkew(answer, path);
  const { exitCode, stdout } = answer;
  const rows = stdout.split('\n').filter((line) => line.startsWith('F|'));
  const [, pid, startTime] = rows[0]?.split('|') ?? [];
  if (exitCode !== 0 || pid === undefined) return { ...none, state: 'stale', inode: stat.inode };
  const sessions = rows
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
    const code = error.reason === 'missing' ? 'E_TMUX_MISSING' : 'E_TMUX_TIMEOUT';
    throw new FleetError(code, `the default tmux server could not be looked at: ${error.message}`, { cause: error });
  }
}

const clean = (text: string): string => text.replaceAll(/[^\x20-\x7e]/g, '?').slice(0, 64);
