import { renameSync, writeFileSync } from 'node:fs';
import { afterEach } from '@jest/globals';
import { watchManifest, type WatchPace } from '../../../src/host/watch.ts';
import { eventually } from './place.ts';

const NEVER = 3_600_000;
/** Whatever is seen at this pace was told by an event. */
export const EVENTS_ALONE: WatchPace = { besideEventsMs: NEVER, withoutEventsMs: NEVER };
/** Whatever is seen once it was armed was seen by looking. */
export const LOOKS_ALONE: WatchPace = { besideEventsMs: 20, withoutEventsMs: 20 };

/** For a test that writes ten thousand times: how long that takes is the machine's business. */
export const LONG_MS = 300_000;

export interface Watched {
  readonly wakes: () => number;
  readonly troubles: readonly string[];
  readonly close: () => Promise<void>;
}

const open: Watched[] = [];

export function watching(path: string, pace: WatchPace): Watched {
  let wakes = 0;
  const troubles: string[] = [];
  const on = { wake: () => (wakes += 1), trouble: (why: string) => troubles.push(why) };
  const watch = watchManifest(path, on, pace);
  const watched = { wakes: () => wakes, troubles, close: () => watch.close() };
  open.push(watched);
  return watched;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map(({ close }) => close()));
});

/** Starts to watch, and goes on once events arrive: a write to the file is repeated until one does. */
export async function armed(path: string, pace = EVENTS_ALONE): Promise<Watched> {
  const watched = watching(path, pace);
  await settled(watched, () => writeFileSync(path, 'first'));
  return watched;
}

/** Does it again and again until it is seen, then waits until no wake is left from it. */
export async function settled(watched: Watched, act: () => void): Promise<void> {
  const before = watched.wakes();
  let looks = 0;
  await eventually(() => {
    if (looks % 12 === 0) act();
    looks += 1;
    return watched.wakes() > before;
  });
  await quiet(watched);
}

/** No wake within twice the time that a late one may take. */
export async function quiet({ wakes }: Pick<Watched, 'wakes'>): Promise<void> {
  for (let last = -1; last !== wakes(); await pause(200)) last = wakes();
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function wakesAfter(watched: Pick<Watched, 'wakes'>, act: () => void): Promise<void> {
  const before = watched.wakes();
  act();
  await eventually(() => watched.wakes() > before);
}

export function saveAtomically(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
