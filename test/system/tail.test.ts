import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanUp, eventually, runMosaic } from '../support/harness.ts';
import { sh, type Ended } from '../support/process.ts';
import { killNow, liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const HOSTILE = resolve(import.meta.dirname, '../fixtures/bin/hostile.mjs');
const said = (text: string) => ({ command: ['sh', '-c', `echo ${text}; exec sleep 3600`] });
/** Writes numbered lines in bursts once the file `go` is there: more in all than the scrollback holds. */
const counter = (go: string) => ({
  shell: `until [ -e ${go} ]; do sleep 0.1; done; i=0; while [ $i -lt 1500 ]; do i=$((i+1)); echo "n $i"; [ $((i % 25)) != 0 ] || sleep 0.08; done; exec sleep 3600`,
});

let live: LiveFleet;
let go: string;

const places = () => ({ MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir });
const tail = (...args: readonly string[]): Promise<Ended> => runMosaic(['agent', 'tail', ...args], { home: live });

/** A tail that goes on until it is stopped or ends by itself. */
function following(...args: readonly string[]): Following {
  const env = { ...process.env, ...places() };
  const child = spawn(process.execPath, [MOSAIC, 'agent', 'tail', '-f', ...args], { env });
  const told = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (told.stderr += text));
  const ended = new Promise<number | null>((done) => child.once('close', (code) => done(code)));
  return { child, told, ended };
}

interface Following {
  readonly child: ChildProcess;
  readonly told: { stdout: string; stderr: string };
  readonly ended: Promise<number | null>;
}

const has = (told: () => string, text: string | RegExp) =>
  eventually(
    () => {
      const seen = told();
      if (typeof text === 'string' ? !seen.includes(text) : !text.test(seen))
        throw new Error(`no ${String(text)} in ${seen.slice(-2000)}`);
      return seen;
    },
    { timeoutMs: 40_000 },
  );

beforeAll(async () => {
  live = liveFleet({});
  go = join(live.root, 'go');
  const agents = {
    'worker-1': said('I am one'),
    'worker-10': said('I am ten'),
    quiet: sleeper,
    count: counter(go),
    hostile: { command: [process.execPath, HOSTILE] },
    flood: { command: ['yes'] },
    numbers: { command: ['seq', '1', '999999999'] },
    words: { command: ['sh', '-c', 'read line; echo "last words: $line"; exit 7'], restart: { policy: 'never' } },
    many: { command: ['sh', '-c', 'seq 1 3000; exec sleep 3600'] },
  };
  live.declare(agents, { tmux: { socket: 'mosaic-factory', historyLimit: 1000 } });
  await live.must('apply');
  await eventually(async () => (await tail('many', '-n', '1')).stdout === '3000\n');
});
afterAll(cleanUp);

describe('agent tail', () => {
  it('shows exactly that agent, and no blank lines below its last', async () => {
    expect(await tail('worker-1')).toMatchObject({ exitCode: 0, stdout: 'I am one\n', stderr: '' });
    expect(await tail('worker-10')).toMatchObject({ exitCode: 0, stdout: 'I am ten\n' });
    expect(await tail('quiet')).toMatchObject({ exitCode: 0, stdout: '' });
    expect(await tail('worker')).toMatchObject({ exitCode: 64, stderr: expect.stringContaining('no agent "worker"') });
  });

  it('shows as many lines as are asked for, at most what there is', async () => {
    const numbers = (first: number) =>
      Array.from({ length: 3001 - first }, (_, index) => `${first + index}\n`).join('');
    expect((await tail('many', '-n', '3')).stdout).toBe(numbers(2998));
    expect((await tail('many')).stdout).toBe(numbers(2951));
    expect((await tail('many', '-n', '900')).stdout).toBe(numbers(2101));
    expect((await tail('many', '-n', '0')).stdout).toBe('');
    const all = (await tail('many', '-n', '999999')).stdout;
    expect(numbers(1).endsWith(all)).toBe(true);
    expect(all.split('\n').length).toBeGreaterThan(900);
  });

  it.each([['x'], ['-5'], ['1e9'], ['']])('B80: refuses -n %j', async (count) => {
    expect(await tail('many', `-n${count}`, ...(count === '' ? ['x'] : []))).toMatchObject({ exitCode: 64 });
  });

  it('answers in JSON', async () => {
    expect((await tail('many', '-n', '2', '-o', 'json')).json()).toEqual({
      formatVersion: '1.0',
      agent: 'many',
      state: 'running',
      source: 'pane',
      lines: ['2999', '3000'],
    });
  });

  it('ends with 141 when its reader goes away', async () => {
    const script = `${process.execPath} ${MOSAIC} agent tail flood -f | head -n 1; echo "$PIPESTATUS"`;
    expect((await sh(['bash', '-c', script], { env: places() })).stdout).toBe('y\n141\n');
  });
});

