import fc from 'fast-check';
import type { Fleet } from '../../src/model/fleet.ts';
import type { Activity } from '../../src/model/observed.ts';
import type { Plan } from '../../src/model/plan.ts';
import { APPLY, type Policy } from '../../src/reconciler/policy.ts';
import { watched } from '../support/simulated-faults.ts';
import { PLACES } from '../support/simulated-host.ts';
import { fleetOf, type Wishes } from '../support/simulated-fleet.ts';
import { anyManifests, fleetFrom, NAMES, type Manifests } from './any-fleet.ts';
import type { Mischief } from './mischief.ts';
import { FILES, UNIT_FILES } from './mischief-files.ts';
import { RUNS } from './mischief-runs.ts';
import { CIRCUMSTANCES, SERVERS } from './mischief-servers.ts';
import { Stage, UNITS } from './stage.ts';
import { WAYS, type Trouble } from './troubles.ts';

const MISCHIEF: Readonly<Record<string, Mischief>> = {
  ...FILES,
  ...UNIT_FILES,
  ...RUNS,
  ...SERVERS,
  ...CIRCUMSTANCES,
};

interface Happening {
  readonly what: string;
  readonly at: number;
}

/** How a machine came to be as it is, what is wanted of it, and what will go wrong. */
export interface World extends Manifests {
  /** The first apply died at this act; 0 when it did not. */
  readonly diedAt: number;
  /** Another fleet lives in the same home. */
  readonly neighbour: boolean;
  readonly mischief: readonly Happening[];
  /** What happens between a look and the acts that follow from it. */
  readonly late: readonly Happening[];
  readonly activity: Readonly<Record<string, Activity>>;
  readonly mode: Policy['mode'];
  readonly now: boolean;
  readonly allowDelete: number;
  /** One apply after the other, each with a trouble of its own. */
  readonly troubles: readonly Trouble[];
}

const happenings = (maxLength: number): fc.Arbitrary<readonly Happening[]> =>
  fc.array(fc.record({ what: fc.constantFrom(...Object.keys(MISCHIEF)), at: fc.nat(255) }), { maxLength });

const trouble: fc.Arbitrary<Trouble> = fc.record({
  at: fc.nat(9_999),
  way: fc.constantFrom(...WAYS),
  error: fc.nat(41),
  forGood: fc.boolean(),
});

export const anyWorld: fc.Arbitrary<World> = fc
  .record({
    manifests: anyManifests,
    diedAt: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(40) }),
    neighbour: fc.constantFrom(false, false, false, true),
    mischief: happenings(4),
    late: happenings(2),
    activity: fc.dictionary(fc.constantFrom(...NAMES), fc.constantFrom('idle', 'busy', 'dialog', 'unknown'), {
      maxKeys: 2,
    }),
    mode: fc.constantFrom('apply', 'apply', 'apply', 'apply', 'apply', 'watch-none', 'watch-safe', 'watch-all'),
    now: fc.boolean(),
    allowDelete: fc.constantFrom(0, 9, 9, 9),
    troubles: fc.array(trouble, { minLength: 1, maxLength: 2 }),
  })
  .map(({ manifests, ...rest }) => ({ ...manifests, ...rest }));

export const policyOf = ({ mode, now, allowDelete }: World): Policy => ({ ...APPLY, mode, now, allowDelete });

const NEIGHBOUR: Wishes = { name: 'canary-b', agents: { worker: {} } };

/** The machine as it is before anything is asked of us. */
export async function stageOf(world: World): Promise<Stage> {
  const stage = new Stage();
  const { before = world.wanted, wanted } = world;
  stage.isServerKnown = serverOf(before) === serverOf(wanted);
  surround(stage);
  if (world.neighbour) await settle(stage, NEIGHBOUR_FLEET);
  if (world.before !== undefined) {
    const port = watched(stage.machine.port, { at: world.diedAt, kind: 'crash' });
    await stage.apply(fleetFrom(world.before), APPLY, world.diedAt === 0 ? stage.machine.port : port);
  }
  stage.circumstances = {
    ...stage.circumstances,
    activity: world.activity,
    otherFleets: world.neighbour ? { 'canary-b': 1 } : {},
  };
  happen(stage, world, world.mischief);
  expectFrom(stage, world);
  return stage;
}

const serverOf = (wishes: Wishes): string => `${wishes.supervisor} ${fleetFrom(wishes).socket}`;

const NEIGHBOUR_FLEET: Fleet = {
  ...fleetOf(NEIGHBOUR),
  socket: fleetOf({ agents: {}, tmux: { socket: 'next' } }).socket,
};

async function settle(stage: Stage, fleet: Fleet): Promise<void> {
  await stage.apply(fleet, APPLY);
  const { files, tmux } = stage.machine;
  for (const path of files.paths().filter((name) => name.includes('canary-b'))) stage.foreignPaths.add(path);
  for (const socket of tmux.sockets()) {
    stage.foreignPids.add(tmux.serverPid(socket));
    for (const { panePid } of tmux.sessionsOn(socket)) stage.foreignPids.add(panePid);
  }
}

/** What every machine has: a default server, and units and files of its owner. */
function surround(stage: Stage): void {
  const { files, tmux, systemd } = stage.machine;
  const socket = `${PLACES.socketDirectory}/default`;
  stage.foreignPids.add(tmux.start(socket, ''));
  tmux.run(socket, [['new-session', '-d', '-s', 'worker', 'vi']]);
  stage.foreignPids.add(tmux.panePid(socket, 'worker'));
  for (const unit of ['other.service', 'mosaic-canary-b-tmux.service.bak', 'mosaic-canary-watch.service.off']) {
    files.plant(`${UNITS}/${unit}`, { content: '[Service]\nExecStart=vi\n' });
    stage.foreignPaths.add(`${UNITS}/${unit}`);
  }
  files.plant(`${UNITS}/default.target.wants/other.service`, { kind: 'symlink', content: '../other.service' });
  stage.foreignPaths.add(`${UNITS}/default.target.wants/other.service`);
  systemd.become('other.service', 'active');
}

/** Lets things happen to the fleet that was there, or else to the one that is wanted. */
export function happen(stage: Stage, { before, wanted }: World, list: readonly Happening[]): void {
  for (const { what, at } of list) MISCHIEF[what]?.(stage, fleetFrom(at % 4 === 0 ? wanted : (before ?? wanted)), at);
}

/** What the manifests alone can leave undone. */
function expectFrom({ reasons }: Stage, { before, wanted, allowDelete, mode, activity }: World): void {
  const protects = [before, wanted].some((one) => /"protect":true/.test(JSON.stringify(one ?? {})));
  if (protects) reasons.add('protected');
  if (allowDelete === 0) reasons.add('mass-delete');
  for (const state of Object.values(activity)) if (state === 'busy' || state === 'dialog') reasons.add(state);
  if (mode === 'apply') return;
  for (const reason of ['needs-person', 'unknown-activity', 'manual']) reasons.add(reason);
}

/** An apply that lifts a protection does nothing else to that agent, and says that the next one does the rest. */
const liftsProtection = ({ blocked }: Plan): boolean =>
  blocked.some(({ reason, hint }) => reason === 'protected' && (hint ?? '').includes('apply once more'));

/** Once the faults are over, it converges in this many rounds at most. */
export const mostRounds = (plan: Plan): number => (liftsProtection(plan) ? 3 : 2);
