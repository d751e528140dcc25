import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { wholeCalls } from '../support/strace.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
/** Calls that change a name, a file's contents, or a process of somebody else. */
const CHANGING = `
  rename renameat renameat2 unlink unlinkat mkdir mkdirat rmdir link linkat symlink symlinkat mknod mknodat
  chmod fchmod fchmodat chown fchown lchown fchownat truncate ftruncate fallocate creat utimensat setxattr fsetxattr
  mount bind kill tkill tgkill pidfd_send_signal ptrace io_uring_setup
`.match(/\w+/g);
const RECORDED = [...(CHANGING ?? []), 'open', 'openat', 'openat2', 'execve', 'execveat'];

/** What the user manager is asked is an answer of its own and changes nothing. */
const LOOKS = [
  /^\S+\/busctl --user --json=short get-property org\.freedesktop\.systemd1 /,
  /^\S+\/busctl --user --json=short call org\.freedesktop\.systemd1 \S+ org\.freedesktop\.systemd1\.Manager ListUnitsByPatterns /,
  /^\S+\/tmux -V$/,
];
/** Without `-p` these two would show something to a client, or fill a buffer. */
const TMUX_LOOK = /^(list-panes|list-sessions|show-options|display-message -p|capture-pane -p)( |$)/;

/** A call that starts no server, on a socket that it names, of nothing but questions. */
function isTmuxLook([program = '', ...words]: readonly string[]): boolean {
  const options = words.findIndex((word) => /^[a-z]/.test(word) && !word.startsWith('/'));
  const given = words.slice(0, options);
  if (!program.endsWith('/tmux') || !given.includes('-N') || !given.includes('-S')) return false;
  const commands = words.slice(options).join('\n').split('\n;\n');
  return commands.every((command) => {
    const [name, ...rest] = command.split('\n');
    // What stands in it is told by a recording of its own.
    if (name === 'source-file') return rest.join() === '-';
    // if-shell -F -t TARGET CONDITION COMMANDS
    const branch = name === 'if-shell' && rest[0] === '-F' ? rest.slice(4) : [command.replaceAll('\n', ' ')];
    return branch.flatMap((line) => line.split(' ; ')).every((line) => TMUX_LOOK.test(line));
  });
}

