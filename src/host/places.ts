import { isAbsolute, join, normalize, resolve } from 'node:path';
import { FleetError, type ErrorCode } from '../model/error.ts';
import type { FileStat } from '../model/host.ts';
import { MAX_SOCKET_PATH_BYTES, type SocketName } from '../model/names.ts';
import type { Environment } from './environment.ts';
import { quoted } from '../model/quoted.ts';

/** A path somebody typed, where it came from, and the code its refusal gets. */
interface Given {
  readonly source: string;
  readonly path: string;
  readonly code: ErrorCode;
}

/** The Mosaic home: `--home`, `$MOSAIC_HOME`, `$XDG_CONFIG_HOME/mosaic`, `~/.config/mosaic`. Looks at no file. */
export function mosaicHome(from: { flag: string | undefined; env: Environment; userHome: string }): string {
  const given = homeGiven(from.flag, from.env);
  if (given === undefined) return join(from.userHome, '.config/mosaic');
  // Shells complete a directory with a slash at its end.
  const path = given.path.length > 1 ? given.path.replace(/\/+$/, '') : given.path;
  refuseUnlessPlain({ ...given, path });
  if (path === from.userHome) refuse(given, 'is the home directory itself; name a directory below it');
  return path;
}

function homeGiven(flag: string | undefined, env: Environment): Given | undefined {
  if (flag !== undefined) return { source: '--home', path: flag, code: 'E_USAGE' };
  const mosaic = env['MOSAIC_HOME'];
  if (mosaic !== undefined) return { source: '$MOSAIC_HOME', path: mosaic, code: 'E_HOME' };
  // XDG Base Directory Specification: an empty value is as good as none.
  const config = env['XDG_CONFIG_HOME'] ?? '';
  if (config === '') return undefined;
  return { source: '$XDG_CONFIG_HOME', path: `${config.replace(/\/+$/, '')}/mosaic`, code: 'E_HOME' };
}

function refuseUnlessPlain(given: Given): void {
  const { path } = given;
  if (path === '') refuse(given, 'is empty');
  if (/[\n\0]/.test(path)) refuse(given, 'holds a newline or a NUL');
  if (!isAbsolute(path)) refuse(given, `is not an absolute path: ${path}`);
  if (path === '/') refuse(given, 'is the root directory');
  if (normalize(path) !== path) refuse(given, `is not in its plain form: write ${normalize(path)}`);
}

function refuse(given: Given, why: string): never {
  throw new FleetError(given.code, `${given.source} ${why}`);
}

/** Fails with E_HOME unless the home is missing, or a real directory of `uid` with mode 0700. */
export function checkHome(home: string, stat: FileStat | undefined, uid: number): void {
  if (stat === undefined) return;
  if (stat.kind === 'symlink') {
    throw new FleetError('E_HOME', `${home} is a symbolic link`, { hint: 'Give the directory itself with --home.' });
  }
  if (stat.kind !== 'directory') throw new FleetError('E_HOME', `${home} is not a directory`);
  if (stat.uid !== uid) throw new FleetError('E_HOME', `${home} belongs to uid ${stat.uid}, not to you (${uid})`);
  if ((stat.mode & 0o777) === 0o700) return;
  const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
  throw new FleetError('E_HOME', `${home} has mode ${mode}, not 0700`, { hint: `chmod 0700 ${quoted(home)}` });
}

/** The manifest: `--manifest` (`-` is standard input), `$MOSAIC_MANIFEST`, `fleet.yaml` in the Mosaic home. */
export function manifestPath(from: { flag: string | undefined; env: Environment; home: string; cwd: string }): string {
  const variable = from.env['MOSAIC_MANIFEST'];
  if (from.flag !== undefined) {
    if (from.flag === '') throw new FleetError('E_USAGE', '--manifest is empty');
    return from.flag === '-' ? '-' : resolve(from.cwd, from.flag);
  }
  if (variable === undefined) return join(from.home, 'fleet.yaml');
  if (!isAbsolute(variable)) {
    throw new FleetError('E_USAGE', `$MOSAIC_MANIFEST is not an absolute path: ${JSON.stringify(variable)}`);
  }
  return resolve(variable);
}

/** Socket of the user's own tmux. As tmux does, `$TMUX_TMPDIR` counts only where `isDirectory` says that it exists. */
export function defaultTmuxSocket(env: Environment, uid: number, isDirectory: (path: string) => boolean): string {
  const wanted = env['TMUX_TMPDIR'] ?? '';
  const tmpdir = wanted !== '' && isDirectory(wanted) ? wanted : '/tmp';
  return join(tmpdir, `tmux-${uid}`, 'default');
}

/** Absolute path of a fleet's socket; E_TMUX_SOCKET when the kernel could not hold it. */
export function fleetSocket(from: { tmpdir: string; uid: number; socket: SocketName }): string {
  const path = join(from.tmpdir, `tmux-${from.uid}`, from.socket);
  const bytes = Buffer.byteLength(path);
  if (bytes <= MAX_SOCKET_PATH_BYTES) return path;
  throw new FleetError('E_TMUX_SOCKET', `the socket path ${path} has ${bytes} bytes; ${MAX_SOCKET_PATH_BYTES} fit`, {
    hint: 'Choose a shorter `spec.tmux.tmpdir` or `spec.tmux.socket`.',
  });
}
