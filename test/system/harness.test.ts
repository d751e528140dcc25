import { afterEach, describe, expect, it } from '@jest/globals';
import { existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cleanUp, eventually, inManager, tempHome, UNIT_DIRECTORY } from '../support/harness.ts';
import { sh } from '../support/process.ts';

const CGROUP2_MAGIC = 0x63_67_72_70;

const property = async (unit: string, name: string): Promise<string> =>
  (await sh(['systemctl', '--user', 'show', '--value', '-p', name, unit])).stdout.trim();

function installUnit(name: string, ...service: readonly string[]): void {
  mkdirSync(UNIT_DIRECTORY, { recursive: true });
  writeFileSync(join(UNIT_DIRECTORY, name), ['[Service]', ...service, ''].join('\n'));
}

afterEach(cleanUp);

describe('the private user manager', () => {
  it('runs the tests inside, as a user who is not root', () => {
    expect(inManager()).toBe(true);
    expect(process.getuid?.()).not.toBe(0);
  });

  it('answers on its private socket and on the bus', async () => {
    expect((await sh(['systemctl', '--user', 'is-system-running'])).stdout).toMatch(/^(running|degraded)$/m);
    expect((await sh(['busctl', '--user', 'list', '--no-pager'])).stdout).toContain('org.freedesktop.systemd1');
  });

  it('starts a unit in a cgroup of its own', async () => {
    const { fleet } = tempHome();
    const unit = `mosaic-${fleet}-probe.service`;
    installUnit(unit, 'ExecStart=/bin/sleep 1000');
    expect(await sh(['systemctl', '--user', 'start', unit])).toMatchObject({ exitCode: 0, stderr: '' });
    const pid = await property(unit, 'MainPID');
    expect(statfsSync('/sys/fs/cgroup').type).toBe(CGROUP2_MAGIC);
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toMatch(new RegExp(`^0::.*/${unit}$`, 'm'));
    expect(readFileSync('/proc/self/cgroup', 'utf8')).not.toContain(unit);
  });

  it('restarts a unit whose process was killed', async () => {
    const { fleet } = tempHome();
    const unit = `mosaic-${fleet}-probe.service`;
    installUnit(unit, 'ExecStart=/bin/sleep 1000', 'Restart=on-failure', 'RestartSec=10ms');
    await sh(['systemctl', '--user', 'start', unit]);
    const pid = await property(unit, 'MainPID');
    process.kill(Number(pid), 'SIGKILL');
    const next = await eventually(async () => {
      const seen = await property(unit, 'MainPID');
      return seen !== '0' && seen !== pid && seen;
    });
    expect(Number(next)).toBeGreaterThan(0);
  });
});

describe('tmux in the harness', () => {
  it('has a private directory for sockets in which nobody has a default server', () => {
    const directory = process.env['TMUX_TMPDIR'] ?? '';
    expect(directory.startsWith(process.env['HOME'] ?? '?')).toBe(true);
    expect(existsSync(join(directory, `tmux-${process.getuid?.()}`, 'default'))).toBe(false);
    expect(existsSync(join('/tmp', `tmux-${process.getuid?.()}`))).toBe(false);
  });

  it('serves a private socket and leaves the default one absent', async () => {
    const { tmuxTmpdir } = tempHome();
    const env = { TMUX_TMPDIR: tmuxTmpdir };
    const tmux = (...args: readonly string[]): ReturnType<typeof sh> => sh(['tmux', '-L', 'probe', ...args], { env });
    expect(await tmux('-f', '/dev/null', 'new-session', '-d', 'sleep 1000')).toMatchObject({ exitCode: 0, stderr: '' });
    const path = (await tmux('display-message', '-p', '#{socket_path}')).stdout.trim();
    expect(path).toBe(join(tmuxTmpdir, `tmux-${process.getuid?.()}`, 'probe'));
    expect(existsSync(join(tmuxTmpdir, `tmux-${process.getuid?.()}`, 'default'))).toBe(false);
  });
});

describe('cleaning up', () => {
  it('ends the units and the tmux servers of a home and removes its files, and nothing else', async () => {
    const { fleet, root, tmuxTmpdir } = tempHome();
    const [ours, theirs] = [`mosaic-${fleet}@a.service`, `mosaic-${fleet}x@a.service`];
    for (const unit of [ours, theirs]) installUnit(unit, 'ExecStart=/bin/sleep 1000');
    await sh(['systemctl', '--user', 'start', ours, theirs]);
    await sh(['tmux', '-L', 'probe', 'new-session', '-d', 'sleep 1000'], { env: { TMUX_TMPDIR: tmuxTmpdir } });
    await cleanUp();
    expect(await property(ours, 'ActiveState')).toBe('inactive');
    expect(await property(theirs, 'ActiveState')).toBe('active');
    expect(existsSync(join(UNIT_DIRECTORY, ours))).toBe(false);
    expect(existsSync(join(UNIT_DIRECTORY, theirs))).toBe(true);
    expect(existsSync(root)).toBe(false);
    expect(existsSync(tmpdir())).toBe(true);
    await sh(['systemctl', '--user', 'stop', theirs]);
  });
});
