import { describe, expect, it } from '@jest/globals';
import type { Fleet } from '../../src/model/fleet.ts';
import { APPLY } from '../../src/reconciler/policy.ts';
import { socketOf, Stage, UNITS } from '../proof/stage.ts';
import { fleetOf } from '../support/simulated-fleet.ts';

const BY_TMUX = fleetOf({ supervisor: 'tmux', agents: { alpha: {}, beta: {} } });
const BY_SYSTEMD = fleetOf({ agents: { alpha: {}, beta: {} } });
const MOVED = fleetOf({ supervisor: 'tmux', tmux: { socket: 'sim-2' }, agents: { alpha: {}, beta: {} } });

/** A machine on which a fleet has been applied, and passes on it. */
async function settled(fleet: Fleet) {
  const stage = new Stage();
  await stage.apply(fleet, APPLY);
  const plan = async (wanted: Fleet) => (await stage.look(wanted, APPLY)).plan;
  const steps = async (wanted: Fleet) => (await stage.act(await stage.look(wanted, APPLY))).steps;
  const agents = (): readonly string[] => stage.ours().map(({ agent }) => agent);
  return { stage, plan, steps, agents };
}

describe('a fleet that moves to another socket', () => {
  it('has its agents up there, and says so', async () => {
    const { steps, plan, agents } = await settled(BY_SYSTEMD);
    expect((await steps(MOVED)).filter(({ result }) => result !== 'done')).toEqual([]);
    expect(await plan(MOVED)).toMatchObject({ changes: [], blocked: [] });
    expect(agents()).toEqual(['alpha', 'beta']);
  });

  it('stays where it is while a session there only pretends to be one of its agents', async () => {
    const { stage, plan } = await settled(BY_TMUX);
    stage.machine.tmux.run(socketOf(BY_TMUX), [
      ['new-session', '-d', '-s', 'ghost', 'vi'],
      ['set-option', '-t', '=ghost:', '@mosaic_owner', 'canary/ghost'],
    ]);
    const { changes, blocked } = await plan(MOVED);
    expect(changes).toEqual([]);
    expect(blocked).toContainEqual(expect.objectContaining({ reason: 'foreign-sessions' }));
  });
});

describe('an agent that leaves the manifest', () => {
  const without = (fleet: Fleet): Fleet => ({ ...fleet, agents: fleet.agents.filter(({ name }) => name !== 'alpha') });

  it('is ended under whatever name its session goes', async () => {
    const { stage, steps, agents } = await settled(BY_TMUX);
    const [alpha] = stage.ours();
    stage.machine.tmux.run(socketOf(BY_TMUX), [['rename-session', '-t', `$${alpha?.id ?? ''}`, 'mine']]);
    await steps(without(BY_TMUX));
    expect(agents()).toEqual(['beta']);
  });

  it('is ended by its unit though a person has masked the template', async () => {
    const { stage, steps, agents } = await settled(BY_SYSTEMD);
    const template = `${UNITS}/mosaic-canary@.service`;
    stage.machine.files.uproot(template);
    stage.machine.files.plant(template, { kind: 'symlink', content: '/dev/null' });
    await steps(without(BY_SYSTEMD));
    expect(agents()).toEqual(['beta']);
  });
});

describe('what was left under another supervisor', () => {
  const link = { kind: 'symlink', content: '../mosaic-canary.target', mode: 0o777 } as const;
  const left = {
    'mosaic-canary@alpha.service.d/50-mosaic.conf': undefined,
    'default.target.wants/mosaic-canary.target': link,
  };

  it.each(Object.entries(left))('is found by %s alone, and removed', async (name, what) => {
    const { stage, steps, plan } = await settled(BY_SYSTEMD);
    const path = `${UNITS}/${name}`;
    const thing = what ?? { content: stage.machine.files.read(path) ?? '', mode: 0o644 };
    await steps(BY_TMUX);
    expect(await plan(BY_TMUX)).toMatchObject({ changes: [] });
    stage.machine.files.plant(path, thing);
    expect((await plan(BY_TMUX)).changes).toMatchObject([{ action: 'delete' }]);
    await steps(BY_TMUX);
    expect(stage.machine.files.stat(path)).toBeUndefined();
  });
});
