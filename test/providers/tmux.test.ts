import { describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileReader } from '../../src/host/files.ts';
import { ExecFailure, type Exec } from '../../src/model/host.ts';
import { requireTmuxDirectory } from '../../src/providers/tmux/client.ts';
import { keySpelling } from '../../src/providers/tmux/format.ts';
import { PLACES, SimulatedHost } from '../support/simulated-host.ts';
import { HELPER, running, SOCKET, underSystemd } from './tmux-bench.ts';

describe('a stop of the server and its agents', () => {
  it('ends every agent by the helper before the server ends', async () => {
    const calls: string[] = [];
    const log =
      (exec: Exec): Exec =>
      (argv, options) => {
        if (argv.includes('end')) calls.push(`end ${argv.at(-1) ?? ''}`);
        if (argv.includes('kill-server')) calls.push('kill-server');
        return exec(argv, options);
      };
    const { give, order, machine } = await running(log);
    const outcomes = await give(
      order('server.sim', 'stop'),
      order('session.alpha', 'stop'),
      order('session.beta', 'stop'),
    );
    expect(outcomes).toMatchObject([
      { address: 'server.sim' },
      { address: 'session.alpha' },
      { address: 'session.beta' },
    ]);
    expect(outcomes.map(({ done }) => done)).toEqual([true, true, true]);
    expect(calls).toEqual(['end alpha', 'end beta', 'kill-server']);
    expect(machine.tmux.state()).toBe('');
  });

  it('leaves the server up when an agent could not be ended', async () => {
    const stuck =
      (exec: Exec): Exec =>
      (argv, options) =>
        argv.includes('end') && argv.at(-1) === 'beta'
          ? Promise.reject(new ExecFailure('timeout', argv, 'it did not end'))
          : exec(argv, options);
    const { give, order, pid } = await running(stuck);
    const outcomes = await give(
      order('server.sim', 'stop'),
      order('session.alpha', 'stop'),
      order('session.beta', 'stop'),
    );
    expect(outcomes.map(({ done }) => done)).toEqual([false, true, false]);
    expect(pid('beta')).toBeGreaterThan(0);
  });
});

describe('a restart', () => {
  it('gives the agent a new process and leaves the others theirs', async () => {
    const { give, order, pid } = await running();
    const [alpha, beta] = [pid('alpha'), pid('beta')];
    expect(await give(order('session.alpha', 'restart'))).toEqual([{ address: 'session.alpha', done: true }]);
    expect(pid('alpha')).not.toBe(alpha);
    expect(pid('beta')).toBe(beta);
  });

  it('is no success when the old process could not be ended', async () => {
    const stuck =
      (exec: Exec): Exec =>
      (argv, options) =>
        argv[1] === HELPER && argv.includes('end')
          ? Promise.resolve({ exitCode: 70, stdout: '', stderr: 'stuck\n' })
          : exec(argv, options);
    const { give, order, pid } = await running(stuck);
    const alpha = pid('alpha');
    expect(await give(order('session.alpha', 'restart'))).toMatchObject([{ address: 'session.alpha', done: false }]);
    expect(pid('alpha')).toBe(alpha);
  });
});

describe('a pane that has not yet become the agent’s wrapper', () => {
  it('is waited for, so that nobody takes it for an impostor', async () => {
    const { machine, plan, give, order, pid } = await running();
    await give(order('session.alpha', 'stop'));
    const late = machine.processes.commandLineOf.bind(machine.processes);
    let looks = 0;
    machine.processes.commandLineOf = (asked) => {
      const isYoung = asked === pid('alpha') && (looks += 1) < 10;
      return isYoung ? ['tmux', '-S', 'socket'] : late(asked);
    };
    const start = (await plan()).changes;
    expect((await give(...start)).map(({ done }) => done)).toEqual([true]);
    expect(await plan()).toMatchObject({ changes: [], blocked: [] });
  });
});

describe('a pane that ended and was kept by remain-on-exit', () => {
  it('counts as ended, and its session makes way for the next start', async () => {
    const { machine, plan, give, pid } = await running();
    machine.tmux.run(SOCKET, [['rename-session', '-t', '$0', 'kept']]);
    machine.tmux.endPane(SOCKET, 'kept');
    const { changes, blocked } = await plan();
    expect(blocked).toEqual([]);
    expect(changes).toMatchObject([{ address: 'session.alpha', phase: 'start' }]);
    expect((await give(...changes)).map(({ done }) => done)).toEqual([true]);
    expect(pid('alpha')).toBeGreaterThan(0);
    expect(pid('kept')).toBe(0);
    expect(await plan()).toMatchObject({ changes: [], blocked: [] });
  });
});

