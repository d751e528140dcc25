import { describe, expect, it, jest } from '@jest/globals';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMosaic, tempHome } from '../support/harness.ts';
import { fleetOfTmux, NO_MANAGER, sleeper, TMUX_ALONE, type LiveFleet } from '../system/live-fleet.ts';

jest.setTimeout(60_000);

const AGENTS = { a: sleeper, b: sleeper };

let live: LiveFleet;
const fleet = fleetOfTmux(AGENTS, (one) => (live = one));

describe('stop', () => {
  it('writes a hold for an agent that is not installed, and installs and starts nothing', async () => {
    expect(await fleet('stop', 'a')).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(live.home, 'fleets', live.fleet), { recursive: true })).toEqual(['holds', 'holds/a']);
    expect(existsSync(live.socket)).toBe(false);
  });

  it('ends an agent that left the manifest, and claims nothing about the rest', async () => {
    await fleet('apply');
    live.declare({ a: sleeper }, TMUX_ALONE);
    const ended = await fleet('stop', 'b');
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.not.stringContaining('matches the manifest') });
    expect((await live.tmux('ls', '-F', '#{session_name}')).stdout).toBe('a\n');
  });

  it('still refuses a name that is neither in the manifest nor installed', async () => {
    await fleet('apply');
    expect(await fleet('stop', 'c')).toMatchObject({ exitCode: 64 });
  });
});

it.each(['*', 'a*', '[ab]', 'all', 'a,b', ''])('B77: %j is the name of no agent, so nothing is done', async (name) => {
  await fleet('apply');
  const sessions = () => live.tmux('ls', '-F', '#{session_name} #{session_created} #{pane_pid}');
  const before = (await sessions()).stdout;
  for (const args of [
    ['fleet', 'stop', name],
    ['fleet', 'restart', name, '--yes'],
    ['fleet', 'apply', name, '--yes'],
    ['agent', 'reset', name],
    ['agent', 'send', name, 'text'],
    ['agent', 'tail', name],
  ]) {
    expect(await runMosaic(args, { home: live, env: NO_MANAGER })).toMatchObject({ exitCode: 64 });
  }
  expect((await sessions()).stdout).toBe(before);
});

describe('restart without names', () => {
  it('leaves out who is held or stopped, and says so', async () => {
    live.declare({ ...AGENTS, rests: { ...sleeper, state: 'stopped' } }, TMUX_ALONE);
    await fleet('apply');
    await fleet('stop', 'b');
    const ended = await fleet('restart', '--yes');
    expect(ended).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('1 change done') });
    expect(ended.stderr).toContain('left out: b is held by stop');
    expect(ended.stderr).toContain('left out: the manifest says that rests is stopped');
  });
});

describe('apply', () => {
  it('shows under --dry-run the plan of exactly the named agents', async () => {
    const { stdout, exitCode } = await fleet('apply', 'a', '--dry-run');
    expect({ exitCode, a: /^\+ a /m.test(stdout), b: /^\+ b /m.test(stdout) }).toEqual({
      exitCode: 0,
      a: true,
      b: false,
    });
    expect(await fleet('apply', 'nobody', '--dry-run')).toMatchObject({ exitCode: 64 });
    expect(await fleet('apply', '--allow-delete', 'x', '--dry-run')).toMatchObject({ exitCode: 64 });
  });

  it('claims no more than the named part when there is nothing to do for it', async () => {
    await fleet('apply', 'a');
    const ended = await fleet('apply', 'a');
    expect(ended.stdout).toBe('No changes. That part is as the manifest says.\n');
    expect(ended.stderr).not.toContain('matches the manifest');
    expect((await fleet('apply', 'a', '--dry-run')).stdout).not.toContain('The fleet matches');
    await fleet('apply');
    live.declare({ a: { command: ['sleep', '3601'] }, b: sleeper }, TMUX_ALONE);
    for (const args of [
      ['stop', 'b'],
      ['apply', 'b'],
      ['plan', 'b'],
    ])
      expect((await fleet(...args)).stdout).toMatch(/That part is as the manifest says \(1 held\)\.\n$/);
    await fleet('start', 'b');
    await fleet('stop', 'a');
    expect((await fleet('plan', 'b')).stdout).toBe('No changes for b. That part is as the manifest says.\n');
  });

  it('says once that there is nothing to do', async () => {
    await fleet('apply');
    const { stdout, stderr } = await fleet('apply');
    expect((stdout + stderr).match(/No changes/g)).toHaveLength(1);
  });

  it('B81: refuses a manifest from standard input', async () => {
    expect(await fleet('apply', '-f', '-')).toMatchObject({ exitCode: 64 });
  });
});

