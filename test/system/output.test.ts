import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join, resolve } from 'node:path';
import { cleanUp } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { answer, liveFleet, sleeper, type FailureAnswer, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
/** No user manager answers there. */
const NO_MANAGER = { XDG_RUNTIME_DIR: undefined, DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nowhere/bus' };
/** A namespace with every program but tmux. The second one gives back the own uid, which the user manager asks for. */
const WITHOUT_TMUX = `
  mkdir -p "$1"; mount --bind /usr/bin "$1"; mount -t tmpfs none /usr/bin
  "$1/ln" -s "$1"/* /usr/bin/; "$1/rm" /usr/bin/tmux
  uid=$2; shift 2; exec unshare -U --map-user="$uid" --map-group="$uid" "$@"`;
const AGENTS = { 'worker-1': sleeper, 'worker-10': sleeper };
const ESCAPE = String.fromCharCode(27);

let live: LiveFleet;
beforeAll(async () => {
  live = liveFleet(AGENTS);
  await live.must('apply');
});
afterAll(cleanUp);

describe('exit codes', () => {
  it.each([
    [0, ['plan', '--detailed-exitcode']],
    [0, ['verify']],
    [4, ['init']],
    [4, ['restart']],
    [64, ['frobnicate']],
    [64, ['plan', '--no-such-option']],
    [64, ['apply', '--lock-timeout', 'soon']],
    [64, ['log', '-n', 'many']],
    [64, ['destroy', '-f', '-']],
    [64, []],
    [65, ['plan', '-f', '/nowhere.yaml']],
  ])('are %i for: fleet %j', async (exitCode, args) => {
    expect(await live.mosaic(args)).toMatchObject({ exitCode });
  });

  it('are 2 for a plan with something in it only when asked for, and 2 for a verify of it', async () => {
    live.declare({ ...AGENTS, more: sleeper });
    expect(await live.mosaic(['plan'])).toMatchObject({ exitCode: 0 });
    expect(await live.mosaic(['plan', '--detailed-exitcode'])).toMatchObject({ exitCode: 2 });
    expect(await live.mosaic(['verify'])).toMatchObject({ exitCode: 2 });
  });

  it('are 3 where something is left', async () => {
    live.declare({ ...AGENTS, more: { command: ['no-such-program'] } });
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 3 });
  });

  it('are 4 where many agents would go at once, until the number is allowed', async () => {
    const many = Object.fromEntries(
      Array.from({ length: 4 }, (_, at) => [`extra-${at}`, { ...sleeper, state: 'stopped' }]),
    );
    live.declare({ ...AGENTS, ...many });
    await live.must('apply', '--yes');
    live.declare(AGENTS);
    expect(await live.mosaic(['apply', '--yes'])).toMatchObject({
      exitCode: 4,
      stderr: expect.stringContaining('--allow-delete 4'),
    });
    await live.must('apply', '--yes', '--allow-delete', '4');
    expect((await live.status()).agents.map(({ name }) => name)).toEqual(Object.keys(AGENTS));
  });
});

describe('a failure', () => {
  it.each([
    [['plan', '-f', '/nowhere.yaml'], 65],
    [['apply', '-f', '/nowhere.yaml'], 65],
    [['install', '-f', '/nowhere.yaml'], 65],
    [['verify', '-f', '/nowhere.yaml'], 65],
    [['validate', '/nowhere.yaml'], 65],
    [['start', '-f', '/nowhere.yaml'], 65],
    [['restart', 'nobody'], 64],
    [['stop', 'nobody'], 64],
    [['destroy', '--fleet', 'nobody'], 64],
    [['status', '--home', 'relative'], 64],
    [['log', '-n', 'x'], 64],
    [['doctor', '--home', 'relative'], 64],
    [['init'], 4],
    [['no-such-command'], 64],
  ])('B82: is valid JSON with code, message, hint and exit: fleet %j', async (args, exit) => {
    const ended = await live.mosaic([...args, '-o', 'json']);
    expect(ended.exitCode).toBe(exit);
    expect(answer<FailureAnswer>(ended)).toMatchObject({
      formatVersion: '1.0',
      error: {
        code: expect.stringMatching(/^E_[A-Z_]+$/),
        message: expect.stringMatching(/./),
        hint: expect.stringMatching(/./),
        exit,
      },
    });
  });

  it('B76: suggests the agent that was meant, and never takes a prefix for a name', async () => {
    const before = await live.pids();
    for (const name of ['worker', 'worker-']) {
      expect(await live.mosaic(['restart', name])).toMatchObject({
        exitCode: 64,
        stderr: expect.stringMatching(/Did you mean worker-1/),
      });
    }
    expect(await live.pids()).toEqual(before);
  });

  it('points a family without a command to its own help', async () => {
    expect((await live.mosaic([])).stderr).toContain('See `mosaic fleet --help`.');
  });

  it('of verify names what to look at next', async () => {
    live.declare({ ...AGENTS, more: sleeper });
    expect((await live.mosaic(['verify'])).stdout).toContain('NOT verified. Next: mosaic fleet plan -v');
    live.declare(AGENTS);
  });

  it('B75: suggests the command that was meant', async () => {
    expect(await live.mosaic(['aply'])).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('apply') });
  });
});

describe('several manifests', () => {
  const validate = (...args: readonly string[]) => live.mosaic(['validate', ...args]);
  const good = () => join(live.home, 'fleet.yaml');

  it('are all checked, also where one of them is not there', async () => {
    const { exitCode, stdout, stderr } = await validate('/nowhere/a.yaml', good(), '/nowhere/b.yaml');
    expect(exitCode).toBe(65);
    expect(stdout).toMatch(/fleet\.yaml: valid, \d agents\n$/);
    expect(stderr).toContain('/nowhere/a.yaml: there is no such file');
    expect(stderr).toContain('/nowhere/b.yaml: there is no such file');
    const json = await validate('/nowhere/a.yaml', good(), '-o', 'json');
    expect(json).toMatchObject({ exitCode: 65 });
    expect(answer<FailureAnswer>(json).error.code).toBe('E_MANIFEST_MISSING');
  });
});

