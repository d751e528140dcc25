import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { appendFileSync, chmodSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { liveFleet, sleeper, type Agents, type LiveFleet } from './live-fleet.ts';
import { endWatches, startWatch, watchOf, type LiveWatch } from './live-watch.ts';

const RESYNC = { timeoutMs: 45_000 };

let live: LiveFleet;
let watch: LiveWatch;
let agents: Agents;

const at = (name: string): string => join(live.root, name);
const waitsFor = async (group: string): Promise<boolean> => {
  watch.signal('SIGHUP');
  return (await watchOf(live))?.waits.some((wait) => wait.group === group && wait.reason === 'exposed') === true;
};

beforeAll(async () => {
  live = liveFleet({});
  const crash = `until [ -e ${at('crash')} ]; do sleep 0.1; done; exit 3`;
  const restart = { delay: '100ms', burst: 3, window: '60s' };
  agents = {
    a: { ...sleeper, workingDirectory: live.home, updatePolicy: 'immediate' },
    loops: { command: ['/bin/sh', '-c', crash], restart },
  };
  live.declare(agents);
  await live.must('apply', '--yes');
  watch = await startWatch(live);
});
afterAll(async () => {
  await endWatches();
  await cleanUp();
});

describe('a manifest in the working directory of an agent', () => {
  it('is said to be so, with what is not taken from it', async () => {
    expect((await watch.said(/^ManifestExposed: /)).msg).toMatch(/directory of a, .* and notify, adapters and/);
  });

  it('calls nobody', async () => {
    const notify = at('notify.sh');
    writeFileSync(notify, `#!/bin/sh\ntouch '${at('called')}'\n`);
    chmodSync(notify, 0o700);
    live.declare({ ...agents, evil: sleeper }, { notify: [notify] });
    await eventually(() => waitsFor('agent.evil'), RESYNC);
    writeFileSync(at('crash'), '');
    await eventually(async () => {
      watch.signal('SIGHUP');
      return (await watchOf(live))?.agents['loops']?.some(({ type }) => type === 'CrashLoop') === true;
    }, RESYNC);
    await watch.said(/^calls nobody, as the manifest is exposed: loops: /);
    expect(watch.log().filter(({ msg }) => msg.startsWith('calls a person'))).toEqual([]);
    expect(existsSync(at('called'))).toBe(false);
  });

  it('brings no new command, whatever is done to the launch data, where it stands, or to the manifest (F67)', async () => {
    const { pid } = await live.agent('a');
    const evil = { a: { command: ['sleep', '1234'], updatePolicy: 'immediate', workingDirectory: '/usr' } };
    live.declare({ ...agents, ...evil });
    await eventually(() => waitsFor('agent.a'), RESYNC);
    appendFileSync(join(live.home, 'fleets', live.fleet, 'launch/a'), 'x=1\0');
    writeFileSync(live.manifest, '{');
    await watch.said(/^ManifestInvalid: /);
    await eventually(() => waitsFor('agent.a'), RESYNC);
    expect((await live.agent('a')).pid).toBe(pid);
  });

  it('is what a person applies', async () => {
    live.declare({ a: { command: ['sleep', '1234'], workingDirectory: live.home }, loops: agents['loops'] ?? {} });
    const { pid } = await live.agent('a');
    await live.must('apply', 'a', '--now', '--yes');
    expect(await live.newPid('a', pid)).not.toBe(pid);
  });
});
