import { dirname } from 'node:path';
import { planJson } from '../../src/cli/view/plan-json.ts';
import { planGithub, planMarkdown } from '../../src/cli/view/plan-review.ts';
import { planText } from '../../src/cli/view/plan-text.ts';
import { concealWith } from '../../src/cli/snapshot/conceal.ts';
import type { Snapshot } from '../../src/cli/snapshot/document.ts';
import { observedFor } from '../../src/cli/snapshot/observed.ts';
import { parseSnapshot } from '../../src/cli/snapshot/read.ts';
import { snapshotOf } from '../../src/cli/snapshot/take.ts';
import type { Plan } from '../../src/model/plan.ts';
import { BUILD } from './build.ts';
import { desiredFor } from './fleet.ts';
import { lookAt, type World } from './observed.ts';

/** Secrets are hashed with the build's own name, which is as good as any salt. */
const SALT = BUILD.build.repeat(2);

/** The snapshot that would be taken of a world, as its file would hold it. */
export function snapshotText(world: World, more: Partial<Snapshot> = {}): string {
  const snapshot = snapshotOf(lookAt(world), {
    takenAt: '2026-01-01T00:00:00.000Z',
    hostId: '0123456789abcdef0123456789abcdef',
    salt: SALT,
    tmpdir: dirname(dirname(world.observed.host.socketPath)),
    paths: {},
    executables: {},
  });
  return JSON.stringify({ ...snapshot, ...more });
}

/** The world as it is on a machine that has the manifest and the snapshot, and nothing else. */
export function carried(world: World, text = snapshotText(world)): World & { conceal: (text: string) => string } {
  const snapshot = parseSnapshot(text, 'the snapshot');
  const observed = observedFor(snapshot, world.fleet);
  const desired = world.policy.destroy === true ? [] : desiredFor(world.fleet, observed.host);
  const activity = Object.fromEntries(Object.entries(snapshot.activity).map(([name, { state }]) => [name, state]));
  return { ...world, desired, observed, activity, conceal: concealWith(snapshot.salt) };
}

/** A plan in every form a person or a program reads it. */
export const everyForm = (plan: Plan): readonly string[] => [
  planText(plan, { manifest: 'fleet.yaml', verbose: false }),
  planText(plan, { manifest: 'fleet.yaml', verbose: true }),
  JSON.stringify(planJson(plan), undefined, 2),
  planMarkdown(plan),
  planGithub(plan, 'fleet.yaml'),
];
