import { createConnection, type Socket } from 'node:net';
import { ExecFailure, type Bus, type BusCall } from '../model/host.ts';
import { busSocket, callAll, FIRST_SERIAL, onMessages } from './bus-stream.ts';
import type { Environment } from './environment.ts';
import type { ExecRecord } from './exec.ts';

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
    const path = busSocket(addressOf(env));
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

const addressOf = ({ DBUS_SESSION_BUS_ADDRESS: address = '', XDG_RUNTIME_DIR: runtime = '' }: Environment): string =>
  address === '' && runtime !== '' ? `unix:path=${runtime}/bus` : address;

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
    callAll(socket, calls);
  });
}

type Answers = readonly (readonly unknown[])[];

/** Calls `done` once: with all answers in the order of the calls, or with undefined at the first that is none. */
function listen(socket: Socket, count: number, done: (answers: Answers | undefined) => void): void {
  const answers = new Map<number, readonly unknown[]>();
  onMessages(socket, (messages) => {
    if (messages === undefined || messages.some(({ kind }) => kind === 'error')) return done(undefined);
    for (const message of messages) if (message.kind === 'answer') answers.set(message.serial, message.values);
    const wanted = Array.from({ length: count }, (_, at) => answers.get(FIRST_SERIAL + at));
    const found = wanted.filter((values) => values !== undefined);
    if (found.length === count) done(found);
  });
}
