import { afterAll, afterEach, beforeAll, beforeEach, expect } from '@jest/globals';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually, runMosaic, tempHome, UNIT_DIRECTORY, type TempHome } from '../support/harness.ts';
import { sh, type Ended, type RunOptions } from '../support/process.ts';

/** One agent as `fleet status -o json` tells it. */
export interface AgentAnswer {
  readonly name: string;
  readonly desired: string;
  readonly held: boolean;
  readonly state: string;
  readonly inSync: boolean;
  readonly pid: number | null;
  readonly unit: string | null;
  readonly sessionId: string | null;
  readonly restarts: number;
  readonly activity: {
    readonly state: string;
    readonly source: string;
    readonly sinceSec?: number;
    readonly detail?: string;
  };
  readonly note?: string;
}

export interface ConditionAnswer {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
}

export interface StatusAnswer {
  readonly fleet: string;
  readonly socket: { readonly name: string; readonly path: string };
  readonly conditions: readonly ConditionAnswer[];
  readonly agents: readonly AgentAnswer[];
}

export interface PlanAnswer {
  readonly empty: boolean;
  readonly changes: readonly {
    readonly address: string;
    readonly group: string;
    readonly action: string;
    readonly reason: string;
    readonly disruption: string;
  }[];
  readonly blocked: readonly { readonly group: string; readonly reason: string; readonly message: string }[];
  readonly deferred: readonly { readonly group: string; readonly reason: string; readonly hint: string }[];
  readonly foreign: readonly { readonly address: string; readonly message: string }[];
  readonly holds: readonly { readonly agent: string }[];
  readonly conditions: readonly ConditionAnswer[];
  readonly summary: Readonly<Record<string, number>>;
}

export interface FailureAnswer {
  readonly formatVersion: string;
  readonly error: { readonly code: string; readonly message: string; readonly hint: string; readonly exit: number };
  readonly diagnostics: readonly unknown[];
}

/** The answer a command documents for `-o json`. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- the tests check the fields they read
export const answer = <T>(ended: Ended): T => ended.json() as T;

export type Agents = Readonly<Record<string, object>>;

/** A fleet of one test file on the real machine, driven through the built command line alone. */
export interface LiveFleet extends TempHome {
  readonly manifest: string;
  readonly socket: string;
  /** Writes the manifest; JSON is YAML. */
  declare(agents: Agents, spec?: object): void;
  /** `mosaic fleet ARGS`, whatever it ends with. */
  mosaic(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The same, and it must end with 0. */
  must(...args: readonly string[]): Promise<Ended>;
  plan(): Promise<PlanAnswer>;
  status(): Promise<StatusAnswer>;
  agent(name: string): Promise<AgentAnswer>;
  /** Pids of all agents, by name. */
  pids(): Promise<Readonly<Record<string, number | null>>>;
  /** The pid of an agent that runs, once it is not `before`. */
  newPid(name: string, before?: number | null): Promise<number>;
  unit(agent: string): string;
  tmux(...args: readonly string[]): Promise<Ended>;
}

const RESTART = { delay: '100ms', burst: 20, window: '60s' };

/** Makes a fleet with a manifest of these agents, which start again quickly; nothing is installed yet. */
export function liveFleet(agents: Agents, spec: object = {}, home: TempHome = tempHome()): LiveFleet {
  const manifest = join(home.home, 'fleet.yaml');
  const socket = join(home.tmuxTmpdir, `tmux-${process.getuid?.() ?? 0}`, 'mosaic-factory');
  const mosaic = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
    runMosaic(['fleet', ...args], { home, ...options });
  const must = async (...args: readonly string[]): Promise<Ended> => expectDone(args, await mosaic(args));
  const status = async (): Promise<StatusAnswer> => answer(await must('status', '-o', 'json'));
  const agent = async (name: string): Promise<AgentAnswer> => {
    const found = (await status()).agents.find((one) => one.name === name);
    if (found === undefined) throw new Error(`status does not name ${name}`);
    return found;
  };
  const declare = (wanted: Agents, more: object = spec): void => {
    const body = { tmux: { socket: 'mosaic-factory' }, agentDefaults: { restart: RESTART }, agents: wanted, ...more };
    const head = { apiVersion: 'mosaic/v1alpha1', kind: 'Fleet', metadata: { name: home.fleet } };
    writeFileSync(manifest, JSON.stringify({ ...head, spec: body }));
  };
  declare(agents);
  return {
    ...home,
    manifest,
    socket,
    declare,
    mosaic,
    must,
    plan: async () => answer(await must('plan', '-o', 'json')),
    status,
    agent,
    pids: async () => Object.fromEntries((await status()).agents.map(({ name, pid }) => [name, pid])),
    newPid: (name, before = null) =>
      eventually(async () => {
        const { pid, state } = await agent(name);
        return state === 'running' && pid !== null && pid !== before && pid;
      }),
    unit: (name) => `mosaic-${home.fleet}@${name}.service`,
    tmux: (...args) => sh(['tmux', '-u', '-N', '-S', socket, ...args]),
  };
}

function expectDone(args: readonly string[], ended: Ended): Ended {
  if (ended.exitCode === 0) return ended;
  throw new Error(`mosaic fleet ${args.join(' ')}: exit ${ended.exitCode}\n${ended.stdout}\n${ended.stderr}`);
}

/** Ends a process at once. Refuses what is no pid: 0 would be the test's own process group. */
export function killNow(pid: number | string | null | undefined): void {
  const found = Number(pid);
  if (!(found > 1)) throw new Error(`${String(pid)} is no process of an agent`);
  process.kill(found, 'SIGKILL');
}

export const sleeper = { command: ['sleep', '3600'] };

/**
 * Brings two agents up before the tests of a file, and hands their fleet out. No fault that a test brings about costs an
 * agent its process, and when it is gone one apply is enough.
 */
export function standingFleet(handOut: (live: LiveFleet) => void): void {
  let live: LiveFleet;
  let before: Readonly<Record<string, number | null>>;
  beforeAll(async () => {
    live = liveFleet({ a: sleeper, b: sleeper });
    handOut(live);
    await live.must('apply');
    before = await live.pids();
  });
  afterEach(async () => {
    live.declare({ a: sleeper, b: sleeper });
    await live.must('apply', '--yes');
    expect(await live.pids()).toEqual(before);
  });
  afterAll(cleanUp);
}

/** Neither the bus nor the manager can be reached: tmux alone keeps such a fleet. */
export const NO_MANAGER = { XDG_RUNTIME_DIR: undefined, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' };
export const TMUX_ALONE = { supervisor: 'tmux' };

/** Two agents that tmux alone keeps, declared anew before each test of a file; gives `mosaic fleet`. */
export function fleetOfTmux(
  agents: Agents,
  handOut: (live: LiveFleet) => void,
): (...args: readonly string[]) => Promise<Ended> {
  let live: LiveFleet;
  beforeEach(() => {
    live = liveFleet(agents, TMUX_ALONE);
    handOut(live);
  });
  afterEach(async () => {
    await live.tmux('kill-server');
  });
  afterAll(cleanUp);
  return (...args) => live.mosaic(args, { env: NO_MANAGER });
}

export const systemctl = (...args: readonly string[]): Promise<Ended> => sh(['systemctl', '--user', ...args]);

/** Every path below a directory, with what it holds; links by their targets. */
export function contents(directory: string): Readonly<Record<string, string>> {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path, readFileSync(path, 'latin1')];
      }),
  );
}

/** Names in the unit directory, and below it, that hold `text`. */
export const unitNames = (text: string): readonly string[] =>
  readdirSync(UNIT_DIRECTORY, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes(text));