describe('what an agent writes', () => {
  const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

  it('reaches a pipe as text alone (F71)', async () => {
    const { stdout } = await tail('hostile', '-n', '5000');
    expect(stdout).not.toMatch(CONTROL);
    for (const line of ['clipboard .', 'title .', 'link click.', 'WRITTENtten', 'colour red.', 'box ┌──┐.', 'after.'])
      expect(stdout).toContain(`${line}\n`);
    expect(stdout).toContain('family \u{1f468}\u200d\u{1f469} e\u0301.');
    expect(stdout).toMatch(/bidi a.*\\u\{202e\}b/);
    expect(stdout.trimEnd().endsWith('x\nend')).toBe(true);
  });

  it('reaches a terminal with colours that end with their line, and nothing else (F71)', async () => {
    const command = `${process.execPath} ${MOSAIC} agent tail hostile -n 5000`;
    const onTerminal = async (more: Record<string, string> = {}): Promise<string> =>
      (await sh(['script', '-qec', command, '/dev/null'], { env: { ...places(), ...more } })).stdout.replaceAll(
        '\r\n',
        '\n',
      );
    const seen = await onTerminal();
    expect(seen).toContain('colour \u001b[0;1;38;5;196mred\u001b[0m.\n');
    expect(seen).toContain('still \u001b[0;42mgreen\u001b[0m\n\u001b[0;42mafter\u001b[0m.\n');
    expect(seen.replaceAll(/\u001b\[0(;[0-9;]+)?m/g, '')).not.toMatch(CONTROL);
    expect(await onTerminal({ NO_COLOR: '1' })).not.toMatch(CONTROL);
  });

  it('reaches a file unchanged with --raw, and never a terminal', async () => {
    expect((await tail('hostile', '-n', '5000', '--raw')).stdout).toContain('\u001b[1m\u001b[38;5;196mred');
    const command = `${process.execPath} ${MOSAIC} agent tail hostile --raw`;
    const refused = await sh(['script', '-qec', command, '/dev/null'], { env: places() });
    expect(refused).toMatchObject({ exitCode: 64, stdout: expect.stringContaining('would let the agent steer') });
  });
});

describe('agent tail -f', () => {
  it('tells every line once and in order, through a scrollback that is full', async () => {
    const { child, told } = following('count');
    await pause(1500);
    writeFileSync(go, '');
    await has(() => told.stdout, 'n 1500\n');
    child.kill();
    expect(told.stdout).toBe(Array.from({ length: 1500 }, (_, index) => `n ${index + 1}\n`).join(''));
  });

  it('goes on with the next process, and ends when the agent is stopped (F72)', async () => {
    const before = (await live.agent('worker-1')).pid;
    const { told, ended } = following('worker-1');
    await has(() => told.stdout, 'I am one\n');
    killNow(before);
    await has(() => told.stderr, /-- worker-1 restarted(, pid \d+)? --/);
    await has(() => told.stdout, /^I am one\nI am one\n$/);
    await live.must('stop', 'worker-1');
    expect(await ended).toBe(0);
    expect(told.stderr).toContain('-- worker-1 is stopped; mosaic fleet start worker-1 starts it --');
  });

  it('tells the last words of an agent, and how it ended (F72)', async () => {
    const { told, ended } = following('words');
    await pause(1000);
    await live.tmux('send-keys', '-t', '=words:', 'farewell', 'Enter');
    expect(await ended).toBe(0);
    expect(told.stdout).toBe('farewell\nlast words: farewell\n');
    expect(told.stderr).toContain('-- words ended by itself: exited with 7 --');
    const { exitCode, stdout, stderr } = await tail('words', '-n', '1');
    expect([exitCode, stdout]).toEqual([0, 'last words: farewell\n']);
    expect(stderr).toMatch(/^-- words ended by itself: exited with 7; its last screen, of 20\d\d-.*Z --\n$/);
  });

  it('is bounded and idle in a flood, and says how much went by (F69)', async () => {
    const { child, told } = following('numbers');
    const bare = spawn(process.execPath, ['-e', 'setTimeout(() => undefined, 60000)']);
    await pause(8000);
    const [spent, most, least] = [cpuMsOf(child.pid), peakKbOf(child.pid), peakKbOf(bare.pid)];
    bare.kill();
    child.kill();
    expect(told.stdout).toMatch(/\[… [1-9]\d* lines or more skipped …\]/);
    // What the kill cut off in the middle of a line is none.
    const whole = told.stdout.split('\n').slice(0, -1);
    const lines = whole.filter((line) => /^\d+$/.test(line));
    // A line that stood half written for a second was told as it was then.
    const isHalf = (line: string, at: number): boolean =>
      at > 0 && Number(line) < Number(lines[at - 1]) && String(Number(lines[at - 1]) + 1).startsWith(line);
    const numbers = lines.filter((line, at) => !isHalf(line, at)).map(Number);
    const disorder = numbers.flatMap((one, at) =>
      at > 0 && one <= (numbers[at - 1] ?? 0) ? [numbers.slice(at - 2, at + 2)] : [],
    );
    expect(disorder).toEqual([]);
    expect(most - least).toBeLessThan(64 * 1024);
    expect(spent).toBeLessThan(6000);
  });

  it('ends when its reader goes, though nothing more is there to be told', async () => {
    const env = { ...places(), MOSAIC, PID: join(live.root, 'pid') };
    const piped = (script: string): Promise<Ended> => sh(['bash', '-c', script], { env });
    const gone = await piped('node "$MOSAIC" agent tail -f many | head -1; echo "${PIPESTATUS[0]}"');
    expect(gone.stdout).toBe('2951\n141\n');
    // Whoever reads to the end sees that end, also of a tail that could not clean up.
    const told = `sh -c 'echo $$ >"$PID"; exec node "$MOSAIC" agent tail -f -n 1 many'`;
    const killed = await piped(`${told} | { read -r line; kill -9 "$(cat "$PID")"; cat; echo "$line"; }`);
    expect(killed.stdout).toBe('3000\n');
  });

  it('ends with a clear line when the agent is removed (F72)', async () => {
    const { told, ended } = following('worker-10');
    await has(() => told.stdout, 'I am ten');
    live.declare({ quiet: sleeper }, { tmux: { socket: 'mosaic-factory', historyLimit: 1000 } });
    await live.must('apply', '--yes', '--allow-delete', '20');
    expect(await ended).toBe(0);
    expect(told.stderr).toContain('-- worker-10 was removed from the fleet --');
  });
});

const peakKbOf = (pid: number | undefined): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** Ticks of 10 ms in user and system mode (proc(5), fields 14 and 15). */
function cpuMsOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
