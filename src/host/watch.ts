import { opendirSync } from 'node:fs';
import { basename } from 'node:path';
import type { FSWatcher } from 'chokidar';
import { errnoOf } from './io-error.ts';
import { linkChain, type LinkChain } from './link-chain.ts';

/** Whom a watched manifest calls. */
export interface ManifestEvents {
  /** The file may have changed: look again. Calls are at least a tenth of a second apart. */
  readonly wake: () => void;
  /** The system gives no events; changes are still found, by looking four times a second. Once for each set of places. */
  readonly trouble: (why: string) => void;
}

/** How often the way to the file is looked at: in case an event is lost, and where there are none. */
export interface WatchPace {
  readonly besideEventsMs: number;
  readonly withoutEventsMs: number;
}

const PACE: WatchPace = { besideEventsMs: 1000, withoutEventsMs: 250 };
/** One save makes several events. */
const GATHER_MS = 20;
const APART_MS = 100;
/** Chokidar reads a directory again at every event in it: above these it would be busy with what is none of ours. */
const MANY_NAMES = 2000;
const MANY_EVENTS = 1000;

/**
 * Tells when the file at an absolute path, which may not exist yet, may have changed: it, a symbolic link or a directory
 * on the way to it. Hints only; nothing is told of what it held at the call.
 */
export function watchManifest(path: string, on: ManifestEvents, pace: WatchPace = PACE): { close(): Promise<void> } {
  const watcher = new ManifestWatcher(path, on, pace);
  return { close: () => watcher.close() };
}

class ManifestWatcher {
  readonly #path: string;
  readonly #on: ManifestEvents;
  readonly #pace: WatchPace;
  #chain: LinkChain;
  #source: FSWatcher | undefined;
  /** Counts the arming, so that one that was overtaken knows it. */
  #turn = 0;
  #events = 0;
  #quiet: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #wokenAt = -Infinity;
  #closed = false;

  constructor(path: string, on: ManifestEvents, pace: WatchPace) {
    this.#path = path;
    this.#on = on;
    this.#pace = pace;
    this.#chain = linkChain(path);
    this.#arm();
    this.#lookLater();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#quiet);
    clearTimeout(this.#soon);
    await this.#disarm();
  }

  #lookLater(): void {
    const { besideEventsMs, withoutEventsMs } = this.#pace;
    const waitMs = this.#source === undefined ? withoutEventsMs : besideEventsMs;
    this.#quiet = setTimeout(() => {
      this.#events = 0;
      this.#lookSoon();
      this.#lookLater();
    }, waitMs);
  }

  /** The truth: where the path leads now. Events only make this happen sooner. */
  #look(): void {
    const before = this.#chain;
    this.#chain = linkChain(this.#path);
    if (this.#chain.places !== before.places) this.#arm();
    if (this.#chain.state === before.state) return;
    this.#wokenAt = performance.now();
    this.#on.wake();
  }

  #lookSoon(): void {
    const waitMs = Math.max(GATHER_MS, this.#wokenAt + APART_MS - performance.now());
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#look();
    }, waitMs);
  }

  #arm(): void {
    this.#turn += 1;
    this.#events = 0;
    const turn = this.#turn;
    this.#listen(turn).catch((error: unknown) => this.#giveUp(turn, error));
  }

  /** Whatever happens between the last look and the first event is seen by the look that follows `ready`. */
  async #listen(turn: number): Promise<void> {
    await this.#disarm();
    const { names } = this.#chain;
    const directories = [...names.keys()];
    if (directories.some(isLarge)) return;
    const { watch } = await import('chokidar');
    if (this.#closed || turn !== this.#turn) return;
    this.#source = watch(directories, {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (path) => !names.has(path),
    })
      .on('raw', (_kind, name: string | null, details: unknown) => this.#hear(name, watchedPath(details)))
      .on('error', (error) => this.#giveUp(turn, error))
      .on('ready', () => this.#lookSoon());
  }

  async #disarm(): Promise<void> {
    const source = this.#source;
    this.#source = undefined;
    await source?.close();
  }

  /** An event without a name, or with the directory's own, may mean anything. */
  #hear(name: string | null, directory: string): void {
    this.#events += 1;
    if (this.#events > MANY_EVENTS) void this.#disarm();
    const isUnclear = name === null || name === basename(directory);
    if (isUnclear || this.#chain.names.get(directory)?.has(name) === true) this.#lookSoon();
  }

  #giveUp(turn: number, error: unknown): void {
    if (this.#closed || turn !== this.#turn) return;
    this.#turn += 1;
    void this.#disarm();
    this.#on.trouble(`no events from the file system: ${reason(error)}; it is looked at instead`);
    this.#lookSoon();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the limit fs.inotify.max_user_watches is reached',
  EMFILE: 'the limit fs.inotify.max_user_instances, or that of open files, is reached',
};

function reason(error: unknown): string {
  const known = REASONS[errnoOf(error) ?? ''];
  return known ?? (error instanceof Error ? error.message : String(error));
}

/** The directory a raw event comes from. */
function watchedPath(details: unknown): string {
  const path = typeof details === 'object' && details !== null && 'watchedPath' in details ? details.watchedPath : '';
  return typeof path === 'string' ? path : '';
}

function isLarge(path: string): boolean {
  try {
    const directory = opendirSync(path);
    try {
      let left = MANY_NAMES;
      while (left >= 0 && directory.readSync() !== null) left -= 1;
      return left < 0;
    } finally {
      directory.closeSync();
    }
  } catch {
    // It has gone, or may not be listed: chokidar says which.
    return false;
  }
}
