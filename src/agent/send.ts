import type { Agent } from '../model/fleet.ts';
import { checkAll } from './check.ts';
import { confirm } from './confirm.ts';
import { type } from './deliver.ts';
import type { Message } from './message.ts';
import { reach, type Reached, type Room } from './reach.ts';
import type { Verdict } from './receipt.ts';
import { senderOf, senderWord, signed, type Origin } from './sender.ts';
import { settle } from './settle.ts';

/** What is to be sent, and how. */
export interface Order {
  readonly message: Message;
  /** False: the text is left in the composer. */
  readonly enter: boolean;
  /** Without the line that names the sender. */
  readonly bare: boolean;
  /** `idle`: only to agents that are idle. `known`: only to those whose activity can be told. */
  readonly activity: 'any' | 'known' | 'idle';
  /** Also behind what a person has begun to type. */
  readonly force: boolean;
  /** Not to the sender itself. */
  readonly spareSender: boolean;
  readonly origin: Origin;
}

/** What is the same for all agents a message goes to. */
export interface Common {
  /** As typed, with the sender's line. */
  readonly text: string;
  readonly bytes: number;
  readonly from: string;
}

/** What became of a message to one agent. */
export interface Receipt extends Common {
  readonly agent: string;
  readonly verdict: Verdict;
  /** From the last key to the evidence, or to the end of patience; 0 where nothing was typed. */
  readonly afterMs: number;
  /** 1-based line a terminal would have cut. */
  readonly line?: number;
}

/** `busy` agents were asked to be left alone until they are idle: nothing was typed there. */
export interface Round {
  readonly receipts: readonly Receipt[];
  readonly busy: readonly string[];
  readonly common: Common;
}

/** One look, one delivery to all who may get it, one receipt each. The caller holds the agents' locks. */
export async function sendOnce(room: Room, agents: readonly Agent[], order: Order): Promise<Round> {
  const { found: all, panes } = await reach(room, agents);
  const sender = senderOf(order.origin, room.fleet.name, panes);
  const isSender = ({ name }: Reached): boolean => sender.kind === 'agent' && sender.name === name;
  const found = order.spareSender ? all.filter((one) => !isSender(one)) : all;
  const text = signed(order.message.text, sender, order.bare);
  const bytes = Buffer.byteLength(text);
  const common = { bytes, text, from: senderWord(sender) };
  const checked = await checkAll(room, found, { ...order, text });
  const targets = checked.filter((one) => one.kind === 'ready').map(({ target }) => target);
  const typed = targets.length === 0 ? [] : await type(room, text, targets, order.enter);
  const settled = await confirm(room, await settle(room, typed, bytes), text);
  const receipts = settled.map(({ typed: { target }, verdict, afterMs }): Receipt => ({
    ...common,
    agent: target.name,
    verdict,
    afterMs,
  }));
  const refused = checked.flatMap((one): readonly Receipt[] => {
    if (one.kind !== 'refused') return [];
    const { name, refusal, line } = one;
    const verdict: Verdict = { receipt: 'refused', reason: refusal };
    return [{ ...common, agent: name, verdict, afterMs: 0, ...(line === undefined ? {} : { line }) }];
  });
  const busy = checked.flatMap((one) => (one.kind === 'busy' ? [one.name] : []));
  return { receipts: [...receipts, ...refused], busy, common };
}
