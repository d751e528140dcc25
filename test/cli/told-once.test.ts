import { describe, expect, it, jest } from '@jest/globals';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runMosaic, tempHome } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { fleetOfTmux, sleeper, TMUX_ALONE, type LiveFleet } from '../system/live-fleet.ts';

jest.setTimeout(60_000);

const AGENTS = { a: sleeper, b: sleeper };

let live: LiveFleet;
const fleet = fleetOfTmux(AGENTS, (one) => (live = one));

describe('what is done to all agents', () => {
  it('is shown agent by agent before it is done, and a named one shows what else is taken over', async () => {
    await fleet('apply');
    const stopped = await fleet('stop', '--yes');
    expect(stopped.stderr).toMatch(/^- a +stop: held by stop/m);
    expect(stopped.stderr).toMatch(/^- b +stop: held by stop/m);
    expect(stopped.stdout).toMatch(/The fleet matches the manifest \(2 held\)\.\n$/);
    expect((await fleet('verify')).stdout).toMatch(/^Verified \(2 held\)\.$/m);
    expect((await fleet('status')).stdout).toContain('Ready: 2 agents as the manifest says (2 held)');
    live.declare({ ...AGENTS, a: { command: ['sleep', '3601'] } }, TMUX_ALONE);
    expect((await fleet('start', 'a')).stderr).toContain('a: command changed; it starts as the manifest says now');
    expect((await fleet('start', 'b')).stderr).not.toContain('as the manifest says now');
  });
});

describe('what is refused for want of an answer', () => {
  it('does not look as if it had been done', async () => {
    await fleet('apply');
    const { stderr, exitCode } = await fleet('stop');
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(/^To be held by stop: a, b\n/);
    expect(stderr).not.toContain('Held by stop');
  });
});

describe('destroy', () => {
  it('can be asked for twice, and says of an unknown fleet whom the manifest is about', async () => {
    await fleet('apply');
    await fleet('destroy', '--yes');
    const again = { exitCode: 0, stdout: `Nothing to do: no fleet ${live.fleet} is installed in ${live.home}.\n` };
    expect(await fleet('destroy', '--yes')).toMatchObject(again);
    expect(await fleet('destroy', '--fleet', live.fleet)).toMatchObject(again);
    const other = await fleet('destroy', '--fleet', 'other');
    expect(other.stderr).toContain(
      `no fleet other is installed in ${live.home}\n  The manifest is about fleet ${live.fleet}.`,
    );
    expect(other.exitCode).toBe(64);
  });

  it.each([[['fleets', 'state']], [['fleets']]])(
    'calls no fleet gone of which somebody took away %j',
    async (taken) => {
      await fleet('apply');
      for (const name of taken) rmSync(join(live.home, name), { recursive: true });
      const { exitCode, stderr } = await fleet('destroy', '--yes');
      expect([exitCode, stderr]).toEqual([4, expect.stringContaining(`tmux -S ${live.socket} ls`)]);
      expect((await live.tmux('ls', '-F', '#{session_name}')).stdout).toBe('a\nb\n');
      await fleet('apply');
      expect(await fleet('destroy', '--yes')).toMatchObject({ exitCode: 0 });
    },
  );

  it('is done where all that is left is an empty directory, and the socket is somebody else’s', async () => {
    mkdirSync(join(live.home, 'state'), { recursive: true });
    mkdirSync(dirname(live.socket), { recursive: true, mode: 0o700 });
    await sh(['tmux', '-S', live.socket, '-f', '/dev/null', 'new-session', '-d', '-s', 'mine', 'sleep', '600']);
    expect(await fleet('destroy', '--yes')).toMatchObject({ exitCode: 0 });
    expect((await live.tmux('ls', '-F', '#{session_name}')).stdout).toBe('mine\n');
    await live.tmux('kill-server');
  });
});

describe('a manifest that others may write', () => {
  it('is warned of before an apply, as a watcher would not take it', async () => {
    chmodSync(live.manifest, 0o660);
    expect((await fleet('apply')).stderr).toContain('fleet.yaml has mode 0660, so others can write it; chmod go-w ');
    expect((await fleet('plan')).stderr).toBe('');
  });
});

