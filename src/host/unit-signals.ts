import { createConnection, type Socket } from 'node:net';
import type { BusCall } from '../model/host.ts';
import type { BusMessage } from './bus-message.ts';
import { busSocket, callAll, FIRST_SERIAL, onMessages } from './bus-stream.ts';

/** Which units are watched, and who is called. */
export interface UnitWatch {
  /** A bus address as in `$DBUS_SESSION_BUS_ADDRESS`. */
  readonly address: string;
  readonly isOurs: (unit: string) => boolean;
  /** Something happened to a unit of ours: look. Once for each signal, so gather them. */
  readonly wake: () => void;
  /** No signal will come any more: the connection, or the manager behind it, is gone. At most once; not after close. */
  readonly lost: (why: string) => void;
}

const MANAGER = 'org.freedesktop.systemd1';
const MANAGER_PATH = '/org/freedesktop/systemd1';
const BUS = 'org.freedesktop.DBus';
const ANSWER_MS = 2000;

/** Of the properties, those of the kind every unit has are enough: what its service does changes them too. */
const MATCHES: readonly string[] = [
  `type='signal',sender='${MANAGER}',path_namespace='${MANAGER_PATH}/unit',interface='${BUS}.Properties',member='PropertiesChanged',arg0='${MANAGER}.Unit'`,
  ...['UnitNew', 'UnitRemoved', 'JobRemoved'].map(
    (member) =>
      `type='signal',sender='${MANAGER}',path='${MANAGER_PATH}',interface='${MANAGER}.Manager',member='${member}'`,
  ),
  `type='signal',sender='${BUS}',interface='${BUS}',member='NameOwnerChanged',arg0='${MANAGER}'`,
];

/**
 * Listens to what the user manager says of its units (org.freedesktop.systemd1(5)). Undefined when the bus or the
 * manager is not there, or does not answer within two seconds: then only looking helps.
 */
export async function watchUnits(watch: UnitWatch): Promise<{ close(): void } | undefined> {
  const path = busSocket(watch.address);
  if (path === undefined) return undefined;
  const stream = createConnection(path);
  const end = new AbortController();
  const lost = (): void => watch.lost('the connection to the bus, or the manager behind it, is gone');
  stream.on('error', () => stream.destroy()).once('close', () => end.abort());
  const late = setTimeout(() => stream.destroy(), ANSWER_MS);
  try {
    await subscribe(stream, end.signal, watch);
    if (end.signal.aborted) return undefined;
    end.signal.addEventListener('abort', lost);
  } catch {
    stream.destroy();
    return undefined;
  } finally {
    clearTimeout(late);
  }
  return {
    close: () => {
      end.signal.removeEventListener('abort', lost);
      stream.destroy();
    },
  };
}

const SUBSCRIPTION: readonly BusCall[] = [
  ...MATCHES.map((match) => ({
    destination: BUS,
    path: '/org/freedesktop/DBus',
    interface: BUS,
    member: 'AddMatch',
    signature: 's',
    body: [match],
  })),
  { destination: MANAGER, path: MANAGER_PATH, interface: `${MANAGER}.Manager`, member: 'Subscribe' },
];

/** Resolves once the bus has agreed to all of it; rejects when the connection ends before. */
function subscribe(stream: Socket, ended: AbortSignal, { isOurs, wake }: UnitWatch): Promise<void> {
  return new Promise((resolve, reject) => {
    ended.addEventListener('abort', () => reject(new Error('the bus is gone')), { once: true });
    onMessages(stream, (messages) => {
      if (messages === undefined || messages.some(isEnd)) stream.destroy();
      else if (messages.some(isLastAnswer)) resolve();
      for (const message of messages ?? []) if (unitsOf(message).some(isOurs)) wake();
    });
    callAll(stream, SUBSCRIPTION);
  });
}

/** The bus refused something, or another manager has taken the name: nothing more comes of this one. */
const isEnd = (message: BusMessage): boolean =>
  message.kind === 'error' || (message.kind === 'signal' && message.member === 'NameOwnerChanged');

const isLastAnswer = (message: BusMessage): boolean =>
  message.kind === 'answer' && message.serial === FIRST_SERIAL + SUBSCRIPTION.length - 1;

/** The unit a signal is about: its path names it, or one of its texts does (UnitNew, UnitRemoved and JobRemoved). */
function unitsOf(message: BusMessage): readonly string[] {
  if (message.kind !== 'signal') return [];
  return message.member === 'PropertiesChanged' ? [unitOfPath(message.path)] : message.texts;
}

/** `/org/freedesktop/systemd1/unit/a_2eservice` is `a.service`: what is no letter or digit stands as `_` and its code. */
export const unitOfPath = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replaceAll(/_([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));
