import { isUtf8 } from 'node:buffer';
import { FleetError } from '../../../model/error.ts';
import type { Agent, Fleet } from '../../../model/fleet.ts';
import { awaitIdle, type Wait } from '../../../agent/await-idle.ts';
import { messageOf, type Message } from '../../../agent/message.ts';
import { sendInTurn } from '../../../agent/queue.ts';
import { roomOf, type Room } from '../../../agent/reach.ts';
import type { Order, Receipt } from '../../../agent/send.ts';
import { systemClock } from '../../../host/clock.ts';
import { sha256 } from '../../../host/digest.ts';
import { ancestorsOf, cgroupOf, rawArguments } from '../../../host/process.ts';
import { parseDuration } from '../../../manifest/words.ts';
import { lookAtAgents, type Engine } from '../../../reconciler/pass.ts';
import { APPLY } from '../../../reconciler/policy.ts';
import { fleetStatus, type AgentStatus } from '../../../reconciler/status.ts';
import { openEngine, openPlace, type Place } from '../../context.ts';
import { saveExecLog } from '../../exec-log.ts';
import { loadFleetToType } from '../../installed.ts';
import { openJournal } from '../../journal.ts';
import { readStandardInput } from '../../load-fleet.ts';
import { createOutput, type CommonOptions, type Output } from '../../options.ts';
import { selectAgents } from '../../selector.ts';
import { interruptSignal } from '../../signals.ts';
import { exitOf, sendJson, sendText, type SendResult } from '../../view/send.ts';
import { requireAgents } from '../../agent-names.ts';

interface SendOptions extends CommonOptions {
  readonly enter: boolean;
  readonly all?: boolean;
  readonly selector?: string;
  readonly when?: 'idle';
  readonly wait?: boolean;
  readonly timeout: string;
  readonly force?: boolean;
  readonly bare?: boolean;
}

/** Types a message into the terminals of agents and tells what became of it. */
export async function run(words: readonly string[], options: SendOptions): Promise<number> {
  const output = createOutput(options);
  const deadlineMs = performance.now() + timeoutMs(options);
  const { name, text } = addressee(words, options);
  const place = await openPlace(options);
  const fleet = await loadFleetToType(options, place);
  if (name !== undefined) requireAgents(fleet, [name]);
  const agents = chosen(fleet.agents, name, options);
  const message = await messageFrom(text);
  const signal = interruptSignal();
  const engine = openEngine(place, signal);
  const room = roomOf(fleet, engine.hostFacts(fleet), { read: place.read, clock: systemClock });
  const order = orderOf(message, options);
  const directory = `${place.home}/state/${fleet.name}`;
  const holder = `mosaic agent send ${name ?? (options.all === true ? '--all' : '--selector')}`;
  const saveCalls = (): void => saveExecLog(place, fleet.name, (error) => output.note(`warning: ${error.message}`));
  try {
    const onWait = (busy: readonly string[]): void => output.note(`waiting until idle: ${busy.join(', ')}`);
    const onRound = (ended: readonly Receipt[]): void => {
      note(place, room, ended, output);
      // A round without a receipt was a look: hours of them would drown the log.
      if (ended.length === 0) place.takeCalls();
      else saveCalls();
    };
    const line = { exec: place.exec, directory, holder, deadlineMs, onWait, onRound, signal };
    const receipts = await sendInTurn(room, agents, order, line);
    place.forgetCalls();
    const waits = options.wait === true ? await waitFor(room, agents, receipts, { deadlineMs, signal }) : new Map();
    const states = await statesOfMissing(engine, fleet, receipts);
    const results = receipts
      .toSorted((a, b) => (a.agent < b.agent ? -1 : 1))
      .map((receipt): SendResult => ({
        ...receipt,
        message,
        wait: waits.get(receipt.agent),
        desired: agents.find(({ name: one }) => one === receipt.agent)?.state ?? 'running',
        status: states.get(receipt.agent),
      }));
    output.text(sendText(results));
    output.data(sendJson(results));
    return exitOf(results);
  } finally {
    saveCalls();
  }
}

function timeoutMs({ timeout, wait, when, enter }: SendOptions): number {
  if (wait === true && !enter) throw new FleetError('E_USAGE', '--wait needs the Enter that --no-enter leaves out');
  const ms = parseDuration(timeout);
  if (ms !== undefined) return ms;
  const what = wait === true || when === 'idle' ? 'how long to wait' : 'how long to wait for other senders';
  throw new FleetError('E_USAGE', `--timeout takes a duration such as 10m (${what}), not ${JSON.stringify(timeout)}`);
}

interface Addressee {
  /** Undefined where labels or --all choose. */
  readonly name: string | undefined;
  readonly text: readonly string[];
}

