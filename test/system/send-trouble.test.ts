import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cleanUp, eventually } from '../support/harness.ts';
import { killNow } from './live-fleet.ts';
import { sendFleet, tui, type Mode, type ReceiptAnswer, type SendFleet } from './send-fleet.ts';

const AGENTS = ['a', 'b', 'c', 'd'];
const SEED = Number(process.env['MOSAIC_TEST_SEED'] ?? 20_250_101);

let live: SendFleet;

beforeAll(async () => {
  live = sendFleet((log) =>
    Object.fromEntries(AGENTS.map((name, at) => [name, tui(log(name), { bracketed: at % 2 === 0 })])),
  );
  await live.must('apply');
});
afterAll(cleanUp);

/** The same numbers for the same seed (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Something that goes wrong with `agent` some time after somebody has `begun` to send to it. */
type Trouble = (agent: string, begun: () => Promise<void>) => Promise<void>;

/** Whoever sends holds the lock of the agent from the first look to the receipt, and writes there who that is. */
async function hasBegun(agent: string, sending: Sending): Promise<void> {
  const lock = join(live.home, 'state', live.fleet, 'send', `${agent}.lock`);
  const isHeld = (): boolean => (statSync(lock, { throwIfNoEntry: false })?.size ?? 0) > 0;
  // One that was refused at once may be over before anybody has seen it.
  await eventually(() => sending.isOver || isHeld(), { everyMs: 1, timeoutMs: 30_000 });
  await pause(sending.afterMs);
}

interface Sending {
  readonly afterMs: number;
  isOver: boolean;
}

const later =
  (act: (agent: string) => Promise<unknown>): Trouble =>
  async (agent, begun) => {
    await begun();
    await act(agent);
  };
const tmux =
  (...command: readonly string[]) =>
  (agent: string): Promise<unknown> =>
    live.tmux(...command, '-t', `=${agent}:`);
const behaving =
  (mode: Mode): Trouble =>
  (agent) =>
    Promise.resolve(live.behave(agent, mode));

const TROUBLES: Readonly<Record<string, Trouble>> = {
  none: () => Promise.resolve(),
  'slow reader': behaving('slow'),
  'busy for long': behaving('block'),
  'busy for a while': async (agent) => {
    live.behave(agent, 'block');
    await pause(700);
    live.behave(agent, 'idle');
  },
  'dies between text and Enter': behaving('die'),
  'stops when it reads': behaving('stop'),
  'is killed': async (agent, begun) => {
    const pid = pidOf(await live.wrapper(agent));
    await begun();
    killNow(pid);
  },
  'its session is killed': later(tmux('kill-session')),
  'somebody scrolls': later(tmux('copy-mode')),
  'its input is switched off': later(tmux('select-pane', '-d')),
  'a question comes up': later((agent) => Promise.resolve(live.behave(agent, 'dialog'))),
};
/** The agent below its wrapper. */
const pidOf = (wrapper: number): number =>
  Number(readFileSync(`/proc/${wrapper}/task/${wrapper}/children`, 'utf8').split(' ')[0]);

const KINDS = Object.keys(TROUBLES);

interface Told extends Pick<ReceiptAnswer, 'receipt' | 'reason'> {
  readonly kind: string;
  readonly agent: string;
  readonly text: string;
  /** By the program's own log, when the receipt was given: it has read the whole text, and then Enter. */
  readonly wasRead: boolean;
}

/** One message under one trouble, and the agent brought back to rest. */
async function sendUnder(
  kind: string,
  agent: string,
  { text, afterMs }: { text: string; afterMs: number },
): Promise<Told> {
  const sending: Sending = { afterMs, isOver: false };
  const trouble = TROUBLES[kind]?.(agent, () => hasBegun(agent, sending)) ?? Promise.resolve();
  // The program looks how to behave before each read.
  await pause(30);
  const told = await sendNow(kind, agent, text);
  sending.isOver = true;
  await trouble;
  await rest(agent);
  return told;
}