describe('a new session', () => {
  it('has the size that the manifest says, whatever the running server was started with', async () => {
    let script = '';
    await running((exec) => (argv, options) => {
      if (argv.includes('source-file')) script = String(options.input);
      return exec(argv, options);
    });
    expect(script).toMatch(/^new-session -d -s alpha -x 200 -y 50 .*\nnew-session -d -s beta -x 200 -y 50 /);
  });
});

describe('a server in our unit', () => {
  it('is run by systemd, whatever mark anybody sets on it', async () => {
    const { machine, look } = underSystemd();
    machine.tmux.start(SOCKET, '', '/user.slice/mosaic-canary-tmux.service');
    machine.tmux.run(SOCKET, [['set-option', '-s', '@mosaic_fleet', 'canary']]);
    expect((await look()).items['server.sim']).toMatchObject({ owner: 'fleet', spec: { supervisor: 'systemd' } });
  });
});

describe('the way to a socket', () => {
  const DIRECTORY = PLACES.socketDirectory;

  it.each([
    ['lets others in', { mode: 0o750 }, 'chmod 700 /tmp/tmux-1000'],
    ['is a link', { kind: 'symlink', content: '/elsewhere' }, 'is a symlink'],
    ['belongs to somebody else', { uid: 7 }, 'belongs to uid 7'],
  ] as const)('is not gone where the directory %s (F53)', async (_, change, message) => {
    const { machine, look } = underSystemd();
    machine.tmux.start(SOCKET, '', '/user.slice/mosaic-canary-tmux.service');
    machine.files.alter(DIRECTORY, change);
    const { items, errors } = await look();
    expect(errors).toEqual([{ code: 'E_TMUX_SOCKET', message: expect.stringContaining(message) }]);
    expect(items['server.sim']).toMatchObject({ state: 'unknown' });
  });

  it.each([
    ['a missing tmux directory', () => {}, 'does not exist'],
    ['a file for a tmux directory', (machine: SimulatedHost) => machine.files.plant('/bad', {}), 'is not a directory'],
  ])('is a failed look for %s', async (_, prepare, message) => {
    const { machine, look } = underSystemd({ socketPath: '/bad/tmux-1000/sim' });
    prepare(machine);
    const { items, complete, errors } = await look();
    expect(errors).toEqual([{ code: 'E_TMUX_SOCKET', message: expect.stringContaining(message) }]);
    expect([complete, items['server.sim']?.state]).toEqual([false, 'unknown']);
  });

  it('may lead through a link, but to a directory', () => {
    const root = mkdtempSync(join(tmpdir(), 'mosaic-test-'));
    try {
      symlinkSync(root, join(root, 'good'));
      symlinkSync('nowhere', join(root, 'dangling'));
      const check = (name: string) => () => requireTmuxDirectory(createFileReader(), join(root, name, 'tmux-1', 'sim'));
      expect(check('good')).not.toThrow();
      expect(check('dangling')).toThrow('is not a directory');
    } finally {
      rmSync(root, { recursive: true });
    }
  });

  it('hides no agent of the installed fleet, and ends none, where only the new one is unfit', async () => {
    const host = { socketPath: '/bad/tmux-1000/sim', installedSocketPath: SOCKET };
    const { machine, look, plan } = underSystemd(host);
    machine.tmux.start(SOCKET, '', '/user.slice/mosaic-canary-tmux.service');
    const { items, errors } = await look();
    expect(items['server.sim']).toMatchObject({ owner: 'fleet', spec: { socketPath: SOCKET } });
    expect(errors).toMatchObject([{ code: 'E_TMUX_SOCKET' }]);
    expect(await plan()).toMatchObject({ changes: [], blocked: [{ group: 'fleet', reason: 'unknown' }] });
  });
});

describe('a key', () => {
  it.each([
    ['C-A', 'C-a'],
    ['C-i', 'Tab'],
    ['M-C-m', 'M-Enter'],
    ['C-[', 'Escape'],
    ['C-@', 'C-Space'],
    ['M-C-@', 'C-M-Space'],
    ['S-M-C-A', 'C-M-S-a'],
    ['C--', 'C--'],
    ['M-A', 'M-A'],
    ['None', 'None'],
  ])('%s is the key %s', (given, spelling) => {
    expect(keySpelling(given)).toBe(spelling);
  });
});
