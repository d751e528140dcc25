import { describe, expect, it } from '@jest/globals';
import { fleetOf } from '../../support/simulated-fleet.ts';
import { SimulatedWatch, type Happening } from '../../support/simulated-watch.ts';

const fleet = fleetOf({ agents: { alpha: {}, beta: {} } });

/** A watched fleet that is up, and whose first passes are forgotten. */
async function calmWatch(): Promise<SimulatedWatch> {
  const watch = new SimulatedWatch(fleet);
  await watch.run([]);
  watch.auto = 'all';
  watch.reports.length = 0;
  watch.steps.length = 0;
  return watch;
}

const soon = (watch: SimulatedWatch, act: () => void): Happening => ({
  atMs: watch.nowMs + 100,
  isHeard: true,
  act,
});
const told = ({ steps }: SimulatedWatch): readonly string[] =>
  steps.map(({ change, result }) => `${change.action} ${change.address} ${result}`);

describe('an exposed manifest', () => {
  it('starts nothing new from a manifest inside an agent, and still looks after what is there', async () => {
    const watch = await calmWatch();
    watch.exposed = {
      type: 'ManifestExposed',
      status: 'True',
      reason: 'InWorkingDirectory',
      message: 'it can edit it',
    };
    const edited = fleetOf({
      agents: { alpha: { command: ['/bin/evil'] }, beta: { stop: { timeout: '9s' } }, evil: {} },
    });
    await watch.run([
      soon(watch, () => watch.save(edited)),
      { ...soon(watch, () => watch.host.systemd.stop('mosaic-canary@beta.service')), atMs: watch.nowMs + 5000 },
    ]);
    expect(told(watch).filter((text) => /alpha|evil/.test(text))).toEqual([]);
    const waits = watch.reports.at(-1)?.waits.filter(({ reason }) => reason === 'exposed') ?? [];
    expect(waits.map(({ group }) => group)).toEqual(['agent.alpha', 'agent.beta', 'agent.evil']);
    expect(watch.reports.at(-1)?.memory.conditions.fleet.map(({ type }) => type)).toContain('ManifestExposed');
  });

  const LAUNCH = '/home/u/.config/mosaic/fleets/canary/launch/alpha';
  const EXPOSED = { type: 'ManifestExposed', status: 'True', reason: 'InWorkingDirectory', message: 'it' } as const;
  const evil = fleetOf({ agents: { alpha: { command: ['/bin/evil'] }, beta: {} } });
  const editLaunch = (watch: SimulatedWatch): void =>
    watch.host.files.plant(LAUNCH, { content: `${watch.host.files.read(LAUNCH)}x=1\0` });

  it('starts nothing new from such a manifest where the launch data was changed by hand as well', async () => {
    const watch = await calmWatch();
    watch.exposed = EXPOSED;
    await watch.run([
      soon(watch, () => {
        watch.save(evil);
        editLaunch(watch);
      }),
    ]);
    expect(watch.steps).toEqual([]);
    expect(watch.reports.at(-1)?.waits).toContainEqual(expect.objectContaining({ group: 'agent.alpha' }));
  });

  it.each<[string, Parameters<typeof fleetOf>[0]]>([
    ['stops', { agents: { alpha: { state: 'stopped' }, beta: {} } }],
    ['limits', { agents: { alpha: { limits: { tasksMax: 9 } }, beta: {} } }],
    ['restarts otherwise', { agents: { alpha: { restart: { burst: 2 } }, beta: {} } }],
    ['sets options', { agents: { alpha: {}, beta: {} }, tmux: { options: { mouse: 'on' } } }],
  ])('%s nothing by such a manifest', async (_, spec) => {
    const watch = await calmWatch();
    watch.exposed = EXPOSED;
    await watch.run([soon(watch, () => watch.save(fleetOf(spec)))]);
    expect(watch.steps).toEqual([]);
    expect(watch.reports.at(-1)?.waits.map(({ reason }) => reason)).toContain('exposed');
  });

  it('starts no agent that such a manifest says is not stopped any more', async () => {
    const watch = await calmWatch();
    const stopped = fleetOf({ agents: { alpha: { state: 'stopped' }, beta: {} } });
    await watch.run([
      soon(watch, () => watch.save(stopped)),
      {
        ...soon(watch, () => {
          watch.exposed = EXPOSED;
          watch.save(fleetOf({ agents: { alpha: {}, beta: {} } }));
        }),
        atMs: watch.nowMs + 60_000,
      },
    ]);
    expect(told(watch).at(-1)).toMatch(/stop session.alpha done$/);
    expect(watch.reports.at(-1)?.waits).toContainEqual(expect.objectContaining({ group: 'agent.alpha' }));
  });

  it('sets right under such a manifest what was only changed by hand', async () => {
    const watch = await calmWatch();
    watch.exposed = EXPOSED;
    await watch.run([soon(watch, () => editLaunch(watch))]);
    expect(told(watch)).toEqual(['update launch.alpha done']);
  });

  it('starts nothing new from such a manifest after it was broken, either', async () => {
    const watch = await calmWatch();
    watch.exposed = EXPOSED;
    const condition = { type: 'ManifestInvalid', status: 'True', reason: 'Refused', message: 'no' } as const;
    await watch.run([
      soon(watch, () => watch.save(evil)),
      { atMs: watch.nowMs + 5000, isHeard: true, act: () => watch.spoil({ isGood: false, condition }) },
    ]);
    expect(watch.steps).toEqual([]);
    const types = watch.reports.at(-1)?.memory.conditions.fleet.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(['ManifestInvalid', 'ManifestExposed']));
  });
});
