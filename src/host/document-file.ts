import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { FleetError, type ErrorCode } from '../model/error.ts';
import { effectiveUid } from './identity.ts';
import { errnoOf } from './io-error.ts';
import { octal } from './octal.ts';
import { readAtMost } from './read.ts';

export interface DocumentFile {
  /** What messages call it, for example `the snapshot FILE`. */
  readonly what: string;
  /** Of every refusal but that of an unsafe file. */
  readonly code: ErrorCode;
  readonly maxBytes: number;
  /** Refuses, with this code, a symbolic link and a file that others own or may write. */
  readonly unsafe?: ErrorCode;
}

/** Text of a file that a person names. Never waits on a pipe or a device; UTF-8 or refused. */
export function readDocument(path: string, file: DocumentFile): string {
  const fd = open(path, file);
  try {
    const stats = fstatSync(fd);
    if (!stats.isFile()) throw new FleetError(file.code, `${file.what} is not a regular file`);
    refuseUnsafe(stats, file);
    const bytes = readAtMost(fd, file.maxBytes + 1);
    if (bytes.length > file.maxBytes) {
      throw new FleetError(file.code, `${file.what} has more than ${file.maxBytes} bytes`);
    }
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (error) {
    if (error instanceof FleetError) throw error;
    throw new FleetError(file.code, `${file.what} is not UTF-8 text`, { cause: error });
  } finally {
    closeSync(fd);
  }
}

function open(path: string, { what, code, unsafe }: DocumentFile): number {
  const { O_RDONLY, O_NONBLOCK, O_NOCTTY, O_NOFOLLOW } = constants;
  try {
    return openSync(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | (unsafe === undefined ? 0 : O_NOFOLLOW));
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ELOOP' && unsafe !== undefined) throw new FleetError(unsafe, `${what} is a symbolic link`);
    const why = errno === 'ENOENT' ? 'is not there' : `cannot be read (${errno ?? String(error)})`;
    throw new FleetError(code, `${what} ${why}`, { cause: error });
  }
}

function refuseUnsafe({ mode, uid }: { mode: number; uid: number }, { what, unsafe }: DocumentFile): void {
  if (unsafe === undefined) return;
  if (uid !== effectiveUid()) throw new FleetError(unsafe, `${what} belongs to uid ${uid}, not to you`);
  if ((mode & 0o022) === 0) return;
  throw new FleetError(unsafe, `${what} can be written by others (mode ${octal(mode & 0o7777)})`);
}
