import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually, MOSAIC, UNIT_DIRECTORY } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { killNow, liveFleet, sleeper, systemctl, type Agents, type LiveFleet } from './live-fleet.ts';
import { endWatches, startWatch, watchOf, type LiveWatch } from './live-watch.ts';

/** Longer than a resync: what is found without any event is found by then. */
const RESYNC = { timeoutMs: 45_000 };
const AGENTS: Agents = { a: sleeper, b: sleeper };

let live: LiveFleet;
let watch: LiveWatch;

const until = (look: () => Promise<boolean>, options = RESYNC): Promise<unknown> => eventually(look, options);
const isState = (name: string, state: string) => async (): Promise<boolean> => (await live.agent(name)).state === state;

beforeAll(async () => {
  live = liveFleet(AGENTS);
  watch = await startWatch(live, '--lock-timeout', '100ms');
});
afterAll(async () => {
  await endWatches();
  await cleanUp();
});

describe('a watched fleet', () => {
  it('is brought up from nothing, and the journal says who did it', async () => {
    await until(isState('a', 'running'));
    expect((await live.must('log', 'a')).stdout).toContain('[mosaic fleet watch, watch]');
    await watch.said('Ready: 2 agents as the manifest says');
    expect(await watchOf(live)).toMatchObject({ running: true, pid: watch.pid, auto: 'safe', waits: [] });
  });

  it('gets what is added to the manifest, and the others keep their processes', async () => {
    const before = await live.pids();
    live.declare({ ...AGENTS, c: sleeper });
    await until(isState('c', 'running'), { timeoutMs: 15_000 });
    expect(await live.pids()).toMatchObject(before);
  });

  it('keeps an agent that left the manifest until a person applies', async () => {
    const { c } = await live.pids();
    live.declare(AGENTS);
    await until(async () => (await watchOf(live))?.waits.some(({ group }) => group === 'agent.c') === true);
    expect(existsSync(`/proc/${c}`)).toBe(true);
    await live.must('apply', '--yes');
    await until(async () => (await watchOf(live))?.waits.length === 0);
  });

  it('gets back an agent that was stopped behind its back', async () => {
    const { a } = await live.pids();
    await systemctl('stop', live.unit('a'));
    await until(isState('a', 'running'));
    expect((await live.agent('a')).pid).not.toBe(a);
  });

  it('goes on hearing of it after the user manager has executed itself anew', async () => {
    await watch.said(/user manager\)$|events from the user manager too/);
    await systemctl('daemon-reexec');
    await watch.said('events from the user manager again');
    await systemctl('stop', live.unit('a'));
    await until(isState('a', 'running'), { timeoutMs: 15_000 });
  });

  it('leaves a held agent down', async () => {
    await live.must('stop', 'b');
    watch.signal('SIGHUP');
    await until(async () => (await watchOf(live))?.agents['b']?.some(({ type }) => type === 'Suspended') === true);
    expect(await live.agent('b')).toMatchObject({ state: 'stopped', held: true });
    await live.must('start', 'b');
  });

  it('gets its unit, its script and its link back as they were, and no agent notices (F23)', async () => {
    const before = await live.pids();
    const unit = join(UNIT_DIRECTORY, `mosaic-${live.fleet}@.service`);
    const text = readFileSync(unit, 'utf8');
    appendFileSync(unit, '[Service]\nNice=5\n');
    rmSync(join(live.home, 'libexec/mosaic-agent'));
    rmSync(join(UNIT_DIRECTORY, `mosaic-${live.fleet}.target.wants`, live.unit('a')));
    watch.signal('SIGHUP');
    await until(async () => (await live.plan()).empty);
    expect(readFileSync(unit, 'utf8')).toBe(text);
    expect(await live.pids()).toEqual(before);
  });

  it('gets back what was edited without waiting for the next look', async () => {
    const dropIn = join(UNIT_DIRECTORY, `${live.unit('b')}.d/50-mosaic.conf`);
    const text = readFileSync(dropIn, 'utf8');
    appendFileSync(dropIn, 'Nice=5\n');
    await until(() => Promise.resolve(readFileSync(dropIn, 'utf8') === text), { timeoutMs: 15_000 });
  });

  it('waits while another command has the lock, and goes on after it', async () => {
    const other = sh(['flock', join(live.home, 'state/.lock'), 'sleep', '3']);
    await systemctl('stop', live.unit('a'));
    watch.signal('SIGHUP');
    await watch.said('is locked');
    await other;
    await until(isState('a', 'running'));
  });

  it('refuses a second watcher, and names the first', async () => {
    const second = await live.mosaic(['watch']);
    expect(second).toMatchObject({ exitCode: 5, stderr: expect.stringContaining(`pid ${watch.pid} `) });
  });
});

