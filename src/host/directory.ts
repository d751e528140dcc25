import { chmodSync, closeSync, constants, fstatSync, fsyncSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { FleetError } from '../model/error.ts';
import { effectiveUid } from './identity.ts';
import { errnoOf, ioError } from './io-error.ts';

/** open(2) on Linux: a handle that needs no read permission, as the way to a home may grant search alone. */
const O_PATH = 0o10000000;

/** A directory held open, and whether it lies within what the caller owns. */
interface Place {
  readonly fd: number;
  readonly path: string;
  readonly own: boolean;
}

/**
 * Calls `use` with a name of the directory that stays bound to it, whatever is renamed or linked meanwhile; undefined
 * when it does not exist. From the first directory of the caller's own on, symbolic links on the way are E_SYMLINK.
 */
export function withDirectory<T>(path: string, use: (pinned: string) => T): T | undefined {
  return walk(path, enter, (place) => use(pinned(place)));
}

/**
 * Like `mkdir -p` without following links: what is created has exactly `mode`; what exists is left. `created` hears of each
 * new name's directory, under a name that stays bound to it and under its own, and makes it durable.
 */
export function ensureDirectory(path: string, mode: number, created: Created = syncDirectory): void {
  walk(
    path,
    (parent, name) => enter(parent, name) ?? create(parent, name, { mode, created }),
    () => undefined,
  );
}

type Created = (pinned: string, path: string) => void;

/** Makes the names in a directory durable. */
export function syncDirectory(directory: string): void {
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

type Step = (parent: Place, name: string) => Place | undefined;

/** The way that was walked last, from `/` on, while it is held. */
let held: Place[] | undefined;

/**
 * Keeps the way to a directory open until the next one: what follows in the same or a neighbouring directory is bound
 * to what was found then, and costs no walk from `/`. Not to be called while a directory is in use.
 */
export function holdingDirectories<T>(act: () => T): T {
  if (held !== undefined) return act();
  const places: Place[] = (held = []);
  try {
    return act();
  } finally {
    held = undefined;
    leave(places, 0);
  }
}

/** Lets go of directories that are held: one of them is about to go. */
export const releaseDirectories = (): void => leave(held ?? [], 0);

function walk<T>(path: string, step: Step, use: (place: Place) => T): T | undefined {
  if (resolve(path) !== path) throw new FleetError('E_INTERNAL', `not an absolute, plain path: ${path}`);
  const places = held ?? [];
  try {
    const last = reach(path, step, places);
    return last === undefined ? undefined : use(last);
  } finally {
    if (places !== held) leave(places, 0);
  }
}

/** Makes `places` the way to `path`, as far as it leads; undefined when it ends before. */
function reach(path: string, step: Step, places: Place[]): Place | undefined {
  let place = places[0] ?? { fd: openSync('/', O_PATH | constants.O_DIRECTORY), path: '/', own: false };
  places[0] = place;
  let depth = 0;
  for (const name of path.split('/').filter((part) => part !== '')) {
    depth += 1;
    let next = places[depth];
    if (next?.path !== join(place.path, name)) {
      leave(places, depth);
      next = step(place, name);
      if (next === undefined) return undefined;
      places.push(next);
    }
    place = next;
  }
  return place;
}

/** Closes what lies from `depth` on. */
function leave(places: Place[], depth: number): void {
  for (const { fd } of places.splice(depth)) closeSync(fd);
}

function enter(parent: Place, name: string): Place | undefined {
  const path = join(parent.path, name);
  const at = `${pinned(parent)}/${name}`;
  try {
    const fd = openSync(at, O_PATH | constants.O_DIRECTORY | (parent.own ? constants.O_NOFOLLOW : 0));
    return { fd, path, own: parent.own || fstatSync(fd).uid === effectiveUid() };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    if (errnoOf(error) === 'ENOTDIR' && isSymlink(at)) {
      throw new FleetError('E_SYMLINK', `${path} is a symbolic link`, { cause: error });
    }
    throw ioError('open the directory', path, error);
  }
}

function create(parent: Place, name: string, { mode, created }: { mode: number; created: Created }): Place {
  const path = join(parent.path, name);
  let place: Place | undefined;
  try {
    mkdirSync(`${pinned(parent)}/${name}`, { mode });
    place = enter(parent, name);
    if (place === undefined) throw new FleetError('E_IO', `cannot create ${path}: it vanished again`);
    chmodSync(pinned(place), mode);
    created(pinned(parent), parent.path);
    return place;
  } catch (error) {
    if (place !== undefined) closeSync(place.fd);
    const raced = errnoOf(error) === 'EEXIST' ? enter(parent, name) : undefined;
    if (raced !== undefined) return raced;
    throw ioError('create the directory', path, error);
  }
}

const pinned = (place: Place): string => `/proc/self/fd/${place.fd}`;

function isSymlink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}
