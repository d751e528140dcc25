import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createFileReader } from './files.ts';
import { errnoOf, ioError } from './io-error.ts';
import { isObject } from '../model/is-object.ts';
import type { FleetError } from '../model/error.ts';
import { plainJson } from '../model/plain-json.ts';
import type { Json, JsonObject } from '../model/resource.ts';

export interface JournalOptions {
  /** Above this the file becomes `PATH.1` and a new one begins; so at most twice this is kept. */
  readonly maxBytes: number;
  /** Called for the first failure only: a journal that cannot be written is no reason to stop. */
  readonly onFailure: (error: FleetError) => void;
}

export interface Journal {
  readonly append: (...records: readonly JsonObject[]) => void;
}

/** What the writers of a fleet's journal let one file grow to. */
export const JOURNAL_BYTES = 1024 * 1024;

/** Of one file, for whoever reads it: what somebody has added by hand is read as well, and no more than can be meant. */
export const MAX_JOURNAL_BYTES = 4 * JOURNAL_BYTES;

/** An append-only file of JSON lines, mode 0600, as few writes as fit. Opened anew for each, so that others may rotate. */
export function createJournal(path: string, options: JournalOptions): Journal {
  let failed = false;
  return {
    append: (...records) => {
      try {
        for (const text of batches(records, options.maxBytes)) appendText(path, text, options.maxBytes);
      } catch (error) {
        if (!failed) options.onFailure(ioError('write', path, error));
        failed = true;
      }
    },
  };
}

/** All records that are still kept, oldest first; lines that a crash has torn are left out. */
export function readJournal(path: string, maxBytes: number): readonly JsonObject[] {
  const reader = createFileReader();
  return [`${path}.1`, path]
    .flatMap((file) => (reader.read(file, maxBytes) ?? '').split('\n'))
    .map(recordOf)
    .filter((record) => record !== undefined);
}

/** The lines of records in as few pieces as fit into a file. */
function batches(records: readonly JsonObject[], maxBytes: number): readonly string[] {
  const found: string[][] = [];
  let bytes = Infinity;
  for (const line of records.map((record) => `${plainJson(record)}\n`)) {
    bytes += Buffer.byteLength(line);
    if (bytes > maxBytes) [bytes] = [Buffer.byteLength(line), found.push([])];
    found.at(-1)?.push(line);
  }
  return found.map((lines) => lines.join(''));
}

/** The record in a line; nothing, where a crash has torn it. */
export function recordOf(line: string): JsonObject | undefined {
  try {
    const value: Json = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function appendText(path: string, text: string, maxBytes: number): void {
  const fd = openToAppend(path);
  try {
    const { size, ino } = fstatSync(fd);
    const isFull = size > 0 && size + Buffer.byteLength(text) > maxBytes;
    if (isFull && rotate(path, ino)) return appendText(path, text, maxBytes);
    writeSync(fd, endsTorn(fd, size) ? `\n${text}` : text);
  } finally {
    closeSync(fd);
  }
}

/**
 * Moves a full file away, unless somebody has done so. One at a time: who moved the new file that another has just begun
 * would lose the old one. False while another is at it, whom to wait for is worth less than a file a little too big.
 */
function rotate(path: string, full: number): boolean {
  const guard = `${path}.rotating`;
  if (!isMine(guard)) return false;
  try {
    if (lstatSync(path, { throwIfNoEntry: false })?.ino === full) renameSync(path, `${path}.1`);
    return true;
  } finally {
    rmSync(guard, { force: true });
  }
}

/** Longer than any rename takes: whoever made it was killed. */
const ABANDONED_MS = 60_000;

function isMine(guard: string): boolean {
  try {
    closeSync(openSync(guard, 'wx', 0o600));
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const madeMs = lstatSync(guard, { throwIfNoEntry: false })?.mtimeMs ?? Infinity;
    if (Date.now() - madeMs > ABANDONED_MS) rmSync(guard, { force: true });
    return false;
  }
}

function openToAppend(path: string): number {
  const { O_RDWR, O_APPEND, O_CREAT, O_EXCL, O_NOFOLLOW, O_NONBLOCK } = constants;
  const flags = O_RDWR | O_APPEND | O_NOFOLLOW | O_NONBLOCK;
  try {
    const fd = openSync(path, flags | O_CREAT | O_EXCL, 0o600);
    fchmodSync(fd, 0o600);
    return fd;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    // Between the two somebody else may have moved a full one away.
    return openSync(path, flags | O_CREAT, 0o600);
  }
}

/** A record that a full disk cut short must not swallow the next one. */
function endsTorn(fd: number, size: number): boolean {
  const last = Buffer.alloc(1);
  return size > 0 && readSync(fd, last, 0, 1, size - 1) === 1 && last.toString() !== '\n';
}
