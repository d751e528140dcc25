import { lstatSync, readlinkSync, type BigIntStats } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from './io-error.ts';

/** The way from a path to the file it stands for, through every symbolic link. */
export interface LinkChain {
  /** Differs as soon as the path leads elsewhere, or what it leads to was written, replaced or removed. */
  readonly state: string;
  /** Differs as soon as other names, or other directories of these names, have to be watched. */
  readonly places: string;
  /** By directory, free of links: the names in it that decide where the path leads. */
  readonly names: ReadonlyMap<string, ReadonlySet<string>>;
  /** Every directory on the way, free of links: who can replace something in one decides where the path leads. */
  readonly directories: ReadonlySet<string>;
}

/** The kernel follows as many, then fails with ELOOP (path_resolution(7)). */
const MAX_LINKS = 40;

/** Follows an absolute path as the kernel would, as far as there is something. Starts nothing and never throws. */
export function linkChain(path: string): LinkChain {
  const walk: Walk = {
    at: '/',
    rest: partsOf(path),
    links: 0,
    seen: [],
    names: new Map(),
    places: [],
    directories: new Set(),
  };
  for (let name = walk.rest.shift(); name !== undefined; name = walk.rest.shift()) follow(walk, name);
  return {
    state: walk.seen.join('\n'),
    places: walk.places.join('\n'),
    names: walk.names,
    directories: walk.directories,
  };
}

/** Where one walk is: `at` is a real directory, `rest` is still to go. */
interface Walk {
  at: string;
  rest: string[];
  links: number;
  readonly seen: string[];
  readonly names: Map<string, Set<string>>;
  readonly places: string[];
  readonly directories: Set<string>;
}

function follow(walk: Walk, name: string): void {
  walk.directories.add(walk.at);
  if (name === '..') {
    walk.at = dirname(walk.at);
    return;
  }
  const place = join(walk.at, name);
  const stats = look(place);
  const isLink = typeof stats !== 'string' && stats.isSymbolicLink();
  if (typeof stats === 'string' || isLink || walk.rest.length === 0) note(walk, name);
  if (typeof stats === 'string') stop(walk, stats);
  else if (isLink) followLink(walk, place, stats);
  else enter(walk, place, stats);
}

function note({ at, names, places }: Walk, name: string): void {
  const known = names.get(at) ?? new Set();
  names.set(at, known.add(name));
  const directory = look(at);
  places.push(`${at} ${typeof directory === 'string' ? directory : identity(directory)} ${name}`);
}

function stop(walk: Walk, why: string): void {
  walk.seen.push(why);
  walk.rest = [];
}

function followLink(walk: Walk, place: string, stats: BigIntStats): void {
  const to = target(place);
  walk.seen.push(`${identity(stats)} ${to}`);
  walk.links += 1;
  if (walk.links > MAX_LINKS) return stop(walk, 'ELOOP');
  walk.rest.unshift(...partsOf(to));
  if (to.startsWith('/')) walk.at = '/';
}

function enter(walk: Walk, place: string, stats: BigIntStats): void {
  walk.at = place;
  // A directory on the way changes with every file beside ours.
  const written = walk.rest.length > 0 ? [] : [stats.size, stats.mtimeNs, stats.ctimeNs];
  walk.seen.push([identity(stats), ...written].join(' '));
}

const partsOf = (path: string): string[] => path.split('/').filter((part) => part !== '' && part !== '.');

const identity = ({ dev, ino }: BigIntStats): string => `${dev}:${ino}`;

function look(path: string): BigIntStats | string {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false }) ?? 'ENOENT';
  } catch (error) {
    return errnoOf(error) ?? String(error);
  }
}

/** A link that vanished since it was looked at leads nowhere. */
function target(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
