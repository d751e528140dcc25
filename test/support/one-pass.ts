import type { Fleet } from '../../src/model/fleet.ts';
import type { Step } from '../../src/reconciler/execute.ts';
import { replan, type Look } from '../../src/reconciler/pass.ts';
import { freshMemory, type Memory } from '../../src/reconciler/watch/memory.ts';
import { watchPass, type Auto, type PassPorts, type PassReport } from '../../src/reconciler/watch/pass.ts';
import { fleetWith } from './fleet.ts';
import { worldOf, type Overlay } from './observed.ts';
import { NOTHING } from './plans.ts';

/** When the pass is made. */
export const NOW = 10_000_000;
/** The fleet, unless another is given. */
export const fleet = fleetWith({ coder: '{ command: [codex] }' });

/** How the machine differs from what is wanted, and what the watcher knows. */
export interface Given extends Overlay {
  readonly of?: Fleet;
  readonly auto?: Auto;
  readonly memory?: Memory;
  readonly ports?: Partial<PassPorts>;
}

/** One pass over a machine that differs from what is wanted by an overlay; whatever it would do succeeds and shows nowhere. */
export function pass({
  of = fleet,
  auto = 'safe',
  memory = freshMemory(of, 'k'),
  ports,
  ...overlay
}: Given): Promise<PassReport> {
  const look = (policy: Look['policy']): Look => {
    const { policy: _asApplied, ...world } = worldOf(of, overlay);
    const seen: Look = { ...world, policy, activity: {}, plan: NOTHING };
    return { ...seen, plan: replan(seen, policy) };
  };
  return watchPass(memory, auto, {
    nowMs: () => NOW,
    random: () => 0,
    read: () => Promise.resolve({ isGood: true, key: 'k', fleet: of }),
    look: (_fleet, policy) => Promise.resolve(look(policy)),
    needs: (seen) => seen,
    planned: () => undefined,
    act: ({ policy, narrow }) => {
      const steps = narrow(look(policy)).plan.changes.map((change): Step => ({ change, result: 'done' }));
      return Promise.resolve({ steps, after: look(policy) });
    },
    ...ports,
  });
}

/** An agent that is down. */
export const down = { 'session.coder': null, 'run.coder': { spec: { active: 'inactive' } } };

/** Something failed so often, and waits. */
export function failing(failures: number): Memory {
  const entry = { failures, untilMs: NOW + 8000, message: 'no', actsMs: [] };
  return { ...freshMemory(fleet, 'k'), queue: { 'agent.coder': entry } };
}
