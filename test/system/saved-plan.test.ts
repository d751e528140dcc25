import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, runMosaic, tempHome } from '../support/harness.ts';
import type { Ended } from '../support/process.ts';
import {
  answer,
  contents,
  killNow,
  liveFleet,
  sleeper,
  type Agents,
  type FailureAnswer,
  type LiveFleet,
} from './live-fleet.ts';

const BEFORE = { a: sleeper, b: sleeper };
const AFTER = { a: { command: ['sleep', '7200'] }, b: sleeper };

let live: LiveFleet;
let file: string;

/** Code and message of a refusal (4, unless another exit is named). */
async function refusal(args: readonly string[], exitCode = 4): Promise<string> {
  const ended = await live.mosaic([...args, '-o', 'json']);
  expect(ended.exitCode).toBe(exitCode);
  const { error } = answer<FailureAnswer>(ended);
  return `${error.code}: ${error.message}`;
}

const applySaved = (...more: readonly string[]): Promise<Ended> => live.mosaic(['apply', file, '--yes', ...more]);
const commandOf = (pid: number): string => readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();

/** A fleet that runs, and a saved plan that restarts agent a. */
beforeEach(async () => {
  live = liveFleet(BEFORE);
  file = join(live.root, 'change.plan');
  await live.must('apply');
  live.declare(AFTER);
  await live.must('plan', '--out', file);
});
afterEach(cleanUp);

describe('a saved plan', () => {
  it('is applied as it was reviewed, by its owner alone, and once', async () => {
    const before = await live.pids();
    expect((statSync(file).mode & 0o777).toString(8)).toBe('600');
    expect((await live.must('apply', file, '--dry-run')).stdout).toContain('± a  restart: command changed');
    expect((await live.must('apply', file, '--dry-run', '-o', 'json')).json()).toMatchObject({
      summary: { restart: 1 },
    });
    expect(await applySaved()).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('2 changes done') });
    const after = await live.pids();
    expect(commandOf(after['a'] ?? 0)).toBe('sleep 7200');
    expect(after['b']).toBe(before['b']);
    expect(await refusal(['apply', file, '--yes'])).toMatch(/^E_PLAN_USED: the plan was applied before, at /);
    expect(await refusal(['apply', file, '--dry-run'])).toMatch(/^E_PLAN_USED/);
    rmSync(join(live.home, 'state'), { recursive: true });
    expect(await refusal(['apply', file, '--yes'])).toMatch(/^E_STALE_PLAN/);
    expect(await live.pids()).toEqual(after);
  });

  it('is carried out by one of two that apply it at the same time', async () => {
    const both = await Promise.all([applySaved('--lock-timeout', '30s'), applySaved('--lock-timeout', '30s')]);
    expect(new Set(both.map(({ exitCode }) => exitCode))).toEqual(new Set([0, 4]));
    expect(both.map(({ stderr }) => stderr).join('')).toContain('the plan was applied before');
  });

  it('is still asked about, and is not used up by the question', async () => {
    const before = await live.pids();
    expect(await refusal(['apply', file])).toMatch(/^E_CONFIRM/);
    expect(await live.pids()).toEqual(before);
    expect(await applySaved()).toMatchObject({ exitCode: 0 });
  });

  it('can be made elsewhere, from a snapshot', async () => {
    rmSync(file);
    const snapshot = join(live.root, 'observed.json');
    const copy = join(live.root, 'copy-of-the-manifest.yaml');
    await live.must('snapshot', '--out', snapshot);
    writeFileSync(copy, readFileSync(live.manifest));
    await live.must('plan', '--observed', snapshot, '-f', copy, '--out', file);
    rmSync(copy);
    expect(await applySaved()).toMatchObject({ exitCode: 0 });
    expect(commandOf((await live.pids())['a'] ?? 0)).toBe('sleep 7200');
  });

  it('leaves alone what happened to others meanwhile, and says that it is there', async () => {
    await live.must('stop', 'b');
    rmSync(join(live.home, 'fleets', live.fleet, 'holds', 'b'));
    const ended = await applySaved();
    expect(ended).toMatchObject({ exitCode: 0, stderr: expect.stringContaining('elsewhere: 1 agent to start') });
    expect(await live.agent('b')).toMatchObject({ state: 'stopped', inSync: false });
    expect(commandOf((await live.pids())['a'] ?? 0)).toBe('sleep 7200');
  });
});