describe('log', () => {
  it('tells what was done before what came of it', async () => {
    await fleet('apply');
    const lines = (await fleet('log', 'a')).stdout.trimEnd().split('\n');
    expect(lines).toEqual([expect.stringContaining('start: not running'), expect.stringContaining('started with')]);
  });
});

describe('verify --report', () => {
  it('says what it wrote', async () => {
    const { stderr } = await fleet('verify', '--report', join(live.root, 'evidence'));
    expect(stderr).toBe(`evidence: ${live.root}/evidence.json and ${live.root}/evidence.md\n`);
  });
});

describe('plan', () => {
  it('is about the named agents, as an apply of them is, also when it is saved', async () => {
    const { stdout, exitCode } = await fleet('plan', 'a');
    expect([exitCode, /^\+ a /m.test(stdout), /^\+ b /m.test(stdout)]).toEqual([0, true, false]);
    expect(stdout).toBe((await fleet('apply', 'a', '--dry-run')).stdout);
    expect(await fleet('plan', 'nobody')).toMatchObject({ exitCode: 64 });
    const file = join(live.root, 'plan.json');
    await fleet('plan', 'a', '--out', file);
    expect(await fleet('apply', file)).toMatchObject({ exitCode: 0 });
    expect((await live.tmux('ls', '-F', '#{session_name}')).stdout).toBe('a\n');
  });

  it.each([
    [['fleet.yml', 'a'], 'mosaic fleet plan -f fleet.yml a'],
    [['./plan.json'], 'mosaic fleet apply --dry-run ./plan.json'],
  ])('of %j shows the way to what was meant', async (args, hint) => {
    expect(await fleet('plan', ...args)).toMatchObject({ exitCode: 64, stderr: expect.stringContaining(hint) });
  });
});

describe('apply', () => {
  it('says once why an agent is in the way, and at the end its name', async () => {
    live.declare({ ...AGENTS, b: { command: ['no-such-program'] } }, TMUX_ALONE);
    const { stdout, stderr, exitCode } = await fleet('apply');
    expect(exitCode).toBe(3);
    expect((stdout + stderr).match(/b runs no-such-program/g)).toHaveLength(1);
    expect(stdout).toContain('Left: b is blocked (command-not-found).');
  });

  it('says once, too, where what runs could have gone on: the old program is what would start again', async () => {
    await fleet('apply');
    live.declare({ ...AGENTS, b: { command: ['no-such-program'] } }, TMUX_ALONE);
    const { stdout, stderr } = await fleet('apply');
    expect((stdout + stderr).match(/b runs no-such-program/g)).toHaveLength(1);
    expect(stdout + stderr).not.toContain('NextStartFails');
  });

  it('says of a fleet whose name was changed what the old one holds, first and once', async () => {
    await fleet('apply');
    const old = live.fleet;
    writeFileSync(live.manifest, readFileSync(live.manifest, 'utf8').replace(old, 'renamed'));
    const { stdout, stderr, exitCode } = await fleet('apply');
    expect(exitCode).toBe(4);
    expect(stderr).toMatch(new RegExp(`^! fleet +blocked \\(foreign-server\\): this home still holds fleet ${old} `));
    expect((stdout + stderr).match(/foreign/g)).toHaveLength(1);
    const status = await fleet('status');
    expect(status.stdout).toContain(`Ready: False, this home still holds fleet ${old} (2 agents)`);
    expect(status.stdout.match(/still holds/g)).toHaveLength(1);
  });
});

describe('init', () => {
  it('proposes nothing that it warns of itself: the directory of several stands once, with what to do about it', async () => {
    const home = tempHome();
    await runMosaic(['fleet', 'init', '--agent', 'a=sh', '--agent', 'b=sh'], { home, cwd: home.root });
    const text = readFileSync(join(home.home, 'fleet.yaml'), 'utf8');
    expect(text.match(/^ +workingDirectory: /gm)).toHaveLength(1);
    expect(text).toMatch(/^ {4}# All agents work here\. .*\n {4}workingDirectory: /m);
    const checked = await runMosaic(['fleet', 'validate'], { home });
    expect(checked).toMatchObject({ exitCode: 0, stderr: '', stdout: expect.stringContaining('valid, 2 agents') });
  });
});
