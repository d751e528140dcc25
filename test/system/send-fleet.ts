import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMosaic } from '../support/harness.ts';
import type { Ended, RunOptions } from '../support/process.ts';
import { answer, liveFleet, type Agents, type LiveFleet } from './live-fleet.ts';

const TUI = join(import.meta.dirname, '../fixtures/bin/tui.mjs');
/** What the small terminal program shows, and how it wants to be talked to. */
const ADAPTERS = {
  tui: { submitDelay: '100ms', dialog: 'Allow this command?*', busy: 'Working*', idle: 'Ready.' },
};
const RESTART = { policy: 'always', delay: '100ms', burst: 400, window: '60s' };

/** One receipt as `agent send -o json` tells it. */
export interface ReceiptAnswer {
  readonly agent: string;
  readonly receipt: 'delivered' | 'unverified' | 'refused';
  readonly reason?: string;
  readonly evidence?: { readonly source: string; readonly afterMs: number };
  readonly line?: number;
  readonly bytes: number;
  readonly normalized: readonly string[];
  readonly from: string;
  readonly wait?: string;
}

/** How the program behaves; see the program. */
export type Mode = 'idle' | 'boot' | 'block' | 'slow' | 'busy' | 'dialog' | 'die' | 'stop';

/** Agents that log every byte they get, and the command that talks to them. */
export interface SendFleet extends LiveFleet {
  send(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The receipts of a send with these arguments, whatever it ends with. */
  receipts(args: readonly string[], options?: RunOptions): Promise<readonly ReceiptAnswer[]>;
  /** Everything the program of this agent has read so far. */
  received(agent: string): Buffer;
  /** What it reads while `act` runs. */
  readDuring(agent: string, act: () => Promise<unknown>): Promise<Buffer>;
  behave(agent: string, mode: Mode): void;
  screen(agent: string): Promise<string>;
  /** Pid of the first process of its pane. */
  wrapper(agent: string): Promise<number>;
  paneOf(agent: string): Promise<string>;
}

/** An agent that reads its terminal raw, with or without bracketed paste. */
export const tui = (
  log: string,
  { bracketed = true, ...more }: { bracketed?: boolean; labels?: object } = {},
): object => ({
  command: [process.execPath, TUI, log, ...(bracketed ? ['--bracketed'] : [])],
  adapter: 'tui',
  restart: RESTART,
  ...more,
});

/** A fleet whose agents are made by `agents`, which is given the place of their logs. */
export function sendFleet(agents: (log: (agent: string) => string) => Agents, spec: object = {}): SendFleet {
  const live = liveFleet({});
  const directory = join(live.root, 'logs');
  mkdirSync(directory);
  const log = (agent: string): string => join(directory, agent);
  live.declare(agents(log), { adapters: ADAPTERS, ...spec });
  const send = (args: readonly string[], options: RunOptions = {}): Promise<Ended> =>
    runMosaic(['agent', 'send', ...args], { home: live, timeoutMs: 60_000, ...options });
  return {
    ...live,
    send,
    receipts: async (args, options) => {
      const ended = await send(['-o', 'json', ...args], options);
      return answer<{ results: readonly ReceiptAnswer[] }>(ended).results;
    },
    received: (agent) => bytesIn(log(agent)),
    readDuring: async (agent, act) => {
      const before = bytesIn(log(agent)).length;
      await act();
      return bytesIn(log(agent)).subarray(before);
    },
    screen: async (agent) => (await live.tmux('capture-pane', '-p', '-t', `=${agent}:`)).stdout,
    behave: (agent, mode) => {
      if (mode === 'idle') rmSync(`${log(agent)}.mode`, { force: true });
      else writeFileSync(`${log(agent)}.mode`, mode);
    },
    wrapper: async (agent) =>
      Number((await live.tmux('display-message', '-p', '-t', `=${agent}:`, '#{pane_pid}')).stdout),
    paneOf: async (agent) => (await live.tmux('display-message', '-p', '-t', `=${agent}:`, '#{pane_id}')).stdout.trim(),
  };
}

function bytesIn(path: string): Buffer {
  if (!existsSync(path)) return Buffer.alloc(0);
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
  return Buffer.concat(lines.map((line) => Buffer.from((JSON.parse(line) as { bytes: string }).bytes, 'base64')));
}

/** What a program gets of a text that is submitted. */
export const typed = (text: string, bracketed: boolean): Buffer =>
  Buffer.from(bracketed ? `\x1b[200~${text}\x1b[201~\r` : `${text}\r`);