describe('nothing is done, and the reason is named, where', () => {
  /** Refuses with this, and changes neither a file of the fleet nor a process. */
  async function expectRefused(why: RegExp, args: readonly string[] = ['apply', file, '--yes']): Promise<void> {
    const fleets = join(live.home, 'fleets');
    const [files, pids] = [contents(fleets), await live.pids()];
    expect(await refusal(args)).toMatch(why);
    expect([contents(fleets), await live.pids()]).toEqual([files, pids]);
  }

  it('the agent’s process is another one by now', async () => {
    const { pid } = await live.agent('a');
    killNow(pid);
    await live.newPid('a', pid);
    await expectRefused(/^E_STALE_PLAN: the plan is stale: session\.a is not as it was/);
  });

  it('the agent’s file was edited', async () => {
    const launch = join(live.home, 'fleets', live.fleet, 'launch/a');
    writeFileSync(launch, readFileSync(launch, 'utf8').replace('arg=3600', 'arg=3601'));
    await expectRefused(/^E_STALE_PLAN: the plan is stale: launch\.a is not as it was/);
  });

  it('the helper that a start rests on was edited', async () => {
    writeFileSync(join(live.home, 'libexec/mosaic-agent'), '# mosaic: v1 home 0123456789abcdef\n');
    await expectRefused(/^E_STALE_PLAN: the plan is stale: file\.libexec\/mosaic-agent is to be changed as well/);
  });

  it('the agent was stopped by a person', async () => {
    await live.must('stop', 'a');
    await expectRefused(/^E_STALE_PLAN: the plan is stale: session\.a needs no such change any more/);
  });

  it('the manifest is another one, if only by a comment', async () => {
    writeFileSync(live.manifest, `${readFileSync(live.manifest, 'utf8')}\n# later\n`);
    await expectRefused(/^E_STALE_PLAN: the plan is stale: .*fleet\.yaml is not the manifest/);
  });

  it('the plan was made for another host', async () => {
    const snapshot = join(live.root, 'observed.json');
    await live.must('snapshot', '--out', snapshot);
    const other = readFileSync(snapshot, 'utf8').replace(/"hostId": "[0-9a-f]*"/, `"hostId": "${'0'.repeat(32)}"`);
    writeFileSync(snapshot, other);
    await live.must('plan', '--observed', snapshot, '--out', file);
    await expectRefused(/^E_PLAN_ELSEWHERE: the plan is for another host/);
  });

  it('it is another Mosaic home', async () => {
    const other = tempHome();
    const ended = await runMosaic(['fleet', 'apply', file, '--yes', '-o', 'json'], { home: other });
    expect(ended).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('the plan is for the home') });
  });

  it('the file was edited', async () => {
    writeFileSync(file, readFileSync(file, 'utf8').replace('"action": "restart"', '"action": "stop"'));
    await expectRefused(/^E_PLAN_EDITED/);
  });

  it('others can write the file', async () => {
    chmodSync(file, 0o666);
    await expectRefused(/^E_PLAN_UNSAFE/);
  });

  it('the plan is older than is allowed', async () => {
    await expectRefused(/^E_PLAN_EXPIRED/, ['apply', file, '--yes', '--max-age', '1ms']);
  });
});

describe('a usage that would not mean what was reviewed', () => {
  it.each([
    [['--now'], '--now'],
    [['--allow-delete', '9'], '--allow-delete'],
  ])('is refused: %j', async (more, name) => {
    expect(await refusal(['apply', file, ...more], 64)).toContain(`without ${name}`);
  });

  it('is refused beside an agent’s name, and for a directory', async () => {
    expect(await refusal(['apply', file, 'a'], 64)).toContain('is applied alone');
    expect(await refusal(['apply', 'a', '--max-age', '1h'], 64)).toContain('none is named');
    mkdirSync(join(live.root, 'd'));
    expect(await refusal(['apply', join(live.root, 'd')], 65)).toContain('E_PLAN_FILE');
  });

  it('does not write over anything else than a plan', async () => {
    expect(await refusal(['plan', '--out', live.manifest])).toMatch(
      /^E_EXISTS: .*fleet\.yaml is there and is not a saved plan/,
    );
    expect(await refusal(['snapshot', '--out', live.manifest])).toMatch(/^E_EXISTS/);
    await live.must('plan', '--out', file);
  });
});

/** Manifests one after the other: first start, live settings, another server, one agent less, one up, one down. */
const LIFE: readonly (readonly [Agents, object])[] = [
  [{ a: sleeper, b: sleeper, c: { ...sleeper, state: 'stopped' } }, {}],
  [
    { a: sleeper, b: sleeper, c: { ...sleeper, state: 'stopped' } },
    { tmux: { socket: 'one', options: { mouse: 'on' } } },
  ],
  [{ a: { ...sleeper, description: 'first' }, c: sleeper }, { tmux: { socket: 'one', options: { mouse: 'off' } } }],
  [{ a: { command: ['sleep', '7200'] }, c: { ...sleeper, state: 'stopped' } }, { tmux: { socket: 'one' } }],
];

describe.each(['systemd', 'tmux'])('under supervisor %s', (supervisor) => {
  it('every kind of step can be saved and applied', async () => {
    live = liveFleet({}, { supervisor });
    const seen = new Set<string>();
    for (const [agents, spec] of LIFE) {
      live.declare(agents, { supervisor, ...spec });
      await live.must('plan', '--out', file);
      (await live.plan()).changes.forEach(({ action }) => seen.add(action));
      expect(await applySaved()).toMatchObject({ exitCode: 0 });
      expect(await live.plan()).toMatchObject({ empty: true });
    }
    expect(seen).toEqual(new Set(['create', 'update', 'restart', 'start', 'stop', 'replace', 'delete']));
  });
});
