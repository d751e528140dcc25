import { FleetError } from '../../src/model/error.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import type { Activity, HostFacts } from '../../src/model/observed.ts';
import type { Condition, Plan } from '../../src/model/plan.ts';
import { act } from '../../src/reconciler/act.ts';
import { look, type Engine, type Look } from '../../src/reconciler/pass.ts';
import { APPLY } from '../../src/reconciler/policy.ts';
import type { Step } from '../../src/reconciler/execute.ts';
import { watchLoop, type LoopPorts, type Woken } from '../../src/reconciler/watch/loop.ts';
import { freshMemory, type Memory } from '../../src/reconciler/watch/memory.ts';
import type { Auto, PassReport } from '../../src/reconciler/watch/pass.ts';
import type { Reading } from '../../src/reconciler/watch/reading.ts';
import { watched } from './simulated-faults.ts';
import { allProviders, hostFacts, SOME_ASSETS } from './simulated-fleet.ts';
import { PLACES, SimulatedHost } from './simulated-host.ts';

/** Something that happens to the machine at a time; the watcher hears of it or not. */
export interface Happening {
  readonly atMs: number;
  readonly isHeard: boolean;
  readonly act: () => void;
}

const HOUR_MS = 3_600_000;

/** A watcher on a machine in memory, on a clock that runs only while it rests. */
export class SimulatedWatch {
  readonly host = new SimulatedHost();
  readonly reports: PassReport[] = [];
  readonly steps: Step[] = [];
  /** As they were told. */
  readonly plans: Plan[] = [];
  auto: Auto = 'safe';
  activity: Activity = 'idle';
  exposed: Condition | undefined;
  facts: Partial<HostFacts> = {};
  /** In [0, 1): what every roll of the dice gives. */
  random = 0.5;
  /** How long each rest was to be. */
  readonly rests: number[] = [];
  /** So many transactions from now on find the lock taken. */
  locked = 0;
  /** The act, counted from the next transaction's first, that fails; once. */
  failAt: number | undefined;
  #reading: Reading;
  #lastGood: Fleet;
  #plans: Happening[] = [];
  #restart = false;
  #quietFrom = 0;
  #holds: readonly string[] = [];

  constructor(fleet: Fleet) {
    this.#lastGood = fleet;
    this.#reading = { isGood: true, key: '0', fleet };
  }

  get nowMs(): number {
    return this.host.port.clock.nowMs();
  }

  /** The last manifest that was good when a pass read it. */
  get lastGood(): Fleet {
    return this.#lastGood;
  }

  get holds(): readonly string[] {
    return this.#holds;
  }

  /** Somebody saves the manifest. */
  save(fleet: Fleet): void {
    this.#reading = { isGood: true, key: JSON.stringify(fleet), fleet };
  }

  /** Somebody saves what cannot be taken. */
  spoil(reading: Reading): void {
    this.#reading = reading;
  }

  hold(name: string): void {
    this.#holds = [...new Set([...this.#holds, name])].toSorted();
  }

  /** The watcher ends and another begins. */
  restart(): void {
    this.#restart = true;
  }

