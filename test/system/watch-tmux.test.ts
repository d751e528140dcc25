import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { killNow, liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';
import { endWatches, startWatch, watchOf, type LiveWatch } from './live-watch.ts';

const RESYNC = { timeoutMs: 45_000 };
const CRASHES = { command: ['/bin/sh', '-c', 'sleep 0.2; exit 3'] };

let live: LiveFleet;
let watch: LiveWatch;
let told: string;

beforeAll(async () => {
  live = liveFleet({ a: sleeper });
  told = join(live.root, 'told');
  const notify = join(live.root, 'notify.sh');
  writeFileSync(notify, `#!/bin/sh\nprintf '%s|' "$@" >>'${told}'\n`);
  chmodSync(notify, 0o700);
  live.declare(
    {
      a: sleeper,
      loops: { ...CRASHES, restart: { delay: '200ms', burst: 3, window: '60s' } },
      painter: { command: [resolve(import.meta.dirname, '../fixtures/bin/asks.sh')] },
      once: { ...CRASHES, restart: { policy: 'never' } },
    },
    {
      supervisor: 'tmux',
      tmux: { socket: 'mosaic-factory' },
      notify: [notify, 'first; $(touch no)'],
      adapters: { 'asks.sh': { idle: '^ready>$', dialog: '^Do you trust' } },
    },
  );
  watch = await startWatch(live);
});
afterAll(async () => {
  await endWatches();
  await cleanUp();
});

describe('without a user manager, the watcher', () => {
  it('starts a killed agent again after its delay', async () => {
    const before = await live.newPid('a');
    killNow(before);
    watch.signal('SIGHUP');
    await eventually(async () => {
      const { pid, state } = await live.agent('a');
      return state === 'running' && pid !== before;
    }, RESYNC);
  });

  it('gives up on an agent past its start limit, and calls a person once', async () => {
    const crashed = async (): Promise<boolean> => {
      watch.signal('SIGHUP');
      return (await watchOf(live))?.agents['loops']?.some(({ type }) => type === 'CrashLoop') === true;
    };
    await eventually(crashed, { ...RESYNC, everyMs: 500 });
    expect((await live.agent('loops')).restarts).toBe(2);
    expect((await live.agent('loops')).state).toBe('crash-looping');
    expect(await live.plan()).toMatchObject({ blocked: [{ group: 'agent.loops', reason: 'crash-looping' }] });
    await eventually(() => existsSync(told) && readFileSync(told, 'utf8').split('loops|crash-loop|').length === 2);
    expect(readFileSync(told, 'utf8')).toMatch(/^first; \$\(touch no\)\|loops\|crash-loop\|loops: .*start limit.*\|$/);
  });

  it('takes it up again when a person does', async () => {
    await live.mosaic(['restart', 'loops']);
    await eventually(async () => {
      watch.signal('SIGHUP');
      return (await live.agent('loops')).restarts > 3;
    }, RESYNC);
  });

  it('calls a person for an agent that begins to ask, and once for all of it', async () => {
    await live.tmux('send-keys', '-t', '=painter:', 'ask', 'Enter');
    const isTold = (): boolean => readFileSync(told, 'utf8').includes('painter|dialog|painter waits for an answer');
    await eventually(isTold, { timeoutMs: 15_000 });
    watch.signal('SIGHUP');
    await watch.said(/^calls a person: painter/);
    expect(readFileSync(told, 'utf8').split('painter|dialog|')).toHaveLength(2);
    expect(readFileSync(join(live.home, 'state', live.fleet, 'exec.log'), 'utf8')).not.toContain('$(touch no)');
  });

  it('leaves an agent that is never restarted alone', async () => {
    expect(await live.agent('once')).toMatchObject({ state: 'exited', restarts: 0 });
  });
});
