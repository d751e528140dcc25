import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/host/clock.ts';
import { followUnits } from '../../src/host/unit-follower.ts';
import { watchUnits, type UnitWatch } from '../../src/host/unit-signals.ts';
import { cleanUp, eventually, inManager, tempHome } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { systemctl } from './live-fleet.ts';

const address = process.env['DBUS_SESSION_BUS_ADDRESS'] ?? '';
const bus = address.replace('unix:path=', '');
const fleet = `mosaic-${tempHome().fleet}`;
const closing: { close(): unknown }[] = [];

afterEach(() => closing.splice(0).forEach((one) => void one.close()));
afterAll(cleanUp);

interface Heard {
  wakes: number;
  lost: number;
}

async function listening(part: Partial<UnitWatch> = {}): Promise<Heard> {
  const heard = { wakes: 0, lost: 0 };
  const watching = {
    address,
    isOurs: (unit: string) => unit.startsWith(`${fleet}@`),
    wake: () => (heard.wakes += 1),
    lost: () => (heard.lost += 1),
    ...part,
  };
  // A manager that comes to the bus at this very moment is none that was listened to before.
  const watch = await eventually(async () => (await watchUnits(watching)) ?? false);
  closing.push(watch);
  return heard;
}

/** A unit that sleeps, started and gone again with the test. */
async function startUnit(name: string): Promise<void> {
  const { exitCode, stderr } = await sh(['systemd-run', '--user', '--quiet', `--unit=${name}`, 'sleep', '3600']);
  expect([exitCode, stderr]).toEqual([0, '']);
}

const quiet = async (heard: Heard): Promise<void> => {
  let last = -1;
  await eventually(
    () => {
      const same = last === heard.wakes;
      last = heard.wakes;
      return same;
    },
    { everyMs: 200 },
  );
};

/** Passes everything on between its clients and the real bus, until it is cut. */
async function relay(path: string): Promise<{ readonly cut: () => void; readonly server: Server }> {
  const ends: Socket[] = [];
  const server: Server = createServer((client) => {
    const real = connect(bus);
    for (const end of [client, real]) ends.push(end.on('error', () => end.destroy()));
    client.pipe(real).pipe(client);
  });
  closing.push({ close: () => server.close() });
  await new Promise<void>((done) => server.listen(path, done));
  return { cut: () => ends.forEach((end) => end.destroy()), server };
}

