import { basename, dirname, join } from 'node:path';
import { FleetError } from '../model/error.ts';
import type { Fleet } from '../model/fleet.ts';
import type { ReadPort } from '../model/host.ts';
import type { HostFacts } from '../model/observed.ts';
import type { JsonObject } from '../model/resource.ts';
import { systemClock } from '../host/clock.ts';
import { cleanEnvironment, findProgram, SAFE_PATH, type Environment } from '../host/environment.ts';
import { createBus } from '../host/bus.ts';
import { createExec, type ExecRecord, type HostExec } from '../host/exec.ts';
import { identity, type Identity } from '../host/identity.ts';
import { openLog } from '../host/log.ts';
import { checkHome, mosaicHome } from '../host/places.ts';
import { withoutLinks } from '../host/standing-links.ts';
import type { Engine } from '../reconciler/pass.ts';
import { collectFacts, runtimeDirectory } from './facts.ts';
import type { CommonOptions } from './options.ts';
import { readPort, uninterrupted, uninterruptedBus } from './ports.ts';
import { createProviders, packageDirectory } from './providers.ts';

/** What a command knows before it has read a manifest. */
export interface Place {
  readonly identity: Identity;
  readonly env: Environment;
  readonly home: string;
  readonly read: ReadPort;
  readonly exec: HostExec;
  /** Hands over the calls made since it was last asked: the exec log of a mutating command. */
  readonly takeCalls: () => readonly ExecRecord[];
  /** Only looks follow, maybe for hours: their calls are kept no more. */
  readonly forgetCalls: () => void;
}

/** Finds the Mosaic home and opens the door to the machine. Refuses a home that is not safely the caller's. */
export async function openPlace(options: CommonOptions): Promise<Place> {
  const env = process.env;
  const who = identity(env);
  let calls: ExecRecord[] | undefined = [];
  const log = await openLog(options.logLevel ?? 'silent');
  const onCall = (record: ExecRecord): void => {
    calls?.push(record);
    log.debug('call', callFields(record));
  };
  const clean = childEnvironment(env, who);
  const exec = createExec({ env: clean, onCall });
  const read = readPort(uninterrupted(exec), uninterruptedBus(createBus({ env: clean, onCall })));
  const named = mosaicHome({ flag: options.home, env, userHome: who.home });
  // The home itself must be a directory; the way to it may lead over links.
  const home = join(withoutLinks(read.files, dirname(named)), basename(named));
  refuseForeignHome(home, read, who);
  const stat = read.files.stat(home);
  checkHome(home, stat, who.uid);
  const takeCalls = (): readonly ExecRecord[] => calls?.splice(0) ?? [];
  return { identity: who, env, home, read, exec, takeCalls, forgetCalls: () => void (calls = undefined) };
}

/** sudo keeps HOME: root would plant files of its own in somebody's home directory. */
function refuseForeignHome(home: string, { files }: ReadPort, { uid }: Identity): void {
  let place = home;
  while (place !== '/' && files.stat(place) === undefined) place = dirname(place);
  const owner = files.stat(place)?.uid ?? 0;
  if (owner === uid || (owner === 0 && place !== home)) return;
  throw new FleetError('E_WRONG_USER', `${place} belongs to uid ${owner}, you are uid ${uid}`);
}

function childEnvironment(env: Environment, who: Identity): Record<string, string> {
  const runtimeDir = runtimeDirectory(readPort(createExec()).files, env, who.uid);
  return { ...cleanEnvironment(env), ...(runtimeDir === '' ? {} : { XDG_RUNTIME_DIR: runtimeDir }) };
}

/** A call as logs tell it. */
export const callFields = ({ argv, startedAtMs, ms, outcome }: ExecRecord): JsonObject => ({
  argv: [...argv],
  at: startedAtMs,
  ms: Math.round(ms),
  ...outcome,
});

/** The providers, ports and facts of one fleet: the composition root. */
export function openEngine(place: Place, signal?: AbortSignal): Engine {
  const programs = hostPrograms();
  return {
    providers: createProviders(),
    read: place.read,
    tmux: programs.tmux,
    hostFacts: (fleet: Fleet): HostFacts => collectFacts({ ...place, files: place.read.files, programs }, fleet),
    activity: async (fleet, observed, agents) => {
      const { observeActivity } = await import('../agent/observe.ts');
      return observeActivity(place.read, { fleet, observed, agents, nowSec: systemClock.nowMs() / 1000 });
    },
    ...(signal === undefined ? {} : { signal }),
  };
}

function requireTmux(): string {
  const program = findProgram('tmux', SAFE_PATH);
  if (program === undefined) throw new FleetError('E_TMUX_MISSING', `tmux is not in ${SAFE_PATH.join(':')}`);
  return program;
}

function hostPrograms(): HostFacts['programs'] {
  return {
    tmux: requireTmux(),
    bash: findProgram('bash', SAFE_PATH) ?? '/bin/bash',
    node: process.execPath,
    cli: `${packageDirectory()}/bin/mosaic.js`,
  };
}