  /** Watches while all of it happens, and until nothing is left to do. */
  async run(happenings: readonly Happening[], memory = freshMemory(this.#lastGood, '')): Promise<Memory> {
    this.#plans = happenings.toSorted((a, b) => a.atMs - b.atMs);
    let now = memory;
    for (let begun = false; !begun || this.#restart; begun = true) {
      this.#restart = false;
      await watchLoop(now, this.auto, this.#ports(now));
      const last = this.reports.at(-1)?.memory ?? now;
      now = freshMemory(last.fleet, last.key, last.starts);
    }
    return this.reports.at(-1)?.memory ?? now;
  }

  /** What a person's apply would do now. */
  look(fleet = this.#lastGood): Promise<Look> {
    return look(this.#engine(), fleet, APPLY);
  }

  async apply(fleet = this.#lastGood): Promise<void> {
    const seen = await look(this.#engine(), fleet, { ...APPLY, allowDelete: 99 });
    await act(this.#engine(), seen, this.host.port, { onStep: () => undefined });
  }

  #ports(_start: Memory): LoopPorts {
    return {
      nowMs: () => this.nowMs,
      random: () => this.random,
      read: () => Promise.resolve(this.#current()),
      look: (fleet, policy) => this.#look(fleet, policy),
      needs: (seen) => seen,
      planned: ({ plan }) => void this.plans.push(plan),
      act: (order) => this.#transact(order),
      bell: { rest: (ms) => this.#rest(ms) },
      report: (report) => {
        this.reports.push(report);
        this.steps.push(...report.steps);
        return Promise.resolve();
      },
    };
  }

  #current(): Reading {
    if (this.#reading.isGood && this.#reading.fleet.name === this.#lastGood.name) this.#lastGood = this.#reading.fleet;
    const exposed = this.exposed === undefined ? {} : { exposed: this.exposed };
    return this.#reading.isGood ? { ...this.#reading, ...exposed } : this.#reading;
  }

  async #look(...[fleet, policy]: Parameters<LoopPorts['look']>): Promise<Look> {
    const seen = await look(this.#engine(), fleet, policy);
    const [first] = seen.observed.incomplete;
    if (first !== undefined) throw new FleetError('E_SYSTEMD_TIMEOUT', first.error.message);
    return seen;
  }

  async #transact({ fleet, policy, narrow }: Parameters<LoopPorts['act']>[0]): ReturnType<LoopPorts['act']> {
    if (this.locked > 0) {
      this.locked -= 1;
      throw new FleetError('E_LOCKED', 'another mosaic is at work');
    }
    const before = narrow(await this.#look(fleet, policy));
    const { failAt } = this;
    this.failAt = undefined;
    const port = failAt === undefined ? this.host.port : watched(this.host.port, { at: failAt, kind: 'failure' });
    const { steps } = await act(this.#engine(), before, port, { onStep: () => undefined });
    return { steps, after: narrow(await this.#look(fleet, policy)) };
  }

  /** Time passes up to the next thing that is heard, or to the end of the rest. */
  async #rest(ms: number): Promise<Woken> {
    this.rests.push(ms);
    const untilMs = this.nowMs + ms;
    for (let next = this.#plans[0]; next !== undefined && next.atMs <= untilMs; next = this.#plans[0]) {
      this.#plans.shift();
      await this.#passUntil(next.atMs);
      next.act();
      this.#quietFrom = this.reports.length;
      if (this.#restart) return 'stop';
      if (next.isHeard) return 'event';
    }
    if (this.#plans.length === 0 && this.#isCalm()) return 'stop';
    await this.#passUntil(untilMs);
    return 'due';
  }

  #passUntil(atMs: number): Promise<void> {
    return this.host.port.clock.sleep(Math.max(0, atMs - this.nowMs));
  }

  /** Twice in a row nothing was done, nothing waits for its time and nothing is wrong. */
  #isCalm(): boolean {
    const last = this.reports.slice(this.#quietFrom).slice(-2);
    if (this.nowMs - START_MS > HOUR_MS * 24) throw new Error('the watcher does not come to rest');
    return (
      last.length === 2 &&
      last.every(({ steps, nextMs, memory }) => steps.length + (nextMs ?? 0) === 0 && memory.trouble === undefined)
    );
  }

  #engine(): Engine {
    const { files } = this.host;
    return {
      providers: allProviders(SOME_ASSETS),
      read: this.host.port,
      tmux: '/usr/bin/tmux',
      activity: (_fleet, { items }) => {
        const report = { state: this.activity, source: 'screen' } as const;
        return Promise.resolve(Object.fromEntries(sessions(items).map((name) => [name, report])));
      },
      hostFacts: (fleet) => {
        const facts = hostFacts({ holds: this.#holds.map((agent) => ({ agent, by: '' })), ...this.facts });
        const isInstalled = files.read(`${PLACES.home}/fleets/${fleet.name}/server`) !== undefined;
        return isInstalled ? { ...facts, installedSocketPath: facts.socketPath } : facts;
      },
    };
  }
}

const START_MS = 1_700_000_000_000;

const sessions = (items: Look['observed']['items']): readonly string[] =>
  Object.keys(items).flatMap((address) => (address.startsWith('session.') ? address.slice('session.'.length) : []));
