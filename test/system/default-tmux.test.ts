import { afterAll, beforeEach, afterEach, describe, expect, it } from '@jest/globals';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { answer, liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

interface VerifyAnswer {
  readonly verified: boolean;
  readonly plan: { readonly empty: boolean };
  readonly defaultTmux: {
    readonly untouched: boolean;
    readonly basis: string;
    readonly before: { readonly state: string; readonly sessions: readonly string[] };
    readonly after: { readonly state: string; readonly sessions: readonly string[] };
    readonly byUser: readonly string[];
  };
}

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');

let live: LiveFleet;
let theirs: string;
const tmux = (...args: readonly string[]) => sh(['tmux', '-S', theirs, '-f', '/dev/null', ...args]);
const open = (name: string) => tmux('new-session', '-d', '-s', name, 'sleep 3600');
const verify = async (): Promise<VerifyAnswer> => answer(await live.mosaic(['verify', '-o', 'json']));

beforeEach(() => {
  live = liveFleet({ a: sleeper });
  theirs = join(dirname(live.socket), 'default');
});
afterEach(cleanUp);
afterAll(cleanUp);

describe('the user’s own tmux', () => {
  it('is untouched, and not started by looking, when there is none', async () => {
    await live.must('plan');
    await live.must('apply');
    await live.must('status');
    expect(await verify()).toMatchObject({
      verified: true,
      defaultTmux: { untouched: true, basis: 'record', before: { state: 'absent' }, after: { state: 'absent' } },
    });
    expect(existsSync(theirs)).toBe(false);
  });

  it('is judged by what is there before any command of ours', async () => {
    await live.must('install');
    expect((await verify()).defaultTmux).toMatchObject({ untouched: true, basis: 'record' });
    await sh(['rm', '-r', join(live.home, 'state')]);
    expect((await verify()).defaultTmux).toMatchObject({ untouched: true, basis: 'present' });
  });

  it.each(['{', '{"command":"x"}', '{"command":1,"before":{},"after":{}}', 'null'])(
    'is judged by what is there when the record is damaged: %s (F83)',
    async (damaged) => {
      await live.must('install');
      writeFileSync(join(live.home, 'state', live.fleet, 'default-tmux.json'), damaged);
      expect((await verify()).defaultTmux).toMatchObject({ untouched: true, basis: 'present' });
    },
  );

  it('is untouched with sessions in it, and what the user does there is named as the user’s', async () => {
    await sh(['mkdir', '-pm', '700', dirname(theirs)]);
    await open('editor');
    await open('mail');
    await live.must('apply');
    expect(await verify()).toMatchObject({
      verified: true,
      defaultTmux: { before: { state: 'present', sessions: ['$0 editor', '$1 mail'] }, byUser: [] },
    });
    await open('notes');
    await tmux('kill-session', '-t', '=mail');
    expect(await verify()).toMatchObject({
      verified: true,
      defaultTmux: { untouched: true, byUser: ['session $2 notes opened', 'session $1 mail closed'] },
    });
  });

  it('is untouched where its first session is opened while a command is at work', async () => {
    await sh(['mkdir', '-pm', '700', dirname(theirs)]);
    const conf = join(live.root, 'their.conf');
    writeFileSync(conf, 'set -s exit-empty off\n');
    await sh(['tmux', '-S', theirs, '-f', conf, 'start-server']);
    await live.must('apply');
    await open('editor');
    expect(await verify()).toMatchObject({
      verified: true,
      defaultTmux: { before: { state: 'present', sessions: [] }, byUser: ['session $0 editor opened'] },
    });
  });

  it('is untouched when the user restarted it since', async () => {
    await sh(['mkdir', '-pm', '700', dirname(theirs)]);
    await open('editor');
    await live.must('apply');
    await tmux('kill-server');
    await eventually(async () => (await tmux('-N', 'list-sessions')).exitCode !== 0);
    expect(await verify()).toMatchObject({
      verified: true,
      defaultTmux: { after: { state: expect.not.stringMatching('present') } },
    });
    await open('editor');
    const proof = await verify();
    expect(proof).toMatchObject({ verified: true, defaultTmux: { untouched: true } });
    expect(proof.defaultTmux.byUser).toContain('the server was restarted');
  });

  it('is untouched by commands that run inside it (F56)', async () => {
    await sh(['mkdir', '-pm', '700', dirname(theirs)]);
    const done = join(live.root, 'done');
    const line = `"$@" >${join(live.root, 'out')} 2>&1; echo $? >${done}; exec sleep 3600`;
    const argv = ['sh', '-c', line, 'sh', process.execPath, MOSAIC, 'fleet', 'apply'];
    const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
    await sh(['tmux', '-S', theirs, '-f', '/dev/null', 'new-session', '-d', '-s', 'inside', ...argv], { env });
    await eventually(() => existsSync(done) && readFileSync(done, 'utf8') !== '');
    expect(`${readFileSync(done, 'utf8')}${readFileSync(join(live.root, 'out'), 'utf8')}`).toMatch(/^0\n/);
    const pid = (await tmux('display-message', '-p', '#{pid}')).stdout.trim();
    const ended = await live.mosaic(['verify', '-o', 'json'], { env: { TMUX: `${theirs},${pid},0`, TMUX_PANE: '%0' } });
    expect(answer<VerifyAnswer>(ended)).toMatchObject({
      verified: true,
      defaultTmux: { untouched: true, byUser: [], after: { sessions: ['$0 inside'] } },
    });
  });

  it('counts as touched when something of ours is in it', async () => {
    await sh(['mkdir', '-pm', '700', dirname(theirs)]);
    await open('a');
    await live.must('apply');
    await tmux('set-option', '-t', '=a:', '@mosaic_owner', `${live.fleet}/a`);
    const ended = await live.mosaic(['verify', '-o', 'json']);
    expect(ended.exitCode).toBe(2);
    expect(answer<VerifyAnswer>(ended)).toMatchObject({ verified: false, defaultTmux: { untouched: false } });
  });

  it('gets no call but the fingerprint, as the log of calls and the report show', async () => {
    await sh(['mkdir', '-pm', '700', dirname(theirs)]);
    await open('editor');
    await live.must('apply');
    await live.must('restart', 'a');
    const calls = readFileSync(join(live.home, 'state', live.fleet, 'exec.log'), 'utf8')
      .trim()
      .split('\n')
      .filter((line) => line.includes(`"${theirs}"`));
    expect(calls.length).toBeGreaterThanOrEqual(4);
    expect(calls.filter((line) => !line.includes('"-N"') || !line.includes('"list-sessions","-F"'))).toEqual([]);
    await live.must('verify', '--report', join(live.root, 'evidence.json'));
    expect(JSON.parse(readFileSync(join(live.root, 'evidence.json'), 'utf8'))).toMatchObject({ verified: true });
    expect(readFileSync(join(live.root, 'evidence.md'), 'utf8')).toContain('| default tmux untouched | true |');
    await live.must('verify', '--report', join(live.root, 'evidence'));
  });

  it.each(['md', 'json'])('is not proven by a report over somebody’s own file, NAME.%s', async (kind) => {
    const [base, mine] = [join(live.root, `notes-${kind}`), join(live.root, `notes-${kind}.${kind}`)];
    writeFileSync(mine, '# My notes\n');
    const ended = await live.mosaic(['verify', '--report', `${base}.md`]);
    expect([ended.exitCode, ended.stderr]).toEqual([
      4,
      expect.stringContaining(`${mine} is there and is not a report of verify`),
    ]);
    expect(readFileSync(mine, 'utf8')).toBe('# My notes\n');
    expect(existsSync(`${base}.${kind === 'md' ? 'json' : 'md'}`)).toBe(false);
  });
});
