import { userInfo } from 'node:os';
import { isAbsolute } from 'node:path';
import { FleetError } from '../model/error.ts';
import type { Environment } from './environment.ts';

/** Who runs mosaic, as the password database says; `home` is `$HOME` where that is set. */
export interface Identity {
  readonly uid: number;
  readonly user: string;
  readonly home: string;
  readonly shell: string;
}

/** The effective uid: the one the kernel checks files against. */
export function effectiveUid(): number {
  if (process.geteuid === undefined) throw new FleetError('E_INTERNAL', 'this system has no user ids');
  return process.geteuid();
}

/** Fails with E_HOME when the uid has no entry in the password database or `$HOME` is not absolute. */
export function identity(env: Environment = process.env): Identity {
  const entry = passwdEntry();
  const given = env['HOME'] ?? '';
  const home = given === '' ? entry.homedir : given;
  if (!isAbsolute(home)) throw new FleetError('E_HOME', `$HOME is not an absolute path: ${JSON.stringify(home)}`);
  return { uid: entry.uid, user: entry.username, home, shell: entry.shell ?? '/bin/sh' };
}

function passwdEntry() {
  try {
    return userInfo();
  } catch (cause) {
    const hint = 'Add a line for this user to /etc/passwd.';
    throw new FleetError('E_HOME', `uid ${effectiveUid()} has no entry in the password database`, { hint, cause });
  }
}
