import { createConnection, type Socket } from 'node:net';
import { ExecFailure, type Bus, type BusCall } from '../model/host.ts';
import { decodeReply, encodeCall, messageLength, type BusReply } from './bus-message.ts';
import type { Environment } from './environment.ts';
import type { ExecRecord } from './exec.ts';
import { effectiveUid } from './identity.ts';

const MAX_ANSWER_BYTES = 8 * 1024 * 1024;
const HELLO: BusCall = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'Hello',
};

export interface BusSettings {
  readonly env: Environment;
  /** Told about every conversation once it is over. */
  readonly onCall?: (record: ExecRecord) => void;
}

/**
 * Asks the user's message bus without another program: two `busctl` cost more than all the rest of a look. Everything is
 * sent at once, as sd-bus does. Whatever goes wrong but time is `undefined`: `busctl` then says it in its own words.
 */
export function createBus({ env, onCall }: BusSettings): Bus {
  return async (calls, options) => {
    const path = socketOf(env);
    if (path === undefined) return undefined;
    const startedAtMs = Date.now();
    const argv = ['user-bus', ...calls.map(({ member }) => member)] as const;
    const report = (outcome: ExecRecord['outcome']): void =>
      onCall?.({ argv: [...argv], startedAtMs, ms: Date.now() - startedAtMs, outcome });
    try {
      const answers = await converse(path, calls, options);
      report({ exitCode: answers === undefined ? 1 : 0 });
      return answers;
    } catch (error) {
      if (error instanceof ExecFailure) report({ failure: error.reason });
      throw error;
    }
  };
}

/** The socket behind the usual form of address; anything else is left to those who know all of them. */
function socketOf({ DBUS_SESSION_BUS_ADDRESS: address = '', XDG_RUNTIME_DIR: runtime = '' }: Environment) {
  if (address === '') return runtime === '' ? undefined : `${runtime}/bus`;
  return /^unix:path=(\/[^,;%]*)(,guid=[0-9a-f]+)?$/.exec(address)?.[1];
}

function converse(path: string, calls: readonly BusCall[], { timeoutMs, signal }: Parameters<Bus>[1]): ReturnType<Bus> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    const end = (act: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      act();
    };
    const fail = (reason: ExecFailure['reason'], words: string): void =>
      end(() => reject(new ExecFailure(reason, ['user-bus'], `the message bus ${words}`)));
    const onAbort = (): void => fail('aborted', 'was not waited for: aborted');
    const timer = setTimeout(() => fail('timeout', `did not answer within ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener('abort', onAbort);
    socket.once('error', () => end(() => resolve(undefined)));
    socket.once('close', () => end(() => resolve(undefined)));
    listen(socket, calls.length, (answers) => end(() => resolve(answers)));
    socket.write(greeting());
    socket.write(Buffer.concat([HELLO, ...calls].map((call, at) => encodeCall(call, at + 1))));
  });
}

/** Says who we are, which the socket's credentials prove, and goes on at once. */
const greeting = (): string => `\0AUTH EXTERNAL ${Buffer.from(String(effectiveUid())).toString('hex')}\r\nBEGIN\r\n`;

type Answers = readonly (readonly unknown[])[];

/** Calls `done` once: with all answers in the order of the calls, or with undefined at the first that is none. */
function listen(socket: Socket, count: number, done: (answers: Answers | undefined) => void): void {
  const incoming = new Incoming();
  const answers = new Map<number, readonly unknown[]>();
  socket.on('data', (chunk: Buffer) => {
    const replies = incoming.add(chunk);
    if (replies === undefined) return done(undefined);
    for (const { serial, values } of replies) {
      if (values === undefined) return done(undefined);
      answers.set(serial, values);
    }
    // The first serial is that of the greeting itself.
    const wanted = Array.from({ length: count }, (_, at) => answers.get(at + 2));
    const found = wanted.filter((values) => values !== undefined);
    if (found.length === count) done(found);
  });
}

/** What has come in so far, and is no whole message yet. */
class Incoming {
  #bytes: Buffer = Buffer.alloc(0);
  #isGreeted = false;

  /** The replies that are complete now; undefined when this is not a bus that we can talk with. */
  add(chunk: Buffer): readonly BusReply[] | undefined {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > MAX_ANSWER_BYTES) return undefined;
    try {
      return this.#greet() ? this.#replies() : undefined;
    } catch {
      // Bytes that make no sense to us: as good as no bus.
      return undefined;
    }
  }

  /** The one line before the messages. */
  #greet(): boolean {
    const end = this.#isGreeted ? 0 : this.#bytes.indexOf('\r\n');
    if (this.#isGreeted || end < 0) return true;
    this.#isGreeted = this.#bytes.toString('latin1', 0, 3) === 'OK ';
    this.#bytes = this.#bytes.subarray(end + 2);
    return this.#isGreeted;
  }

  #replies(): readonly BusReply[] {
    const replies: BusReply[] = [];
    while (this.#isGreeted) {
      const length = messageLength(this.#bytes);
      if (length === undefined || length > this.#bytes.length) break;
      const reply = decodeReply(this.#bytes.subarray(0, length));
      if (reply !== undefined) replies.push(reply);
      this.#bytes = this.#bytes.subarray(length);
    }
    return replies;
  }
}
