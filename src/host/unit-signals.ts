import { createConnection, type Socket } from 'node:net';

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
 * Listens to what the user manager says of its units (org.freedesktop.systemd1(5)). Undefined when the bus, the manager
 * or the optional library is not there, or does not answer within two seconds: then only looking helps.
 */
export async function watchUnits(watch: UnitWatch): Promise<{ close(): void } | undefined> {
  const library = await loadLibrary();
  const path = socketOf(watch.address);
  if (library === undefined || path === undefined) return undefined;
  const stream = createConnection(path);
  const end = new AbortController();
  const lost = (): void => watch.lost('the connection to the bus, or the manager behind it, is gone');
  stream.on('error', () => stream.destroy()).once('close', () => end.abort());
  const late = setTimeout(() => stream.destroy(), ANSWER_MS);
  try {
    await subscribe(library, { stream, ended: end.signal }, watch);
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

interface Connection {
  readonly stream: Socket;
  readonly ended: AbortSignal;
}

async function subscribe(library: Library, { stream, ended }: Connection, watch: UnitWatch): Promise<void> {
  const bus = library.createClient({ stream });
  const call = (message: Message): Promise<void> =>
    new Promise((resolve, reject) => {
      ended.addEventListener('abort', () => reject(new Error('the bus is gone')), { once: true });
      bus.invoke(message, (error) => (error ? reject(new Error(String(error.message))) : resolve()));
    });
  bus.connection.on('error', () => stream.destroy());
  bus.connection.on('message', (message) => {
    if (message.member === 'NameOwnerChanged') stream.destroy();
    else if (unitsOf(message).some((unit) => watch.isOurs(unit))) watch.wake();
  });
  for (const match of MATCHES) {
    await call({
      destination: BUS,
      path: '/org/freedesktop/DBus',
      interface: BUS,
      member: 'AddMatch',
      signature: 's',
      body: [match],
    });
  }
  await call({ destination: MANAGER, path: MANAGER_PATH, interface: `${MANAGER}.Manager`, member: 'Subscribe' });
}

/** The unit a signal is about: its path names it, or one of its texts does (UnitNew, UnitRemoved and JobRemoved). */
function unitsOf({ member, path, body = [] }: Message): readonly string[] {
  if (member === 'PropertiesChanged') return [unitOfPath(path)];
  return body.filter((item) => typeof item === 'string');
}

/** `/org/freedesktop/systemd1/unit/a_2eservice` is `a.service`: what is no letter or digit stands as `_` and its code. */
export const unitOfPath = (path: string): string =>
  path
    .slice(path.lastIndexOf('/') + 1)
    .replaceAll(/_([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/** The first unix socket an address names; a NUL begins the name of an abstract one. Values are escaped like in URLs. */
function socketOf(address: string): string | undefined {
  for (const one of address.split(';')) {
    const [, kind, value = ''] = /^unix:(?:[^,]*,)*?(path|abstract)=([^,]+)/.exec(one) ?? [];
    if (kind !== undefined) return `${kind === 'abstract' ? '\0' : ''}${unescaped(value)}`;
  }
  return undefined;
}

const unescaped = (text: string): string =>
  text.replaceAll(/%([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/** A message of the bus, as the library takes and gives it. */
interface Message {
  readonly destination?: string;
  readonly path: string;
  readonly interface?: string;
  readonly member?: string;
  readonly signature?: string;
  readonly body?: readonly unknown[];
}

interface Library {
  readonly createClient: (options: { readonly stream: Socket }) => {
    readonly connection: {
      on(event: 'message', heard: (message: Message) => void): void;
      on(event: 'error', heard: () => void): void;
    };
    readonly invoke: (
      message: Message,
      answer: (error: { readonly message?: unknown } | null | undefined) => void,
    ) => void;
  };
}

/** An optional dependency: npm goes on without it. */
async function loadLibrary(): Promise<Library | undefined> {
  try {
    const { default: library } = await import('@homebridge/dbus-native');
    return isLibrary(library) ? library : undefined;
  } catch {
    return undefined;
  }
}

/** Its own types leave out how a client is made. */
const isLibrary = (value: object): value is Library =>
  'createClient' in value && typeof value.createClient === 'function';