async function sendNow(kind: string, agent: string, text: string): Promise<Told> {
  const { exitCode, stdout } = await live.send([agent, '-', '-o', 'json'], { input: text });
  const wasRead = isRead(agent, text);
  // tmux could not be asked, so nothing was typed.
  if (exitCode === 69) return { kind, agent, text, wasRead, receipt: 'refused' };
  const [receipt] = (JSON.parse(stdout) as { results?: readonly ReceiptAnswer[] }).results ?? [];
  if (receipt === undefined) throw new Error(`${kind}: exit ${exitCode}, no receipt: ${stdout}`);
  return { kind, agent, text, wasRead, receipt: receipt.receipt, reason: receipt.reason ?? '' };
}

function isRead(agent: string, text: string): boolean {
  const bytes = live.received(agent);
  return [`${text}\r`, `${text}\u001b[201~\r`].some((whole) => bytes.includes(whole));
}

async function rest(agent: string): Promise<void> {
  live.behave(agent, 'idle');
  await eventually(
    async () => {
      await live.tmux('select-pane', '-e', '-t', `=${agent}:`);
      return (await live.screen(agent)).includes('Ready.');
    },
    { timeoutMs: 30_000 },
  );
  await eventually(async () => {
    const before = live.received(agent).length;
    await pause(60);
    return live.received(agent).length === before;
  });
}

const wasBegun = ({ agent, text }: Told): boolean => live.received(agent).includes(text.slice(0, 20));

const told = ({ kind, agent, receipt, reason = '', text }: Told): string =>
  `${text.slice(0, 12)} to ${agent}, ${kind}: ${receipt} ${reason}`;

describe(`under trouble (MOSAIC_TEST_SEED=${SEED})`, () => {
  it.each([0, 1])(
    'no receipt says delivered of what was not read, nor refused of what was begun: hundred %i (F76)',
    async (part) => {
      const next = numbersFrom(SEED + part);
      const orders = Array.from({ length: 100 }, (_, at) => ({
        kind: KINDS[at % KINDS.length] ?? 'none',
        text: `m-${part}-${at} ${'x'.repeat(Math.floor(next() * (at % 5 === 0 ? 20_000 : 60)))} end-${part}-${at}`,
        afterMs: Math.floor(next() * 300),
      }));
      const lanes = AGENTS.map(async (agent, lane) => {
        const mine: Told[] = [];
        for (const order of orders.filter((_order, at) => Math.floor(at / KINDS.length) % AGENTS.length === lane)) {
          mine.push(await sendUnder(order.kind, agent, order));
        }
        return mine;
      });
      // One that fails must not leave the others at work in the next test.
      await Promise.allSettled(lanes);
      const all = (await Promise.all(lanes)).flat();
      expect(all).toHaveLength(100);
      expectHonest(all);
      const quiet = all.filter(({ kind }) => kind === 'none' || kind === 'somebody scrolls');
      expect(quiet.filter(({ receipt }) => receipt !== 'delivered').map(told)).toEqual([]);
      const doubtful = all.filter(({ kind }) => kind === 'dies between text and Enter' || kind === 'busy for long');
      expect(doubtful.filter(({ receipt }) => receipt !== 'unverified').map(told)).toEqual([]);
      expect((await live.tmux('list-buffers')).stdout).toBe('');
    },
    300_000,
  );

  it('nor when the server is killed, wherever in between (F76)', async () => {
    const all: Told[] = [];
    for (const afterMs of [0, 15, 30, 50, 80, 120, 160, 200]) {
      const pid = (await live.tmux('display-message', '-p', '#{pid}')).stdout;
      const sending = sendNow('server killed', 'a', `server-${afterMs} ${'y'.repeat(40)}`);
      await hasBegun('a', { afterMs, isOver: false });
      killNow(pid);
      all.push(await sending);
      await rest('a');
    }
    expectHonest(all);
  }, 120_000);
});

/** The law: `delivered` was read, Enter included, before the receipt; of what was `refused`, nothing ever was. */
function expectHonest(all: readonly Told[]): void {
  expect(all.filter((one) => one.receipt === 'delivered' && !one.wasRead).map(told)).toEqual([]);
  expect(all.filter((one) => one.receipt === 'refused' && wasBegun(one)).map(told)).toEqual([]);
}
