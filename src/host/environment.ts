import { accessSync, constants, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** Environment variables as Node gives them. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Where programs are looked for when the caller names no directories of its own. */
export const SAFE_PATH: readonly string[] = [
  '/usr/local/sbin',
  '/usr/local/bin',
  '/usr/sbin',
  '/usr/bin',
  '/sbin',
  '/bin',
];

const PASSED_ON = ['HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS'] as const;

/**
 * The environment of every program mosaic runs for itself: a fixed PATH and locale, and what the user bus needs.
 * TMUX and TMUX_PANE are never in it: tmux would take the caller's own server for the one that is meant.
 */
export function cleanEnvironment(env: Environment = process.env): Record<string, string> {
  const clean: Record<string, string> = { PATH: SAFE_PATH.join(':'), LC_ALL: 'C.UTF-8' };
  for (const name of PASSED_ON) {
    const value = env[name];
    if (value !== undefined && value !== '') clean[name] = value;
  }
  return clean;
}

/** An absolute program as it is, a bare name from the first directory that has it. Relative directories never count. */
export function findProgram(program: string, directories: readonly string[]): string | undefined {
  if (isAbsolute(program)) return program;
  if (program === '' || program.includes('/')) return undefined;
  return directories
    .filter((directory) => isAbsolute(directory))
    .map((directory) => join(directory, program))
    .find(isExecutableFile);
}

function isExecutableFile(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
