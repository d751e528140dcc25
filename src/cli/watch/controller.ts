import { FleetError } from '../../model/error.ts';
import type { Fleet } from '../../model/fleet.ts';
import type { WritePort } from '../../model/host.ts';
import { systemClock } from '../../host/clock.ts';
import type { Lock } from '../../host/lock.ts';
import type { serviceNotifier } from '../../host/service-notify.ts';
import { gaveUpPath } from '../../providers/files/client.ts';
import { look, seeAgents, type Engine, type Look } from '../../reconciler/pass.ts';
import { headline } from '../../reconciler/watch/conditions.ts';
import type { LoopPorts } from '../../reconciler/watch/loop.ts';
import { freshMemory, type Memory } from '../../reconciler/watch/memory.ts';
import type { Auto, Order, PassReport } from '../../reconciler/watch/pass.ts';
import { refuseBlind } from '../blind.ts';
import type { Place } from '../context.ts';
import { installedServer } from '../facts.ts';
import { homeHolder } from '../locked.ts';
import { remember } from '../manifest-cache.ts';
import { mutate } from '../mutate.ts';
import type { CommonOptions, Output } from '../options.ts';
import { writePort } from '../write-port.ts';
import { callPerson } from './call-person.ts';
import { keepLastGood } from './last-good.ts';
import type { ManifestSource } from './manifest.ts';
import { planTeller } from './plan-news.ts';
import { statePath, type WatchState } from './state.ts';
import { tellPass, tellStep, type Story } from './story.ts';

/** Everything one watcher works with. */
export interface Watcher {
  readonly options: CommonOptions;
  readonly auto: Auto;
  readonly place: Place;
  /** Of the manifest. */
  readonly path: string;
  readonly source: ManifestSource;
  readonly lock: Lock;
  readonly story: Story;
  readonly service: ReturnType<typeof serviceNotifier>;
  readonly engine: Engine;
  readonly signal: AbortSignal;
  /** Ends the loop after the step it is at. */
  readonly stop: () => void;
}

/** The loop's hands on the machine, and what the watcher ends with. */
export interface Controller {
  readonly ports: Omit<LoopPorts, 'bell'>;
  readonly end: () => number;
}

/** Ports that look and act through the same transaction as every command, and tell what came of it. */
export function controller(watcher: Watcher, fleet: Fleet): Controller {
  const { place, source, story, engine, lock } = watcher;
  const startedMs = systemClock.nowMs();
  const desk: Desk = { ...watcher, fleet, startedMs, port: writePort(place.read, systemClock, lock) };
  const showPlan = planTeller(desk.story, desk.path);
  let memory = freshMemory(fleet, '');
  const guard = lockGuard(desk);
  return {
    ports: {
      nowMs: () => systemClock.nowMs(),
      random: () => Math.random(),
      read: async () => {
        story.nextPass();
        guard.isHeld();
        return source.read();
      },
      look: async (wanted, policy) => {
        guard.require();
        const seen = await look(engine, wanted, policy);
        refuseBlind(seen);
        return seen;
      },
      needs: (seen) => withNeeds(engine, seen),
      // What is seen while another command is at it says nothing: half of it is done. Asked in this order, a destroy
      // that ended during the look is known by what it took along.
      planned: ({ plan }) => {
        if (homeHolder(place.home) === undefined && guard.isHeld()) showPlan(plan);
      },
      act: (order) => transact(desk, guard, order),
      report: (report) => {
        if (!watcher.signal.aborted) tell(desk, memory, report);
        memory = report.memory;
        return Promise.resolve();
      },
    },
    end: () => {
      guard.end();
      if (lock.isHeld()) keeping(story, () => saveState(desk, memory, [], systemClock.nowMs()));
      return 0;
    },
  };
}

interface Desk extends Watcher {
  readonly fleet: Fleet;
  readonly startedMs: number;
  readonly port: WritePort;
}

interface LockGuard {
  readonly isHeld: () => boolean;
  /** Throws when it is not, before anything is looked at or changed. */
  readonly require: () => void;
  /** Throws what the watcher ends with, where that is an error. */
  readonly end: () => void;
}

