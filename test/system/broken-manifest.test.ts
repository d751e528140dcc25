import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, writeFileSync } from 'node:fs';
import { cleanUp, runMosaic } from '../support/harness.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

const AGENTS = { 'worker-1': sleeper, 'worker-10': sleeper };

let live: LiveFleet;
beforeAll(async () => {
  live = liveFleet(AGENTS);
  await live.must('apply');
});
afterAll(cleanUp);

describe('a manifest that cannot be read', () => {
  it('leaves status and stop going by what is installed, with the place of the mistake', async () => {
    const before = await live.pids();
    writeFileSync(live.manifest, 'apiVersion: mosaic/v1alpha1\nkind: [\n');
    const status = await live.status();
    expect(status.conditions).toContainEqual(
      expect.objectContaining({ type: 'ManifestInvalid', message: expect.stringMatching(/^fleet\.yaml:\d+:\d+: /) }),
    );
    expect(status.agents.map(({ name, pid }) => [name, pid])).toEqual(Object.entries(before));
    await live.must('stop', 'worker-10');
    expect(await live.agent('worker-10')).toMatchObject({ held: true, state: 'stopped' });
    expect(await live.agent('worker-1')).toMatchObject({ state: 'running', pid: before['worker-1'] });
    expect(await live.mosaic(['apply', '--yes'])).toMatchObject({ exitCode: 65 });
    live.declare(AGENTS);
    await live.must('start', 'worker-10');
  });

  it('shows no change of settings that nobody can know then', async () => {
    const settings = {
      restart: { delay: '9s', burst: 7, window: '90s' },
      limits: { memoryMax: '3G', cpuQuota: '150%', tasksMax: 300 },
      stop: { timeout: '1500ms' },
    };
    live.declare(
      { ...AGENTS, 'worker-1': { ...sleeper, ...settings }, resting: { ...sleeper, state: 'stopped' } },
      { tmux: { socket: 'mosaic-factory', historyLimit: 30_000 } },
    );
    await live.must('apply', '--yes');
    writeFileSync(live.manifest, readFileSync(live.manifest, 'utf8').replace('"Fleet"', '"Flee"'));
    const { agents, conditions } = await live.status();
    expect(agents.map(({ name, inSync, note }) => [name, inSync, note])).toEqual(
      ['resting', 'worker-1', 'worker-10'].map((name) => [name, true, undefined]),
    );
    expect(conditions.map(({ type }) => type)).toEqual(expect.arrayContaining(['Ready', 'ManifestInvalid']));
    const stop = await live.must('stop', 'worker-10');
    expect(stop.stdout + stop.stderr).not.toContain('elsewhere');
    live.declare(AGENTS);
    await live.must('start', 'worker-10');
    await live.must('apply', '--yes');
  });
});

describe('a manifest that is named and not there', () => {
  it.each([
    ['fleet', 'log'],
    ['fleet', 'status'],
    ['fleet', 'stop'],
    ['agent', 'status'],
    ['agent', 'roster'],
  ])('is not made up for by what is installed: %s %s', async (family, command) => {
    const named = await runMosaic([family, command, '-f', 'sh'], { home: live });
    expect(named).toMatchObject({ exitCode: 65, stderr: expect.stringContaining('there is no such file') });
    expect(named.stderr.includes('mosaic fleet log --follow')).toBe(command === 'log');
  });
});
