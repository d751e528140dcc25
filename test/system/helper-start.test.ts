import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/harness.ts';
import { fields, makeFleet, processesWith, run, type HelperFleet } from './helper-fleet.ts';

jest.setTimeout(90_000);
const SLEEP = { argv: ['sleep', '1000'] };
let fleet: HelperFleet;

beforeEach(() => {
  fleet = makeFleet();
});
afterEach(() => {
  fleet.destroy();
});

/** Replaces text in a file; fails where it does not stand. */
function edit(path: string, from: string | RegExp, to: string): void {
  const before = readFileSync(path, 'utf8');
  const after = before.replace(from, () => to);
  expect(after).not.toBe(before);
  writeFileSync(path, after);
}

const script = (name: string): string => join(fleet.home, 'libexec', name);
const template = (): string => join(homedir(), '.config/systemd/user', `mosaic-${fleet.name}@.service`);

/** Starts an agent, ends it by itself, and says what its unit makes of it. */
async function runs(agent: string): Promise<void> {
  fleet.add({ [agent]: SLEEP });
  expect(fleet.systemctl('start', agent)).toMatchObject({ code: 0 });
  const pid = fleet.pid(agent);
  expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toContain(`/${fleet.unit(agent)}\n`);
  process.kill(pid, 'SIGKILL');
  await eventually(() => expect(fleet.show(agent, 'ExecMainStatus')).toBe('137'));
  expect(fields(fleet.record(agent, 'exit'))).toMatchObject({ signal: 'KILL', asked: 'none' });
}

describe('an agent is started and watched alike', () => {
  it('where its unit is one of an earlier mosaic, which waits to be told', async () => {
    edit(template(), 'Type=forking', 'Type=notify');
    edit(template(), /^PIDFile=.*\n/m, '');
    edit(template(), / %t\/mosaic-.*\.pid$/m, '');
    run('systemctl', '--user', 'daemon-reload');
    await runs('earlier');
  });

  it('where only the manager can move a process', async () => {
    edit(script('agent-pane.bash'), '/sys/fs/cgroup/cgroup.controllers', '/nowhere');
    await runs('moved');
  });

  it('where the shell makes no pipe of its own', async () => {
    edit(script('agent-session.bash'), "exec 7<<<''", 'exec 7</dev/null');
    await runs('piped');
  });

  it('where a person has told tmux to give every pane more than it needs', async () => {
    const [trap, ran] = [join(fleet.scratch, 'trap'), join(fleet.scratch, 'ran')];
    writeFileSync(trap, `echo >>${ran}\nexit 3\n`);
    run('systemctl', '--user', 'start', `mosaic-${fleet.name}-tmux.service`);
    expect(fleet.tmux('set-environment', '-g', 'BASH_ENV', trap)).toMatchObject({ code: 0 });
    await runs('beset');
    fleet.tmux('set-environment', '-g', 'SHELLOPTS', 'noexec');
    await runs('beset-more');
    expect(existsSync(ran)).toBe(false);
  });
});

