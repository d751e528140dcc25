import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { sleeper, type LiveFleet } from '../live-fleet.ts';
import { seedSession } from './world.ts';

type Args = readonly string[];

/** One command that is disturbed, from where it begins to where it has to end up. */
export interface Scenario {
  readonly name: string;
  /** Brings the machine from wherever the last run left it to where the command begins. */
  readonly begin: (live: LiveFleet) => Promise<void>;
  readonly command: (live: LiveFleet) => Args;
  /** What a person runs after the crash; verify has to say yes after the first apply. */
  readonly heal: (live: LiveFleet) => readonly Args[];
  /** Agents that nothing in the command is about. */
  readonly keeps: readonly string[];
  /** Nothing of the fleet may be left, its state included. */
  readonly isGone?: true;
}

const APPLY: Args = ['apply', '--yes', '--lock-timeout', '20s'];
const DESTROY: Args = ['destroy', '--yes', '--lock-timeout', '20s'];

const two = { a: sleeper, b: sleeper };
const three = { ...two, c: sleeper };
const edited = {
  a: { command: ['sleep', '7200'] },
  b: { ...sleeper, restart: { delay: '250ms' }, stop: { timeout: '7s' } },
  c: sleeper,
  d: sleeper,
};

/** No fleet, but for its manifest. */
async function without(live: LiveFleet): Promise<void> {
  live.declare(two);
  if (existsSync(join(live.home, 'fleets', live.fleet, 'server'))) await live.must(...DESTROY);
}

/** The fleet as it is declared, with a session of a person's own on its server. */
async function running(live: LiveFleet, agents: object): Promise<void> {
  live.declare({ ...agents });
  await live.must(...APPLY);
  await seedSession(live);
}

const init = ({ fleet }: LiveFleet): Args =>
  `init --fleet ${fleet} --socket mosaic-factory`
    .split(' ')
    .concat('--agent', 'a=sleep 3600', '--agent', 'b=sleep 3600');

export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'first apply',
    begin: without,
    command: () => APPLY,
    heal: () => [APPLY],
    keeps: [],
  },
  {
    name: 'edit',
    begin: async (live) => {
      await running(live, three);
      live.declare(edited, { tmux: { socket: 'mosaic-factory', options: { mouse: 'on' } } });
    },
    command: () => APPLY,
    heal: () => [APPLY],
    keeps: ['b', 'c'],
  },
  {
    name: 'restart',
    begin: (live) => running(live, three),
    command: () => ['restart', 'a'],
    heal: () => [APPLY],
    keeps: ['b', 'c'],
  },
  {
    name: 'removal',
    begin: async (live) => {
      await running(live, three);
      live.declare(two);
    },
    command: () => APPLY,
    heal: () => [APPLY],
    keeps: ['a', 'b'],
  },
  {
    name: 'init',
    begin: async (live) => {
      await without(live);
      rmSync(join(live.home, 'fleet.yaml'));
    },
    command: init,
    heal: (live) => [init(live), APPLY],
    keeps: [],
  },
  {
    name: 'install',
    begin: without,
    command: () => ['install', '--yes'],
    heal: () => [APPLY],
    keeps: [],
  },
  {
    name: 'stop',
    begin: async (live) => {
      await running(live, three);
      // The directory of the holds, once made, stays.
      if (!existsSync(join(live.home, 'fleets', live.fleet, 'holds'))) await live.must('stop', 'a');
      await live.must('start', 'a');
    },
    command: () => ['stop', 'a'],
    heal: () => [APPLY, ['stop', 'a']],
    keeps: ['b', 'c'],
  },
  {
    name: 'destroy',
    begin: async (live) => {
      live.declare(two);
      await live.must(...APPLY);
    },
    command: () => DESTROY,
    heal: () => [DESTROY],
    keeps: [],
    isGone: true,
  },
];
