import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, jest } from '@jest/globals';
import { eventually } from '../support/harness.ts';
import { fixture, fleetByHand } from './helper-agent.ts';
import { fields, makeFleet, run, type HelperFleet } from './helper-fleet.ts';

jest.setTimeout(120_000);
const SLEEP = { argv: ['sleep', '1000'], unit: 'Restart=on-failure' };
let fleet: HelperFleet;

fleetByHand((made) => (fleet = made));

const serverPid = (): number => Number(fleet.tmux('display-message', '-p', '#{pid}').out);
const panePid = (session: string): number =>
  Number(fleet.tmux('list-panes', '-t', `=${session}:`, '-F', '#{pane_pid}').out);
const kill = (pid: number, signal = 'KILL'): void => {
  expect(pid).toBeGreaterThan(1);
  process.kill(pid, `SIG${signal}`);
};

/** Waits until the agent runs again as another process than `before`. */
const back = async (agent: string, before: number): Promise<number> =>
  eventually(() => {
    expect(fleet.show(agent, 'ActiveState')).toBe('active');
    const pid = fleet.pid(agent);
    expect(pid).not.toBe(before);
    expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toBe('sleep\u00001000\u0000');
    return pid;
  });

describe('two agents of which one has a name that begins like the other', () => {
  it('do not disturb each other', async () => {
    fleet.add({ 'worker-1': SLEEP, 'worker-10': SLEEP });
    fleet.systemctl('start', 'worker-1', 'worker-10');
    const [one, ten] = [fleet.pid('worker-1'), fleet.pid('worker-10')];
    fleet.systemctl('stop', 'worker-1');
    fleet.call('clean', 'worker-1');
    expect(existsSync(`/proc/${one}`)).toBe(false);
    expect([fleet.pid('worker-10'), panePid('worker-10') > 0]).toEqual([ten, true]);
    fleet.systemctl('start', 'worker-1');
    fleet.systemctl('restart', 'worker-1');
    expect([fleet.pid('worker-10'), fleet.show('worker-10', 'ActiveState')]).toEqual([ten, 'active']);
  });
});

describe('a session that is not ours', () => {
  beforeAll(() => {
    // The first agent brings the server up.
    fleet.add({ first: SLEEP });
    fleet.systemctl('start', 'first');
  });

  it('with the name of the agent is left alone: the agent does not start, says so, and is not tried again (F60)', () => {
    fleet.add({ taken: SLEEP });
    fleet.tmux('new-session', '-d', '-s', 'taken', 'sleep', '1000');
    fleet.tmux('set-option', '-t', '=taken:', '@mosaic_owner', 'other/taken');
    const before = panePid('taken');
    fleet.systemctl('start', 'taken');
    expect(fleet.record('taken', 'fault')).toBe('foreign: a session named taken exists that is not ours\n');
    const facts = ['ActiveState', 'ExecMainStatus', 'NRestarts'].map((property) => fleet.show('taken', property));
    expect(facts).toEqual(['failed', '73', '0']);
    fleet.call('clean', 'taken');
    fleet.call('end', 'taken');
    expect(panePid('taken')).toBe(before);
  });

  it('but that carries our mark from a run before is ended and made anew', async () => {
    fleet.add({ leftover: SLEEP });
    fleet.tmux('new-session', '-d', '-s', 'leftover', 'sleep', '1000');
    fleet.tmux('set-option', '-t', '=leftover:', '@mosaic_owner', `${fleet.name}/leftover`);
    const before = panePid('leftover');
    fleet.systemctl('start', 'leftover');
    expect(panePid('leftover')).not.toBe(before);
    expect(existsSync(`/proc/${before}`)).toBe(false);
    expect(fleet.show('leftover', 'ActiveState')).toBe('active');
  });
});

describe('a session of ours', () => {
  it('carries its marks and its size from the start', () => {
    fleet.add({ marked: SLEEP });
    fleet.systemctl('start', 'marked');
    const format = '#{@mosaic_owner} #{@mosaic_spec} #{@mosaic_launcher} #{window_width}x#{window_height}';
    expect(fleet.tmux('list-panes', '-t', '=marked:', '-F', format).out).toBe(
      `${fleet.name}/marked v1:abc v1:def 100x30\n`,
    );
  });

  it('has all its processes in the cgroup of its unit, and the agent in front', async () => {
    fleet.add({ grouped: { argv: ['sh', '-c', 'sleep 999 & sleep 998'] } });
    fleet.systemctl('start', 'grouped');
    const namesInUnit = (): readonly string[] =>
      inUnit('grouped').map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, 3).join(' '));
    // A process that was just made has the name of its parent still.
    await eventually(() =>
      expect(namesInUnit().toSorted()).toEqual([
        `/bin/bash -p ${fleet.helper}`,
        `/bin/bash ${fleet.helper} run`,
        'sh -c sleep 999 & sleep 998',
        'sleep 998 ',
        'sleep 999 ',
      ]),
    );
    expect(inUnit('grouped')).toContain(String(panePid('grouped')));
    const current = fleet.tmux('display-message', '-p', '-t', '=grouped:', '#{pane_current_command}').out;
    expect(current).toBe('sh\n');
  });
});

/** The processes in the cgroup of an agent's unit. */
function inUnit(agent: string): readonly string[] {
  return run('systemctl', '--user', 'show', '--value', '-p', 'ControlGroup', fleet.unit(agent))
    .out.trim()
    .split('\n')
    .flatMap((group) =>
      readFileSync(join('/sys/fs/cgroup', group, 'cgroup.procs'), 'utf8')
        .trim()
        .split('\n'),
    );
}

