import { FleetError } from '../../../model/error.ts';
import type { Fleet } from '../../../model/fleet.ts';
import { agentOfUnit, fleetUnits } from '../../../model/names.ts';
import { followUnits } from '../../../host/unit-follower.ts';
import { systemClock } from '../../../host/clock.ts';
import { acquireLock, type Lock } from '../../../host/lock.ts';
import { preferSmallMemory } from '../../../host/memory.ts';
import { serviceNotifier } from '../../../host/service-notify.ts';
import { terminalWrittenSec } from '../../../host/terminal.ts';
import { watchManifest } from '../../../host/watch.ts';
import { watchLoop } from '../../../reconciler/watch/loop.ts';
import type { Engine } from '../../../reconciler/pass.ts';
import type { Auto, PassReport } from '../../../reconciler/watch/pass.ts';
import { firstMemory, type GoodReading } from '../../../reconciler/watch/reading.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { manifestOf, requireManifestFile } from '../../load-fleet.ts';
import { createOutput, type CommonOptions } from '../../options.ts';
import { isTaken, locked, makeStateDirectory } from '../../locked.ts';
import { longRunSignals } from '../../signals.ts';
import { firstManifest, heritageOf } from '../../watch/beginning.ts';
import { createBell, type WatchBell } from '../../watch/bell.ts';
import { controller, type Watcher } from '../../watch/controller.ts';
import { manifestSource, type ManifestSource } from '../../watch/manifest.ts';
import { startPeeking, type PeekPorts } from '../../watch/peek.ts';
import { watchLockPath } from '../../watch/state.ts';
import { openStory, type Story } from '../../watch/story.ts';
import { otherWatcher } from '../../watcher.ts';

export interface WatchOptions extends CommonOptions {
  readonly auto?: Auto;
}

/** Keeps the fleet as the manifest says, until it is told to end. Its end ends nothing else. */
export async function run(options: WatchOptions): Promise<number> {
  preferSmallMemory();
  requireManifestFile(options);
  const place = await openPlace(options);
  const path = manifestOf(options, place);
  const source = manifestSource(path, place);
  const first = await firstManifest(source, path, place);
  await makeRoom(first.fleet, place, options);
  const lock = await takeWatchLock(first.fleet, place);
  try {
    return await watch({ options, place, path, source, first, lock });
  } finally {
    lock.release();
  }
}

interface Start {
  readonly options: WatchOptions;
  readonly place: Place;
  readonly path: string;
  readonly source: ManifestSource;
  readonly first: GoodReading;
  readonly lock: Lock;
}

/** The watcher's own lock lies with the fleet's state. */
async function makeRoom({ name }: Fleet, place: Place, options: WatchOptions): Promise<void> {
  const { home, read } = place;
  if (!isTaken(read.files, home, name)) return;
  await locked(place, { command: 'fleet watch', options }, (port) =>
    Promise.resolve(makeStateDirectory(port, home, name)),
  );
}

/** One watcher per fleet: two would undo each other's patience. */
async function takeWatchLock({ name }: Fleet, place: Place): Promise<Lock> {
  const { home, exec } = place;
  const options = { exec, clock: systemClock, waitMs: 0, holder: 'mosaic fleet watch' };
  try {
    return await acquireLock(watchLockPath(home, name), options);
  } catch (error) {
    if (!(error instanceof FleetError) || error.code !== 'E_LOCKED') throw error;
    const other = otherWatcher(place, name);
    const way = other === undefined ? 'mosaic fleet watch --uninstall' : `kill ${other.pid}`;
    const hint = `One watcher is enough: see mosaic fleet status. To watch from here, end that one first: ${way}`;
    throw new FleetError('E_LOCKED', error.message, { hint, cause: error });
  }
}

async function watch({ options, place, path, source, first, lock }: Start): Promise<number> {
  const { fleet } = first;
  const { auto = 'safe' } = options;
  const level = options.logLevel === undefined || options.logLevel === 'silent' ? 'info' : options.logLevel;
  const isForPeople = process.stderr.isTTY && options.output !== 'json';
  const output = createOutput(options);
  const story = await openStory(level, isForPeople ? (text) => output.paint(text, 'story') : undefined);
  const bell = createBell();
  const interrupt = new AbortController();
  const stop = (): void => {
    interrupt.abort();
    bell.ring('stop');
  };
  longRunSignals({ stop, again: () => bell.ring('now') });
  const engine = openEngine(place, interrupt.signal);
  const service = serviceNotifier(place.exec, place.env);
  const { signal } = interrupt;
  const watcher: Watcher = { options, auto, place, path, source, lock, story, service, engine, signal, stop };
  let close: Close | undefined;
  try {
    close = await listen({ bell, story, path, fleet, bus: engine.hostFacts(fleet).busAddress });
    const heritage = heritageOf(fleet, path, place);
    const { ports, end } = controller(watcher, fleet);
    const peek = startPeeking(peekPorts(engine, bell), signal);
    const report = async (told: PassReport): Promise<void> => {
      await ports.report(told);
      peek.after(told.seen);
    };
    await watchLoop(firstMemory(first, heritage), auto, { ...ports, report, bell });
    service.stopping();
    return end();
  } finally {
    // Whatever it ends by: what still looked or waited would keep the process, and its unit, without a watcher.
    interrupt.abort();
    await close?.();
  }
}

const peekPorts = (engine: Engine, bell: WatchBell): PeekPorts => ({
  engine,
  random: () => Math.random(),
  sleep: (ms, signal) => systemClock.sleep(ms, signal),
  nowMs: () => systemClock.nowMs(),
  writtenSec: terminalWrittenSec,
  wake: () => bell.ring('event'),
});

interface Listening {
  readonly bell: WatchBell;
  readonly story: Story;
  readonly path: string;
  readonly fleet: Fleet;
  readonly bus: string;
}

type Close = () => Promise<void>;

/** What wakes the loop before its time: the manifest's file and the user manager. Without either the resync carries. */
async function listen({ bell, story, path, fleet, bus }: Listening): Promise<Close> {
  const wake = (): void => bell.ring('event');
  const file = watchManifest(path, { wake, trouble: (why) => story.say('warn', `${path}: ${why}`) });
  const units = fleetUnits(fleet.name);
  const isOurs = (unit: string): boolean =>
    unit === units.server || unit === units.target || agentOfUnit(fleet.name, unit) !== undefined;
  let isAgain = false;
  const follow = {
    address: bus,
    isOurs,
    wake,
    clock: systemClock,
    lost: (why: string) => {
      isAgain = true;
      story.say('warn', `no events from the user manager for now: ${why}`);
    },
    found: () => story.say('info', `events from the user manager ${isAgain ? 'again' : 'too'}`),
  };
  let manager: Awaited<ReturnType<typeof followUnits>> | undefined;
  const close = async (): Promise<void> => {
    manager?.close();
    await file.close();
  };
  try {
    if (fleet.supervisor === 'systemd') manager = await followUnits(follow);
    const events = manager?.hears === true ? 'file, user manager' : 'file';
    story.say('info', `watching fleet ${fleet.name}: ${path} (events: ${events})`, { fleet: fleet.name, events });
  } catch (error) {
    await close();
    throw error;
  }
  return close;
}