describe('a saved plan', () => {
  it.each([['fleet.yaml'], ['fleet.conf']])('that is a manifest, %s, is told to be one', async (name) => {
    const file = join(live.root, name);
    writeFileSync(file, '# a comment\nversion: 1\n', { mode: 0o600 });
    const ended = await fleet('apply', file);
    expect(ended).toMatchObject({ exitCode: 65 });
    expect(ended.stderr).toContain(`A manifest is named with -f: mosaic fleet apply -f ${file}`);
  });

  it('beside an agent is refused with the way to name a manifest', async () => {
    const ended = await fleet('apply', 'fleet.yml', 'a');
    expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('apply -f fleet.yml a') });
  });
});

describe('log', () => {
  it('refuses an agent nobody knows, and tells of one that left the manifest', async () => {
    await fleet('apply');
    live.declare({ a: sleeper, other: sleeper }, TMUX_ALONE);
    expect(await fleet('log', 'b')).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('b  start: ') });
    const ended = await fleet('log', 'othr');
    expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('Did you mean other?') });
  });
});

describe('agent reset', () => {
  it('refuses a broken manifest, which may say that an agent is stopped', async () => {
    await fleet('apply');
    live.declare({ a: { ...sleeper, state: 'stopped' }, b: sleeper }, TMUX_ALONE);
    await fleet('apply', '--yes');
    const sessions = () => live.tmux('ls', '-F', '#{session_name}');
    expect((await sessions()).stdout).toBe('b\n');
    writeFileSync(live.manifest, 'agents: [');
    const ended = await runMosaic(['agent', 'reset', 'a'], { home: live, env: NO_MANAGER });
    expect(ended).toMatchObject({ exitCode: 65, stderr: expect.stringContaining('fleet.yaml:') });
    expect((await sessions()).stdout).toBe('b\n');
  });
});

describe('validate', () => {
  it.each([[['-']], [['-f', '-']]])('B81: reads standard input for %j', async (args) => {
    const input = readFileSync(live.manifest);
    const good = await live.mosaic(['validate', ...args], { input });
    expect(good).toMatchObject({ exitCode: 0, stdout: 'stdin: valid, 2 agents\n' });
    expect(await live.mosaic(['validate', ...args], { input: 'kind: Fleet' })).toMatchObject({ exitCode: 65 });
  });
});

describe('validate --strict', () => {
  const REVIEWED = ['validate', '--strict', '--allow', 'W_NO_LIMITS', '--allow', 'W_SHARED_CWD'];

  it('fails for what it finds, of each of several files, until that is allowed by name', async () => {
    const strict = await fleet('validate', '--strict', live.manifest, live.manifest);
    expect(strict).toMatchObject({ exitCode: 65, stderr: expect.stringContaining('--allow W_NO_LIMITS') });
    expect(strict.stdout.match(/not valid/g)).toHaveLength(2);
    expect(await fleet(...REVIEWED)).toMatchObject({ exitCode: 0 });
  });

  it.each([
    [['--strict', '--allow', 'W_NO_SUCH'], 'What can be allowed: W_COMMENT, W_NO_AGENTS, W_SECRET_NAME,'],
    [['--allow', 'W_SHELL'], '--allow is about --strict'],
  ])('refuses %j', async (args, why) => {
    expect(await fleet('validate', ...args)).toMatchObject({ exitCode: 64, stderr: expect.stringContaining(why) });
  });

  it.each([['github'], ['markdown']])('prints plain lines beside %s, for logs that show neither', async (format) => {
    const { stdout, stderr } = await fleet('validate', '--strict', '-o', format, live.manifest);
    expect(stderr).toMatch(new RegExp(`^${live.manifest}:\\d+:\\d+: error: .* \\[W_NO_LIMITS\\]$`, 'm'));
    expect(stdout).toContain('W_NO_LIMITS');
  });
});