(inManager() ? describe : describe.skip)('watchUnits on a real user manager', () => {
  it('wakes within milliseconds when a unit of ours is stopped', async () => {
    const heard = await listening();
    const took: number[] = [];
    for (let round = 0; round < 7; round += 1) {
      await startUnit(`${fleet}@a${round}`);
      await quiet(heard);
      const before = heard.wakes;
      const started = performance.now();
      const stopping = systemctl('stop', `${fleet}@a${round}.service`);
      await eventually(() => heard.wakes > before, { everyMs: 1 });
      took.push(performance.now() - started);
      await stopping;
    }
    const median = took.toSorted((a, b) => a - b)[3] ?? NaN;
    process.stderr.write(`stop of a unit -> wake: median ${median.toFixed(1)} ms with the call itself\n`);
    expect(median).toBeLessThan(5000);
  });

  it('wakes when a unit of ours dies', async () => {
    const heard = await listening();
    await startUnit(`${fleet}@dies`);
    await quiet(heard);
    const before = heard.wakes;
    await systemctl('kill', '--signal=KILL', `${fleet}@dies.service`);
    await eventually(() => heard.wakes > before);
    await systemctl('reset-failed', `${fleet}@dies.service`);
  });

  it('hears nothing of units that are not ours, nor of a look at ours', async () => {
    const [heard, others] = [await listening(), await listening({ isOurs: (unit) => unit.startsWith(`${fleet}-x`) })];
    await startUnit(`${fleet}@b`);
    await quiet(heard);
    const [before, beforeOthers] = [heard.wakes, others.wakes];
    await startUnit(`${fleet}-x`);
    await systemctl('list-units', `${fleet}@*.service`);
    await systemctl('show', '-p', 'ActiveState', `${fleet}@b.service`);
    await systemctl('stop', `${fleet}-x.service`);
    await quiet(others);
    expect(others.wakes).toBeGreaterThan(beforeOthers);
    expect(heard.wakes).toBe(before);
    await systemctl('stop', `${fleet}@b.service`);
  });

  it('says once that the connection was lost, and nothing when it is closed', async () => {
    const path = `${tempHome().root}/relay`;
    const { cut } = await relay(path);
    const [cutOff, closed] = [
      await listening({ address: `unix:path=${path}` }),
      await listening({ address: `unix:path=${path}` }),
    ];
    closing.pop()?.close();
    cut();
    await eventually(() => cutOff.lost > 0);
    await quiet(cutOff);
    expect([cutOff.lost, closed.lost]).toEqual([1, 0]);
  });

  it('gives nothing on a bus without a manager', async () => {
    const { root } = tempHome();
    const path = `${root}/other-bus`;
    const { stdout } = await sh(['dbus-daemon', '--session', '--fork', '--print-pid', `--address=unix:path=${path}`]);
    const pid = Number(stdout.trim());
    expect(pid).toBeGreaterThan(1);
    closing.push({ close: () => process.kill(pid) });
    const watch = { isOurs: () => true, wake: () => undefined, lost: () => undefined };
    await expect(watchUnits({ ...watch, address: `unix:path=${path}` })).resolves.toBeUndefined();
  });
});

interface Followed extends Heard {
  readonly hears: boolean;
  found: number;
  naps: number;
}

async function following(at = address): Promise<Followed> {
  const heard = { wakes: 0, lost: 0, found: 0, naps: 0 };
  const follow = await followUnits({
    address: at,
    isOurs: (unit) => unit.startsWith(`${fleet}@`),
    wake: () => (heard.wakes += 1),
    lost: () => (heard.lost += 1),
    found: () => (heard.found += 1),
    clock: {
      sleep: (ms, signal) => {
        heard.naps += 1;
        return systemClock.sleep(Math.min(ms, 100), signal);
      },
    },
  });
  closing.push(follow);
  return Object.assign(heard, { hears: follow.hears });
}

(inManager() ? describe : describe.skip)('followUnits on a real user manager', () => {
  it('wakes once and hears again after the manager has executed itself anew', async () => {
    const heard = await following();
    await systemctl('daemon-reexec');
    await eventually(() => heard.found > 0);
    expect([heard.lost, heard.found, heard.wakes > 0]).toEqual([1, 1, true]);
    await quiet(heard);
    const before = heard.wakes;
    await startUnit(`${fleet}@again`);
    await eventually(() => heard.wakes > before);
    await systemctl('stop', `${fleet}@again.service`);
  });

  it('hears a manager that was not on the bus at first', async () => {
    const path = `${tempHome().root}/relay`;
    const heard = await following(`unix:path=${path}`);
    await eventually(() => heard.naps > 1);
    expect([heard.hears, heard.found]).toEqual([false, 0]);
    await relay(path);
    await eventually(() => heard.found === 1 && heard.wakes === 1);
    expect(heard.lost).toBe(0);
  });

  it('tries for as long as it takes, and not after it was closed', async () => {
    const path = `${tempHome().root}/relay`;
    const { cut, server } = await relay(path);
    const [one, closed] = [await following(`unix:path=${path}`), await following(`unix:path=${path}`)];
    server.close();
    cut();
    await eventually(() => one.naps > 3 && closed.naps > 3);
    closing.pop()?.close();
    expect([one.found, closed.found]).toEqual([0, 0]);
    await new Promise<void>((done) => server.listen(path, done));
    await eventually(() => one.found === 1);
    expect(closed.found).toBe(0);
  });
});
