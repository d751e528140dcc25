import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { copyFileSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanUp } from '../support/harness.ts';
import { sh, type Ended } from '../support/process.ts';
import { PATIENCE_MS, report, sizeOr } from '../support/proof.ts';
import { overlaps, sectionOf, TRACED } from './calls.ts';
import { killNow, liveFleet, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const { count: ROUNDS, seed: SEED } = sizeOr(3);
const NAMES = ['a', 'b', 'c'] as const;
const KILLED = 137;
/** Done, something left, refused (the manifest or a hold says otherwise), or somebody else is at it. */
const PROPER: readonly number[] = [0, 3, 4, 5];

interface Command {
  readonly args: readonly string[];
  readonly killAfterMs: number | undefined;
}

/** Each apply wants something else, so that each has something to do. */
const apply = fc.noBias(fc.nat(9)).map((wish) => ['apply', '--yes', '--now', '-f', `wish-${wish}.json`]);
const person = fc.tuple(fc.constantFrom('stop', 'start', 'restart', 'restart'), fc.constantFrom(...NAMES));
const args = fc.oneof({ weight: 2, arbitrary: apply }, { weight: 1, arbitrary: person });
const wait = fc.constantFrom('0s', '60s', '60s', '60s').map((patience) => ['--lock-timeout', patience]);
const command: fc.Arbitrary<Command> = fc.record({
  args: fc.tuple(args, wait).map((parts) => parts.flat()),
  killAfterMs: fc.oneof(fc.constant(undefined), fc.noBias(fc.integer({ min: 100, max: 4000 }))),
});
const rounds = fc.array(command, { minLength: 8, maxLength: 8 });

afterAll(cleanUp);

const tally = new Map<string, number>();
const counted = (what: string): void => void tally.set(what, (tally.get(what) ?? 0) + 1);

/** Runs a command under strace, kills it when its time has come, and waits for all it has started. */
async function traced(live: LiveFleet, { args: words, killAfterMs }: Command, log: string): Promise<Ended> {
  const strace = [
    'strace',
    '-f',
    '-ttt',
    '--seccomp-bpf',
    '-q',
    '-s',
    '300',
    '-e',
    `trace=${TRACED}`,
    '-o',
    log,
  ] as const;
  const script = 'echo "$$" >"$0.pid"; exec "$@"';
  const argv = ['sh', '-c', script, log, process.execPath, MOSAIC, 'fleet', ...words];
  const env = { MOSAIC_HOME: live.home, TMUX_TMPDIR: live.tmuxTmpdir };
  const running = sh([...strace, ...argv], { env, cwd: live.root, timeoutMs: 120_000 });
  if (killAfterMs !== undefined) {
    await pause(killAfterMs);
    endIfThere(log);
  }
  return running;
}

/** It may have ended before. */
function endIfThere(log: string): void {
  try {
    killNow(readFileSync(`${log}.pid`, 'utf8'));
  } catch {
    return;
  }
}

const show = ({ args: words, killAfterMs }: Command): string =>
  `${words.join(' ')}${killAfterMs === undefined ? '' : `, killed after ${killAfterMs} ms`}`;

async function expectRound(live: LiveFleet, commands: readonly Command[], at: number): Promise<void> {
  const logs = commands.map((_, index) => join(live.root, `trace-${at}-${index}`));
  const ended = await Promise.all(commands.map((one, index) => traced(live, one, logs[index] ?? '')));
  ended.forEach(({ exitCode, stdout, stderr }, index) => {
    const one = commands[index];
    counted(`ended with ${exitCode}`);
    const isProper = PROPER.includes(exitCode) || (exitCode === KILLED && one?.killAfterMs !== undefined);
    if (!isProper) throw new Error(`round ${at}: ${one && show(one)}: exit ${exitCode}\n${stdout}\n${stderr}`);
  });
  const sections = logs.map((log) => sectionOf(readFileSync(log, 'utf8'))).filter((one) => one !== undefined);
  sections.forEach(() => counted('mutating sections'));
  expect(overlaps(sections)).toEqual([]);
}

/** Nobody holds the lock, and one apply makes all of it as the manifest and the holds say. */
async function expectHealed(live: LiveFleet): Promise<void> {
  expect(await sh(['flock', '-n', '-x', join(live.home, 'state/.lock'), 'true'])).toMatchObject({ exitCode: 0 });
  await live.must('apply', '--yes', '--now');
  await live.must('verify');
  const states = (await live.status()).agents.map(({ held, state }) => `${held ? 'held' : 'wanted'} ${state}`);
  expect(states.filter((state) => !['held stopped', 'wanted running'].includes(state))).toEqual([]);
}

const fleetOf = (wish: number) =>
  Object.fromEntries(NAMES.map((name, at) => [name, { command: ['sleep', String(1000 + ((wish >> at) % 2))] }]));

/** Its wishes lie beside its home. */
async function fleetUnder(supervisor: string): Promise<LiveFleet> {
  const live = liveFleet({}, { supervisor });
  for (const wish of [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]) {
    live.declare(fleetOf(wish));
    copyFileSync(live.manifest, join(live.root, `wish-${wish}.json`));
  }
  await live.must('apply', '--yes');
  return live;
}

describe('F77: eight commands at once, some of them killed', () => {
  it(
    'never change anything at the same time, leave no lock behind, and are healed by one apply',
    async () => {
      const fleets = [await fleetUnder('systemd'), await fleetUnder('systemd'), await fleetUnder('tmux')];
      for (const [at, commands] of fc.sample(rounds, { numRuns: ROUNDS, seed: SEED }).entries()) {
        const live = fleets[at % fleets.length];
        if (live === undefined) throw new Error('no fleet');
        await expectRound(live, commands, at);
        await expectHealed(live);
      }
      expect(tally.get('mutating sections') ?? 0).toBeGreaterThan(2 * ROUNDS);
      report({ rounds: ROUNDS, ...Object.fromEntries(tally) });
    },
    PATIENCE_MS,
  );
});