/** The same of a script: a command a line. */
const isScriptOfLooks = (script: string): boolean =>
  script
    .trimEnd()
    .split('\n')
    .map((line) => [...line.matchAll(/'([^']*)'|\S+/g)].map(([word, quoted]) => quoted ?? word))
    .every((words) => isTmuxLook(['/usr/bin/tmux', '-N', '-S', '/s', ...words]));

/** What systemd-analyze writes, and the programs it starts by itself. */
const OF_ANALYZE =
  /^\/tmp\/systemd-[a-z]+-\w+(\/|$)|^\/run\/user\/\d+\/systemd$|\/systemd-analyze$|environment-generators?\//;

let live: LiveFleet;

const textOf = (quoted: string | undefined): string => String(JSON.parse(quoted ?? '""'));

/** Every call of a command and of the programs it starts that is in {@link RECORDED}, as strace tells it. */
async function recordedCalls(args: readonly string[]): Promise<readonly string[]> {
  return (await record(args)).map((line) => line.replace(/^\d+\s+/, '')).filter((line) => /^\w+\(/.test(line));
}

/** The same as lines that begin with the pid; `more` goes to strace. */
async function record(args: readonly string[], more: readonly string[] = []): Promise<readonly string[]> {
  const log = join(live.root, 'calls');
  const argv = [process.execPath, MOSAIC, 'fleet', ...args];
  const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
  const filter = [
    '-f',
    '-qq',
    '-s',
    '4096',
    '-v',
    '-e',
    `trace=${RECORDED.map((name) => `?${name}`).join()}`,
    '-e',
    'signal=none',
  ];
  const { exitCode, stderr } = await sh(['strace', ...filter, ...more, '-o', log, ...argv], { env });
  expect([0, 2, stderr]).toContain(exitCode);
  const lines = wholeCalls(readFileSync(log, 'utf8'));
  rmSync(log);
  return lines;
}

/** What a process has opened, by descriptor, as `strace -y` tells it. */
const OPENED = /^open.* = (\d+)<([^>]*)>$/;

/** Paths that the changing calls of a recorded command name, with descriptors put back into the directories they are. */
function touchedPaths(calls: readonly string[]): readonly string[] {
  const open = new Map<string, string>();
  return calls.flatMap((call) => {
    const place = (path: string): string =>
      path.replace(/^\/proc\/self\/fd\/(\d+)/, (_, fd: string) => open.get(fd) ?? 'unknown');
    const named = [...call.matchAll(/(?:^\w+\(|, |\()(?:AT_FDCWD<[^>]*>, )?"([^"]*)"/g)].map(([, path = '']) =>
      place(path),
    );
    const held = [...call.matchAll(/^\w+\(\d+<([^>]*)>/g)].map(([, path = '']) => path);
    const [, fd, path] = OPENED.exec(call) ?? [];
    if (fd !== undefined && path !== undefined) open.set(fd, path);
    const isLink = call.startsWith('symlink');
    return changes([call]).length === 0 ? [] : [...(isLink ? named.slice(1) : named), ...held];
  });
}

/** The calls that a look must not make. */
const changes = (calls: readonly string[]): readonly string[] =>
  calls.filter((call) => !isReadingOpen(call) && !isKnownProgram(call) && !isHarmless(call));

const isReadingOpen = (call: string): boolean =>
  call.startsWith('open') && !/O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND/.test(call);

/** Opened and given to a child as its standard input, or asked by a program for its own terminal. */
const isHarmless = (call: string): boolean => /^open.*"\/dev\/(null|tty)"/.test(call);

function isKnownProgram(call: string): boolean {
  const [, list] = /^execve\("[^"]*", \[(.*?)\], \[/.exec(call) ?? [];
  if (list === undefined) return false;
  const words: readonly string[] = JSON.parse(`[${list}]`);
  return words.includes(MOSAIC) || isTmuxLook(words) || LOOKS.some((look) => look.test(words.join(' ')));
}

beforeAll(async () => {
  live = liveFleet({ a: sleeper, b: { command: ['sleep', '3600'], state: 'stopped' } });
  await live.must('apply');
  await live.must('snapshot', '--out', join(live.root, 'observed.json'));
  live.declare({ a: { command: ['sleep', '7200'] }, c: sleeper });
});
afterAll(cleanUp);

describe('no call that changes anything is made by', () => {
  it.each([
    [['plan']],
    [['plan', '--diff', '-v', '-o', 'json']],
    [['apply', '--dry-run']],
    [['validate']],
    [['snapshot']],
    [['status']],
    [['verify']],
    [['log']],
    [['doctor']],
  ])('fleet %j', async (args) => {
    const calls = await recordedCalls(args);
    expect(calls.length).toBeGreaterThan(10);
    expect(changes(calls)).toEqual([]);
  });

  it('fleet status by the script that it has tmux read', async () => {
    const calls = await record(['status'], ['-y', '-e', 'trace=execve,write']);
    const sent = calls.map((call) => /write\(\d+<(?:UNIX|socket)[^>]*>, ("(?:[^"\\]|\\.)*"), \d+\)/.exec(call)?.[1]);
    // The bus is spoken to in capitals and in bytes that JSON does not know.
    const scripts = sent.filter((text) => text !== undefined && /^"[a-z-]+ /.test(text)).map((text) => textOf(text));
    expect(calls.filter((call) => /execve.*"source-file", "-"\]/.test(call))).toHaveLength(scripts.length);
    expect(scripts).toEqual([expect.stringMatching(/^if-shell -F -t %\d+ .*capture-pane -p/)]);
    expect(scripts.map(isScriptOfLooks)).toEqual([true]);
    expect(isScriptOfLooks(`${scripts.join('')}kill-pane -t %0\n`)).toBe(false);
  });

  it('fleet plan --observed, which starts no program either', async () => {
    const calls = await recordedCalls(['plan', '--observed', join(live.root, 'observed.json')]);
    expect(changes(calls)).toEqual([]);
    expect(calls.filter((call) => call.startsWith('execve'))).toHaveLength(1);
  });

  it.each([[[]], [['--observed']]])('fleet render %j, outside the directory it is told', async (how) => {
    const out = join(live.root, `rendered${how.length}`);
    const source = how.flatMap((flag) => [flag, join(live.root, 'observed.json')]);
    const lines = await record(['render', '--out', out, ...source], ['-y']);
    const [own = ''] = lines[0]?.split(' ') ?? [];
    const calls = (isOwn: boolean): readonly string[] =>
      lines.filter((line) => line.startsWith(`${own} `) === isOwn).map((line) => line.replace(/^\d+\s+/, ''));
    const touched = touchedPaths(calls(true));
    expect(touched.length).toBeGreaterThan(20);
    expect(touched.filter((path) => path !== out && !path.startsWith(`${out}/`))).toEqual([]);
    // systemd-analyze starts the environment generators of the system, and makes itself a place that it removes.
    const others = calls(false);
    expect(others.filter((call) => /^execve.*"--man=no", "verify"/.test(call))).toHaveLength(1);
    expect(others.filter((call) => /^execve\("[^"]*(tmux|systemctl)"/.test(call))).toEqual([]);
    const written = touchedPaths(others.filter((call) => !call.startsWith('execve')));
    expect(written.filter((path) => !OF_ANALYZE.test(path))).toEqual([]);
  });

  it.each([
    [['kill-session', '-t', 'a']],
    [['display-message', 'text']],
    [['list-panes', ';', 'kill-server']],
    [['if-shell', '-F', '-t', '%0', '1', 'display-message -p x ; kill-pane']],
    [['source-file', '/etc/tmux.conf']],
  ])('and tmux %j would be one', (command) => {
    expect(isTmuxLook(['/usr/bin/tmux', '-u', '-N', '-S', '/s', ...command])).toBe(false);
    expect(isTmuxLook(['/usr/bin/tmux', '-u', '-S', '/s', 'list-panes'])).toBe(false);
  });

  it('and the recorder sees those that an install makes', async () => {
    const names = changes(await recordedCalls(['install'])).map((call) => call.slice(0, call.indexOf('(')));
    expect(names).toEqual(expect.arrayContaining(['rename', 'openat', 'fchmod', 'execve']));
  });
});