/** Without its lock file the watcher ends: with the fleet that was removed, or because another may watch it already. */
function lockGuard({ lock, place, fleet, story, stop, signal }: Desk): LockGuard {
  let failure: FleetError | undefined;
  const isHeld = (): boolean => {
    if (lock.isHeld()) return true;
    if (signal.aborted) return false;
    stop();
    if (installedServer(place.read.files, place.home, fleet.name) === undefined)
      story.say('info', `fleet ${fleet.name} was destroyed; the watcher ends`);
    else
      failure = new FleetError(
        'E_LOCKED',
        'the lock file of the watcher was deleted or replaced; another may be at work',
      );
    return false;
  };
  const refuse = (): void => {
    if (!isHeld()) throw failure ?? new FleetError('E_STATE', 'the fleet was destroyed');
  };
  return {
    isHeld,
    require: refuse,
    end: () => {
      if (failure !== undefined) throw failure;
    },
  };
}

/** What every agent is doing is worth its price only where somebody is to be called; the plan does not wait for it. */
const withNeeds = (engine: Engine, seen: Look): Look | Promise<Look> =>
  seen.fleet.notify.length === 0 ? seen : seeAgents(engine, seen);

async function transact(desk: Desk, guard: LockGuard, { fleet, policy, narrow }: Order): ReturnType<LoopPorts['act']> {
  const { place, engine, source, story, options } = desk;
  const output: Output = {
    json: false,
    text: () => undefined,
    data: () => undefined,
    note: (line) => story.say('warn', line),
    paint: (line) => line,
  };
  const mutation = {
    command: 'fleet watch',
    by: 'watch',
    fleet,
    policy,
    adjust: narrow,
    check: guard.require,
    confirm: () => Promise.resolve(guard.require()),
    prepare: (port: WritePort) => {
      const taken = source.taken();
      if (taken?.fleet === fleet) remember(port.writer, place.home, taken);
    },
    onStep: (step: Parameters<typeof tellStep>[1]) => tellStep(story, step),
  };
  const { steps, after } = await mutate(place, engine, mutation, { options, output });
  return { steps, after: await withNeeds(engine, after) };
}

/** After the pass: the log, the record for `status`, systemd's line, and whoever is to be called. */
function tell(desk: Desk, before: Memory, report: PassReport): void {
  const { place, source, service, story, signal } = desk;
  // What a look without a lock has called is in no log: nothing was changed.
  place.takeCalls();
  const { memory } = report;
  // Whoever reads the log and then asks for the status finds there what the log has told.
  keeping(story, () => saveState(desk, memory, report.waits));
  tellPass(story, before, report, systemClock.nowMs());
  const line = headline(memory.conditions.fleet);
  if (before.key === '') service.ready(line);
  else if (line !== headline(before.conditions.fleet)) service.status(line);
  keeping(story, () => {
    const taken = source.taken();
    if (taken !== undefined && taken.key === memory.key && memory.key !== before.key)
      keepLastGood(desk.port.writer, place.home, taken, memory.fleet.notify);
  });
  keeping(story, () => recordGivenUp(desk, memory));
  for (const call of report.calls) {
    const fields = { agent: call.agent, reason: call.reason };
    if (memory.fleet.notify.length > 0) {
      story.say('info', `calls a person: ${call.text}`, fields);
      void tellProblem(story, callPerson(memory.fleet.notify, call, place, signal));
    } else if (memory.exposed !== undefined)
      story.say('warn', `calls nobody, as the manifest is exposed: ${call.text}`, fields);
  }
}

/** For every other command: where no user manager keeps the start limit, only the watcher knows who is past it. */
function recordGivenUp({ place, port }: Desk, { fleet, starts }: Memory): void {
  for (const [agent, { gaveUp }] of Object.entries(starts))
    if (gaveUp !== undefined) port.writer.write(gaveUpPath(place.home, fleet.name, agent), `at=${gaveUp}\n`, 0o600);
}

/** The loop does not wait for a person to be called. */
async function tellProblem(story: Story, calling: Promise<string | undefined>): Promise<void> {
  const problem = await calling;
  if (problem !== undefined) story.say('warn', problem);
}

/** What is only remembered must not keep the watcher from its work; a full disk is told by its next act. */
function keeping(story: Story, write: () => void): void {
  try {
    write();
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    story.say('debug', `not kept: ${error.message}`);
  }
}

/** Written only when it says something new: the writer leaves equal files alone. */
function saveState(
  { place, port, auto, path, fleet, startedMs }: Desk,
  { conditions, starts }: Memory,
  waits: WatchState['waits'],
  endedMs?: number,
): void {
  const state: WatchState = {
    formatVersion: '1.0',
    pid: process.pid,
    startedMs,
    auto,
    manifest: path,
    conditions,
    waits,
    starts,
    ...(endedMs === undefined ? {} : { endedMs }),
  };
  port.writer.write(statePath(place.home, fleet.name), `${JSON.stringify(state)}\n`, 0o600);
}