const broken = (): void => writeFileSync(live.manifest, readFileSync(live.manifest, 'utf8').replace('agents', 'agnts'));

describe('a manifest that cannot be taken', () => {
  it('leaves the last good one in force, and status says where the mistake is', async () => {
    broken();
    const line = await watch.said(/^ManifestInvalid: fleet\.yaml:1:\d+/);
    expect(line.msg).toContain('agnts');
    const { conditions } = await live.status();
    expect(conditions.find(({ type }) => type === 'ManifestInvalid')?.message).toMatch(/^fleet\.yaml:1:\d+: /);
    await systemctl('stop', live.unit('b'));
    watch.signal('SIGHUP');
    await until(isState('b', 'running'));
  });

  it('is named again with its next mistake, once', async () => {
    writeFileSync(live.manifest, readFileSync(live.manifest, 'utf8').replace('agnts', 'agnets'));
    await watch.said(/^ManifestInvalid: .*agnets/);
    watch.signal('SIGHUP');
    await systemctl('stop', live.unit('b'));
    await until(isState('b', 'running'));
    expect(watch.log().filter(({ msg }) => /^ManifestInvalid: .*agnets/.test(msg))).toHaveLength(1);
  });

  it('leaves it in force for the next watcher, too', async () => {
    expect(await watch.end()).toBe(0);
    await systemctl('stop', live.unit('b'));
    watch = await startWatch(live);
    await until(isState('b', 'running'));
    live.declare(AGENTS);
    await watch.said('ManifestInvalid: no longer');
  });

  it('is also one that others can write', async () => {
    chmodSync(live.manifest, 0o660);
    await watch.said(/^ManifestExposed: the manifest is not taken: .* mode 0660/);
    live.declare({ ...AGENTS, evil: sleeper });
    watch.signal('SIGHUP');
    await until(async () => (await watchOf(live))?.conditions.some(({ type }) => type === 'ManifestExposed') === true);
    chmodSync(live.manifest, 0o600);
    live.declare(AGENTS);
    await watch.said('ManifestExposed: no longer');
    expect((await live.must('log')).stdout).not.toContain('evil');
  });
});

describe('the end of a watcher', () => {
  it('by SIGTERM is done in seconds with 0, and no agent notices', async () => {
    const before = await live.pids();
    const started = performance.now();
    expect(await watch.end()).toBe(0);
    expect(performance.now() - started).toBeLessThan(10_000);
    expect(await live.pids()).toEqual(before);
    expect(await watchOf(live)).toBeUndefined();
  });

  it('by SIGTERM is 0, too, where its record cannot be written', async () => {
    watch = await startWatch(live);
    const record = join(live.home, 'state', live.fleet, 'watch.json');
    rmSync(record);
    mkdirSync(record);
    expect(await watch.end()).toBe(0);
    rmdirSync(record);
  });

  it('by SIGINT is 130', async () => {
    watch = await startWatch(live);
    expect(await watch.end('SIGINT')).toBe(130);
  });

  it.each(['info', 'warn'])('comes when what it says at --log-level %s cannot be written', async (level) => {
    broken();
    const failing = 'exec timeout -s KILL 30 "$@" 2>/dev/full';
    const words = [process.execPath, MOSAIC, 'fleet', 'watch', '--log-level', level];
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    expect(await sh(['bash', '-c', failing, 'bash', ...words], { env })).toMatchObject({ exitCode: 1 });
    live.declare(AGENTS);
  });

  it('without a word is missed by status', async () => {
    watch = await startWatch(live);
    killNow(watch.pid);
    await until(async () => (await watchOf(live))?.running === false);
    expect((await live.must('status')).stdout).toContain('Watch: not running');
    watch = await startWatch(live);
    expect((await watchOf(live))?.running).toBe(true);
  });

  it('comes with the end of its fleet, and nothing comes back', async () => {
    const before = watch.log().length;
    await live.must('destroy', '--yes');
    await eventually(() => !existsSync(`/proc/${watch.pid}`), RESYNC);
    const said = watch.log().slice(before);
    expect(said.at(-1)?.msg).toBe(`fleet ${live.fleet} was destroyed; the watcher ends`);
    expect(said.filter(({ level, msg }) => level >= 40 || msg.includes('create '))).toEqual([]);
    expect(existsSync(join(live.home, 'state', live.fleet))).toBe(false);
    expect(existsSync(join(live.home, 'fleets', live.fleet, 'server'))).toBe(false);
    expect(await watch.end()).toBe(0);
  });
});