describe('plan -o github', () => {
  it('names the manifest as a checkout does', async () => {
    const options = { cwd: live.root, env: NO_MANAGER };
    const { stdout, stderr } = await live.mosaic(['plan', '-o', 'github', '-f', 'mosaic/fleet.yaml'], options);
    expect(stdout).toContain('::notice file=mosaic/fleet.yaml,line=1::start agent.a');
    expect(stderr).toContain('mosaic/fleet.yaml:1:1: notice: start agent.a');
    expect((await fleet('plan', '-o', 'github')).stdout).toContain('::notice file=fleet.yaml,line=1::start agent.a');
  });
});

describe('init', () => {
  it('writes no proxy with a password, with a scheme or without', async () => {
    const home = tempHome();
    const env = { http_proxy: 'bob:s3cret@proxy:3128', https_proxy: 'http://bob:s3c/ret@proxy', no_proxy: 'localhost' };
    const { stdout } = await runMosaic(['fleet', 'init', '--agent', 'a=x'], { home, env });
    const text = readFileSync(join(home.home, 'fleet.yaml'), 'utf8');
    expect(text).toContain('no_proxy: localhost');
    expect(text).not.toMatch(/s3c/);
    expect(stdout).toContain('http_proxy holds a password');
  });

  it('refuses an agent that is given twice, and names both', async () => {
    const home = tempHome();
    const ended = await runMosaic(['fleet', 'init', '--agent', 'a=x', '--agent', 'a=y'], { home });
    expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('"a=x" and "a=y"') });
  });
});

describe('a usage error', () => {
  it.each([
    [['staus'], 'See `mosaic fleet --help`.'],
    [['plan', '--nope'], 'See `mosaic fleet plan --help`.'],
    [['log', '-n', 'many'], 'See `mosaic fleet log --help`.'],
  ])('B75: of %j is one sentence and names the help of that command', async (args, hint) => {
    const { stderr } = await fleet(...args);
    expect(stderr).toContain(hint);
    expect(stderr).not.toContain('\\n');
  });

  it('of an agent named to status names the command for agents', async () => {
    const ended = await fleet('status', 'a');
    expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('`mosaic agent status a`') });
  });

  it.each([
    ['sh git log --oneline', 'mosaic agent send sh -- git log --oneline'],
    ['--all git log --oneline', 'mosaic agent send --all -- git log --oneline'],
    ['--selector role=coder ls -la', 'mosaic agent send --selector role=coder -- ls -la'],
    ['sh echo $HOME --now', 'mosaic agent send sh -- TEXT'],
  ])('of send %s shows where the text begins', async (words, hint) => {
    const ended = await runMosaic(['agent', 'send', ...words.split(' ')], { home: live });
    expect(ended).toMatchObject({ exitCode: 64, stderr: expect.stringContaining(`\`${hint}\``) });
  });

  it('of a command that is missing lists those there are', async () => {
    const ended = await fleet();
    expect(ended).toMatchObject({ exitCode: 64, stdout: '' });
    expect(ended.stderr).toMatch(/Commands: validate, plan, .*watch, init\. See `mosaic fleet --help`\./);
  });
});

describe('mosaic alone', () => {
  it('prints its help', async () => {
    const help = await runMosaic(['--help'], { home: live });
    expect(await runMosaic([], { home: live })).toMatchObject({ exitCode: 0, stdout: help.stdout, stderr: '' });
  });
});