describe('an agent that is stopped while it starts', () => {
  it('is gone afterwards, whenever that was, and starts again', async () => {
    fleet.add({ hasty: SLEEP });
    for (let delay = 0; delay < 60; delay += 4) {
      run('systemctl', '--user', 'start', '--no-block', fleet.unit('hasty'));
      run('sleep', String(delay / 1000));
      fleet.systemctl('stop', 'hasty');
      expect(fleet.show('hasty', 'ActiveState')).toMatch(/^(inactive|failed)$/);
      expect(processesWith(`${fleet.directory}\0hasty`)).toEqual([]);
      expect(fleet.tmux('has-session', '-t', '=hasty').code).toBe(1);
      fleet.systemctl('reset-failed', 'hasty');
    }
    await runs('hasty');
  });

  it.each([
    ['before it is watched', /^watch_as_main\(\) \{$/m],
    ['before the one that started it is gone', /^(?= *kill -\w+ \$\$)/m],
  ])('is asked, and is gone as soon as it ends: %s', async (_, place) => {
    const reached = join(fleet.scratch, 'reached');
    const text = readFileSync(script('agent-session.bash'), 'utf8');
    edit(script('agent-session.bash'), place, `${place.exec(text)?.[0]}\n: >${reached}; sleep 1\n`);
    fleet.add({ asked: SLEEP });
    run('systemctl', '--user', 'start', '--no-block', fleet.unit('asked'));
    await eventually(() => expect(existsSync(reached)).toBe(true));
    const began = performance.now();
    fleet.systemctl('stop', 'asked');
    expect(performance.now() - began).toBeLessThan(4500);
    expect(fields(fleet.record('asked', 'exit'))).toMatchObject({ signal: 'TERM', asked: 'stop' });
    expect(fleet.show('asked', 'Result')).toBe('success');
  });
});

describe('an order to stop that the one who started the agent is too late to pass on', () => {
  /** Between its look whether there was one, and its end, which takes no time otherwise. */
  async function stopLate(agent: string, settings: object): Promise<void> {
    const [reached, go] = [join(fleet.scratch, 'reached'), join(fleet.scratch, 'go')];
    edit(
      script('agent-session.bash'),
      '((asked)) || exit 0;',
      `((asked)) || { : >${reached}; until [[ -e ${go} ]]; do sleep 0.05; done; exit 0; };`,
    );
    fleet.add({ [agent]: { ...SLEEP, ...settings } });
    run('systemctl', '--user', 'start', '--no-block', fleet.unit(agent));
    await eventually(() => expect(existsSync(reached)).toBe(true));
    run('systemctl', '--user', 'stop', '--no-block', fleet.unit(agent));
    await eventually(() => expect(fleet.show(agent, 'SubState')).toBe('stop-sigterm'));
    writeFileSync(go, '');
    fleet.systemctl('stop', agent);
  }

  it('is heard all the same: the agent can save, and was stopped', async () => {
    const note = join(fleet.scratch, 'saved');
    const save = `trap 'echo saved >${note}; exit 3' TERM; while :; do sleep 0.05; done`;
    await stopLate('late', { argv: ['bash', '-c', save] });
    expect(existsSync(note)).toBe(true);
    expect(fields(fleet.record('late', 'exit'))).toMatchObject({ code: '3', asked: 'stop' });
    expect(fleet.show('late', 'Result')).toBe('success');
    expect(processesWith(`${fleet.directory}\0late`)).toEqual([]);
    expect(fleet.tmux('has-session', '-t', '=late').code).toBe(1);
  });

  it('ends an agent that does not hear it, too, which counts as stopped', async () => {
    const deaf = `trap '' TERM HUP; while :; do sleep 0.05; done`;
    await stopLate('deaf', { argv: ['bash', '-c', deaf], stopSec: '2' });
    expect(fields(fleet.record('deaf', 'exit'))).toMatchObject({ signal: 'KILL', asked: 'stop' });
    expect(processesWith(`${fleet.directory}\0deaf`)).toEqual([]);
    expect(fleet.tmux('has-session', '-t', '=deaf').code).toBe(1);
  });
});

describe('an agent that nobody could watch', () => {
  const file = (): string => `${process.env['XDG_RUNTIME_DIR']}/mosaic-${fleet.name}@unseen.pid`;
  afterEach(() => {
    rmSync(file(), { recursive: true, force: true });
  });

  it.each(['is not started', 'does not go on'])('%s, and its fault says why', (what) => {
    fleet.add({ unseen: { ...SLEEP, unit: 'Restart=no\nTimeoutStartSec=10' } });
    const block = 'rm -f -- "$pidfile"; mkdir -- "$pidfile"';
    if (what === 'is not started') mkdirSync(file());
    else edit(script('agent-session.bash'), /^watch_as_main\(\) \{$/m, `watch_as_main() {\n${block}`);
    const { code } = fleet.systemctl('start', 'unseen');
    expect([code, fleet.record('unseen', 'fault')]).toEqual([1, `handshake: ${file()} cannot be written\n`]);
    expect(fleet.show('unseen', 'ExecMainStatus')).toBe('71');
    expect(fleet.record('unseen', 'starts') === undefined).toBe(what === 'is not started');
    expect(fleet.tmux('has-session', '-t', '=unseen').code).toBe(1);
  });
});

describe('the process that watches an agent', () => {
  it('is the main process of its unit, whose file is gone with it', async () => {
    fleet.add({ known: SLEEP });
    fleet.systemctl('start', 'known');
    const file = `${process.env['XDG_RUNTIME_DIR']}/mosaic-${fleet.name}@known.pid`;
    expect(readFileSync(file, 'utf8').trim()).toBe(fleet.show('known', 'MainPID'));
    fleet.systemctl('stop', 'known');
    await eventually(() => expect(existsSync(file)).toBe(false));
  });
});
