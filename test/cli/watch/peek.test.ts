import { afterEach, describe, expect, it } from '@jest/globals';
import { startPeeking, type PeekPorts } from '../../../src/cli/watch/peek.ts';
import type { FileStat } from '../../../src/model/host.ts';
import type { Activity } from '../../../src/model/observed.ts';
import { replan, type Look } from '../../../src/reconciler/pass.ts';
import { fleetWith } from '../../support/fleet.ts';
import { worldOf } from '../../support/observed.ts';

let ending = new AbortController();
afterEach(() => {
  ending.abort();
  ending = new AbortController();
});

const LAUNCH = '/home/ada/.config/mosaic/fleets/canary/launch/coder';
const DROP_IN = '/home/ada/.config/systemd/user/mosaic-canary@coder.service.d/50-mosaic.conf';

/** One watcher in simulated time: each `tick` is one peek. */
class Bench {
  nowSec = 800_000;
  wakes = 0;
  asked: (readonly string[] | undefined)[] = [];
  screen: Activity = 'idle';
  readonly written = new Map<number, number>([[7, 799_000]]);
  readonly files = new Map<string, FileStat>();
  #next: (() => void) | undefined;
  readonly #seen: Look;
  readonly #peek: ReturnType<typeof startPeeking>;

  constructor(spec = 'notify: [call-me]', command = '[codex]') {
    const fleet = fleetWith({ coder: `{ command: ${command} }` }, spec);
    const session = { spec: { panePid: 7, pid: 8, paneId: '%1', id: '$1' } };
    const world = worldOf(fleet, { items: { 'session.coder': session } });
    const units = { ...world.observed, facts: { unitDirectory: '/home/ada/.config/systemd/user' } };
    this.#seen = { ...world, observed: units, activity: {}, plan: replan({ ...world, activity: {} }, world.policy) };
    for (const path of [LAUNCH, DROP_IN]) this.touch(path);
    this.#peek = startPeeking(this.#ports(), ending.signal);
    this.pass();
  }

  #ports(): PeekPorts {
    const files = { stat: (path: string) => this.files.get(path), read: none, readLink: none, list: none };
    const report = (): Record<string, { state: Activity; source: 'screen' }> => ({
      coder: { state: this.screen, source: 'screen' },
    });
    return {
      engine: {
        read: { files, processes: NO_PROCESSES, exec: () => Promise.reject(new Error('no program is needed')) },
        activity: (_fleet, _observed, agents) => {
          this.asked.push(agents);
          return Promise.resolve(report());
        },
      },
      random: () => 0,
      nowMs: () => this.nowSec * 1000,
      sleep: () => new Promise((resolve) => (this.#next = resolve)),
      writtenSec: (pid) => this.written.get(pid),
      wake: () => (this.wakes += 1),
    };
  }

  /** A pass that saw the agent do this. */
  pass(state: Activity = 'idle'): void {
    this.#peek.after({ ...this.#seen, activity: { coder: { state, source: 'screen' } } });
  }

  touch(path: string): void {
    const changed = (this.files.get(path)?.ctimeMs ?? 0) + 1;
    const stat = { kind: 'file', mode: 0o600, uid: 1000, size: 1, inode: 1, mtimeMs: 0 } as const;
    this.files.set(path, { ...stat, ctimeMs: changed });
  }

  /** The agent writes to its terminal now, which shows in the time as the kernel keeps it. */
  write(): void {
    const last = this.written.get(7) ?? 0;
    if (Math.floor(last / 8) !== Math.floor(this.nowSec / 8)) this.written.set(7, this.nowSec);
  }

  /** So many that everything has had its turn. */
  async ticks(): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) await this.tick();
  }

  async tick(seconds = 2): Promise<void> {
    this.nowSec += seconds;
    this.#next?.();
    for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
  }
}

const none = (): undefined => undefined;
const NO_PROCESSES = {
  cgroupOf: none,
  childrenOf: () => [],
  commandLineOf: none,
  statusOf: none,
  hasEnded: () => true,
};

describe('a peek between two passes', () => {
  it.each([
    ['launch data', LAUNCH],
    ['a drop-in', DROP_IN],
  ])('wakes once for %s that somebody touched', async (_, path) => {
    const bench = new Bench();
    await bench.ticks();
    expect(bench.wakes).toBe(0);
    bench.touch(path);
    await bench.ticks();
    await bench.ticks();
    expect(bench.wakes).toBe(1);
    bench.files.delete(path);
    await bench.ticks();
    expect(bench.wakes).toBe(2);
  });

  it('does not wake for what the pass itself has written', async () => {
    const bench = new Bench();
    bench.touch(LAUNCH);
    bench.pass();
    await bench.ticks();
    expect(bench.wakes).toBe(0);
  });

  it('reads no screen while nothing is written', async () => {
    const bench = new Bench();
    await bench.tick();
    const before = bench.asked.length;
    for (let turn = 0; turn < 50; turn += 1) await bench.tick();
    expect(bench.asked.length).toBe(before);
  });

  it('wakes for an agent that begins to ask, and again when it no longer does', async () => {
    const bench = new Bench();
    await bench.tick();
    bench.write();
    bench.screen = 'dialog';
    await bench.tick();
    expect([bench.wakes, bench.asked.at(-1)]).toEqual([1, ['coder']]);
    bench.pass('dialog');
    await bench.tick(8);
    bench.write();
    bench.screen = 'busy';
    await bench.tick();
    expect(bench.wakes).toBe(2);
  });

  it('misses nothing that is written after it has read: within eight seconds it reads once more', async () => {
    const bench = new Bench();
    await bench.tick();
    bench.nowSec = 800_001;
    bench.write();
    await bench.tick(1);
    bench.write();
    bench.screen = 'dialog';
    await bench.tick();
    expect(bench.wakes).toBe(0);
    await bench.tick(4);
    expect(bench.wakes).toBe(1);
  });

  it.each([
    ['nobody is to be called', () => new Bench('supervisor: systemd')],
    ['the program has no dialogs that anybody knows', () => new Bench(undefined, '[sleep, "1"]')],
  ])('reads no screen where %s', async (_, benchOf) => {
    const bench = benchOf();
    bench.write();
    await bench.tick();
    expect(bench.asked).toEqual([]);
  });
});
