import { getSystemErrorMap } from 'node:util';
import { FleetError, type ErrorCode } from '../model/error.ts';

const CODES: Readonly<Record<string, ErrorCode>> = {
  ENOSPC: 'E_DISK_FULL',
  EDQUOT: 'E_DISK_FULL',
  EROFS: 'E_READONLY',
  EACCES: 'E_PERMISSION',
  EPERM: 'E_PERMISSION',
  EMFILE: 'E_LIMIT',
  ENFILE: 'E_LIMIT',
  EAGAIN: 'E_LIMIT',
  ENOMEM: 'E_LIMIT',
  ELOOP: 'E_SYMLINK',
  ENOTDIR: 'E_NOT_DIR',
  EISDIR: 'E_NOT_DIR',
};

/** The symbolic errno (`ENOENT`) of a failed system call, or undefined for any other error. */
export function errnoOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

/** A failed system call as a coded error that names the path. A `FleetError` passes unchanged. */
export const ioError = (doing: string, path: string, cause: unknown): FleetError =>
  callError(`cannot ${doing} ${path}`, cause);

/** A failed system call as a coded error: what has failed, and why, with `hint` for a next step of its own. */
export function callError(what: string, cause: unknown, hint?: string): FleetError {
  if (cause instanceof FleetError) return cause;
  const errno = errnoOf(cause) ?? '';
  const options = hint === undefined ? { cause } : { cause, hint };
  return new FleetError(CODES[errno] ?? 'E_IO', `${what}: ${wordsOf(cause, errno)}`, options);
}

/** Node's own message would name the `/proc/self/fd` path that the call was made through. */
function wordsOf(cause: unknown, errno: string): string {
  const row = [...getSystemErrorMap().values()].find(([name]) => name === errno);
  if (row !== undefined) return `${row[1]} (${errno})`;
  return cause instanceof Error ? cause.message : String(cause);
}