describe('a running agent', () => {
  beforeAll(() => {
    fleet.add({ hero: SLEEP, witness: SLEEP });
    fleet.systemctl('start', 'hero', 'witness');
  });

  it.each([
    ['its wrapper is killed', () => kill(panePid('hero'))],
    ['it is killed itself', () => kill(fleet.pid('hero'))],
    ['its unit’s main process is killed', () => kill(Number(fleet.show('hero', 'MainPID')))],
    ['a person kills its session', () => expect(fleet.tmux('kill-session', '-t', '=hero:').code).toBe(0)],
    [
      'a person kills its pane beside another one',
      () => {
        fleet.tmux('split-window', '-d', '-t', '=hero:', 'sleep', '1000');
        expect(
          fleet.tmux(
            'kill-pane',
            '-t',
            fleet.tmux('list-panes', '-t', '=hero:', '-F', '#{pane_id}').out.split('\n')[0] ?? '',
          ).code,
        ).toBe(0);
      },
    ],
  ])('comes back, and alone, when %s (F59)', async (_cause, harm) => {
    const [before, witness] = [fleet.pid('hero'), fleet.pid('witness')];
    fleet.systemctl('reset-failed', 'hero');
    harm();
    await back('hero', before);
    expect(existsSync(`/proc/${before}`)).toBe(false);
    expect(fleet.pid('witness')).toBe(witness);
    const panes = fleet.tmux('list-panes', '-s', '-t', '=hero:', '-F', '#{pane_id}').out.trim().split('\n');
    expect(panes).toHaveLength(1);
  });

  it('leaves word that its session was ended, and not it', async () => {
    const before = fleet.pid('hero');
    fleet.systemctl('reset-failed', 'hero');
    expect(fleet.tmux('kill-session', '-t', '=hero:').code).toBe(0);
    await back('hero', before);
    expect(fields(fleet.record('hero', 'exit'))).toMatchObject({ code: '75', asked: 'none', lost: 'session' });
    expect(fleet.record('hero', 'events')).toMatch(/^at=\d+ end code=75 asked=none lost=session$/m);
  });

  it('leaves a record of an end that nobody lived to write', async () => {
    const before = fleet.pid('witness');
    kill(Number(fleet.show('witness', 'MainPID')));
    await back('witness', before);
    expect(fields(fleet.record('witness', 'exit'))).toMatchObject({ signal: 'KILL', asked: 'none' });
  });

  it('comes back with all others when the server is killed, and when a person ends it (F65)', async () => {
    for (const harm of [() => kill(serverPid()), () => fleet.tmux('kill-server')]) {
      const before = [fleet.pid('hero'), fleet.pid('witness')];
      fleet.systemctl('reset-failed', 'hero', 'witness');
      harm();
      await back('hero', before[0] ?? 0);
      await back('witness', before[1] ?? 0);
    }
  });
});

describe('an agent that crashes again and again', () => {
  it('ends as failed, with its own exit code and its last screen (F31)', async () => {
    fleet.add({ crash: { argv: ['sh', '-c', 'echo "cannot log in"; exit 5'], unit: 'Restart=on-failure' } });
    fleet.systemctl('start', 'crash');
    await eventually(() => {
      const facts = ['ActiveState', 'SubState', 'ExecMainStatus', 'NRestarts'].map((name) => fleet.show('crash', name));
      expect(facts).toEqual(['failed', 'failed', '5', '4']);
    });
    expect(fields(fleet.record('crash', 'starts'))).toMatchObject({ count: '4' });
    expect(fleet.record('crash', 'screen')).toBe('cannot log in\n');
  });
});

describe('a server', () => {
  it('that is not its unit’s own is not taken for it', () => {
    run('systemctl', '--user', 'start', `mosaic-${fleet.name}-tmux.service`);
    const other = run('env', 'MAINPID=1', '/bin/bash', fleet.helper, 'wait-server', fleet.directory);
    expect(other.code).toBe(73);
    expect(other.err).toContain(`foreign: another tmux server (pid ${serverPid()}) answers`);
  });

  it('that died before it answered is reported at once', () => {
    const dead = makeFleet();
    try {
      const gone = run('env', 'MAINPID=999999', '/bin/bash', dead.helper, 'wait-server', dead.directory);
      expect([gone.code, gone.err]).toEqual([70, 'mosaic-agent: tmux: the server ended while it started\n']);
    } finally {
      dead.destroy();
    }
  });
});

describe('many agents', () => {
  it('start at once, fifty of them, and stop at once, each with its own exit', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `many-${index}`);
    fleet.add(
      Object.fromEntries(
        names.map((name) => [name, { argv: [fixture('saves-on-term.sh'), join(fleet.scratch, name)] }]),
      ),
    );
    expect(fleet.systemctl('start', ...names)).toMatchObject({ code: 0 });
    expect(new Set(names.map((name) => fleet.pid(name))).size).toBe(50);
    await eventually(() => expect(fleet.tmux('capture-pane', '-p', '-t', '=many-49:').out).toContain('ready'));
    fleet.systemctl('stop', ...names);
    expect(names.map((name) => fields(fleet.record(name, 'exit'))['asked'])).toEqual(names.map(() => 'stop'));
    expect(new Set(names.map((name) => fleet.record(name, 'screen')))).toEqual(new Set(['ready\nsaved\n']));
    expect(fleet.tmux('list-sessions', '-F', '#{session_name}').out).not.toContain('many');
  });
});