describe('help', () => {
  it.each(['fleet apply', 'agent send'])('of a command is that of its last word: %s', async (words) => {
    const ended = await sh([process.execPath, MOSAIC, 'help', ...words.split(' ')]);
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(`^Usage: mosaic ${words} `) });
  });

  it('refuses a shell without a completion script, and names those that have one', async () => {
    const ended = await sh([process.execPath, MOSAIC, 'completion', 'bsh']);
    expect(ended.exitCode).toBe(64);
    expect(ended.stderr).toContain('Allowed choices are bash, zsh, fish.');
    expect(ended.stderr).not.toContain('powershell');
  });
});

describe('doctor', () => {
  it('looks at the user manager before there is a manifest', async () => {
    const looked = await live.mosaic(['doctor', '-f', '/nowhere.yaml']);
    expect(looked).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^ok {4}user manager: systemd \d+/m) });
    const missing = await live.mosaic(['doctor', '-f', '/nowhere.yaml'], { env: NO_MANAGER });
    expect(missing).toMatchObject({
      exitCode: 1,
      stdout: expect.stringMatching(/^BAD {3}user manager: .*\n .*enable-linger/m),
    });
  });
});

describe('output', () => {
  it('has colours on a terminal, unless somebody wants none', async () => {
    live.declare({ ...AGENTS, more: sleeper });
    const plan = async (flags = '', env: Record<string, string> = {}): Promise<string> => {
      const command = `${process.execPath} ${MOSAIC} fleet plan ${flags}`;
      const places = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir, TERM: 'xterm', ...env };
      return (await sh(['script', '-qec', command, '/dev/null'], { env: places })).stdout.replaceAll('\r', '');
    };
    const plain = (await live.mosaic(['plan'])).stdout;
    const coloured = await plan();
    expect(coloured).toContain(`${ESCAPE}[32m+${ESCAPE}[0m more  start: `);
    expect(coloured.replaceAll(`${ESCAPE}[0m`, '').replaceAll(/\u001b\[\d+m/g, '')).toBe(plain);
    expect(await plan('--no-color')).toBe(plain);
    expect(await plan('--no-such --no-color')).not.toContain(ESCAPE);
    expect(await plan('', { NO_COLOR: '1' })).toBe(plain);
    expect(await plan('', { TERM: 'dumb' })).toBe(plain);
  });

  it('B84: holds no escape sequence on a pipe or with NO_COLOR, and fits 80 columns', async () => {
    live.declare({ ...AGENTS, more: sleeper });
    const said = await Promise.all(
      [['plan'], ['status'], ['plan', '-v'], ['log']].map((args) => live.mosaic(args, { env: { NO_COLOR: '1' } })),
    );
    const text = said.map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(text).not.toContain(ESCAPE);
    const wide = said.slice(0, 1).flatMap(({ stdout }) => stdout.split('\n').filter((line) => line.length > 80));
    expect(wide).toEqual([]);
  });

  it('that nobody reads any more ends the command quietly, as a shell counts SIGPIPE (F06)', async () => {
    const script = 'mkfifo "$0" && exec 3<>"$0" 4>"$0" 3<&- && exec "$@" >&4';
    const argv = [process.execPath, MOSAIC, 'fleet', 'plan'];
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    const ended = await sh(['bash', '-c', script, join(live.root, 'unread'), ...argv], { env });
    expect(ended).toMatchObject({ exitCode: 141, stderr: '' });
  });

  it.each([
    ['plan', '-v'],
    ['status', '-o', 'json'],
    ['plan', '--help'],
  ])('that cannot be written is an error that says so: %s %s', async (...args) => {
    const argv = [process.execPath, MOSAIC, 'fleet', ...args];
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    const ended = await sh(['bash', '-c', 'exec "$@" >/dev/full', 'bash', ...argv], { env });
    expect(ended).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/^error: the answer could not be written: no space left.*\n {2}Make it writable/),
    });
  });

  it('asks nothing where there is no terminal: without --yes the command is refused', async () => {
    live.declare({ 'worker-1': { command: ['sleep', '3601'] }, 'worker-10': sleeper });
    const before = await live.pids();
    expect(await live.mosaic(['apply'])).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('--yes') });
    expect(await live.pids()).toEqual(before);
    live.declare(AGENTS);
  });
});

describe('a machine without', () => {
  it.each(['plan', 'apply', 'status', 'verify'])(
    'a user manager ends %s with 69 and the way out (F38, F39)',
    async (command) => {
      const ended = await live.mosaic([command, '-o', 'json'], { env: NO_MANAGER });
      expect(ended.exitCode).toBe(69);
      expect(answer<FailureAnswer>(ended).error).toMatchObject({
        code: 'E_NO_USER_MANAGER',
        hint: expect.stringContaining('loginctl enable-linger'),
      });
    },
  );

  it.each(['plan', 'apply', 'status', 'verify'])('tmux ends %s with 69 (F46)', async (command) => {
    const argv = [process.execPath, MOSAIC, 'fleet', command, '-o', 'json'];
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    const places = [join(live.root, 'programs'), String(process.getuid?.())];
    const ended = await sh(['unshare', '-Urm', 'sh', '-ec', WITHOUT_TMUX, 'sh', ...places, ...argv], { env });
    expect(ended.exitCode).toBe(69);
    expect(answer<FailureAnswer>(ended).error.code).toBe('E_TMUX_MISSING');
  });
});