function addressee(words: readonly string[], { all, selector }: SendOptions): Addressee {
  if (all === true && selector !== undefined) {
    throw new FleetError('E_USAGE', '--all and --selector exclude each other');
  }
  const isMany = all === true || selector !== undefined;
  const [name, ...rest] = words;
  const text = isMany ? words : rest;
  if (!isMany && name === undefined) {
    throw new FleetError('E_USAGE', 'an agent is missing', { hint: 'mosaic agent send AGENT TEXT, or --all TEXT' });
  }
  if (text.length === 0) {
    throw new FleetError('E_USAGE', 'the message is missing', { hint: 'Give it as words, or - for standard input.' });
  }
  return { name: isMany ? undefined : name, text };
}

function chosen(agents: readonly Agent[], name: string | undefined, { selector }: SendOptions): readonly Agent[] {
  if (name !== undefined) return agents.filter((agent) => agent.name === name);
  const found = selector === undefined ? agents : selectAgents(agents, selector);
  if (found.length > 0) return found;
  throw new FleetError(
    'E_UNKNOWN_AGENT',
    selector === undefined ? 'the fleet has no agents' : `no agent has the labels ${JSON.stringify(selector)}`,
    {
      hint: 'See `mosaic agent roster`.',
    },
  );
}

async function messageFrom(words: readonly string[]): Promise<Message> {
  if (words.length === 1 && words[0] === '-') {
    if (process.stdin.isTTY) {
      throw new FleetError('E_USAGE', 'standard input is a terminal', {
        hint: 'Pipe the message in, as in `git diff | mosaic agent send coder -`.',
      });
    }
    return messageOf(await readStandardInput(), 'stdin');
  }
  const text = words.join(' ');
  // Node has put this character in the place of bytes that are no UTF-8: what was really given decides.
  if (text.includes('\ufffd') && !isUtf8(rawArguments())) {
    throw new FleetError('E_MESSAGE', 'the message holds bytes that are no UTF-8');
  }
  return messageOf(Buffer.from(text), 'arguments');
}

const orderOf = (message: Message, { enter, bare, when, wait, force, all, selector }: SendOptions): Order => ({
  message,
  enter,
  bare: bare === true,
  force: force === true,
  activity: when ?? (wait === true ? 'known' : 'any'),
  spareSender: all === true || selector !== undefined,
  origin: { cgroup: cgroupOf(process.pid) ?? '', ancestors: ancestorsOf(process.pid) },
});

/** Only what was delivered is waited for. */
async function waitFor(
  room: Room,
  agents: readonly Agent[],
  receipts: readonly Receipt[],
  { deadlineMs, signal }: { deadlineMs: number; signal: AbortSignal },
): Promise<ReadonlyMap<string, Wait>> {
  const arrived = new Set(receipts.filter(({ verdict }) => verdict.receipt === 'delivered').map(({ agent }) => agent));
  return awaitIdle(
    room,
    agents.filter(({ name }) => arrived.has(name)),
    deadlineMs,
    signal,
  );
}

/** tmux alone tells that an agent is not there; why, its unit and its records tell. */
async function statesOfMissing(
  engine: Engine,
  fleet: Fleet,
  receipts: readonly Receipt[],
): Promise<ReadonlyMap<string, AgentStatus>> {
  const names = receipts
    .filter(({ verdict }) => verdict.receipt === 'refused' && verdict.reason === 'missing')
    .map(({ agent }) => agent);
  if (names.length === 0) return new Map();
  const { agents } = fleetStatus(await lookAtAgents(engine, fleet, APPLY, []), []);
  return new Map(agents.filter(({ name }) => names.includes(name)).map((agent) => [agent.name, agent]));
}

/** Who sent how much to whom and what came of it; of the text itself a digest alone. */
function note(place: Place, { fleet, clock }: Room, receipts: readonly Receipt[], output: Output): void {
  const journal = openJournal(place, fleet.name, output);
  const digest = sha256(receipts[0]?.text ?? '');
  for (const { agent, verdict, bytes, from } of receipts) {
    const { receipt } = verdict;
    const why = receipt === 'delivered' ? verdict.source : verdict.reason;
    journal.append({
      at: clock.nowMs(),
      group: `agent.${agent}`,
      action: 'send',
      reason: 'requested',
      because: `${bytes} bytes, sha256 ${digest.slice(0, 12)}, ${receipt}: ${why}`,
      result: receipt === 'delivered' ? 'done' : receipt,
      command: 'agent send',
      by: from === 'person' ? `user ${place.identity.user}` : from.replace(':', ' '),
      bytes,
      sha256: digest,
    });
  }
}
