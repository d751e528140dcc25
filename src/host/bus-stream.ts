import type { Socket } from 'node:net';
import type { BusCall } from '../model/host.ts';
import { decodeMessage, encodeCall, messageLength, type BusMessage } from './bus-message.ts';
import { effectiveUid } from './identity.ts';

const MAX_BYTES = 8 * 1024 * 1024;
const HELLO: BusCall = {
  destination: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
  member: 'Hello',
};

/** The serial of the first call: the one before it is the greeting's own. */
export const FIRST_SERIAL = 2;

/** The first unix socket an address names; a NUL begins the name of an abstract one. Values are escaped like in URLs. */
export function busSocket(address: string): string | undefined {
  for (const one of address.split(';')) {
    const [, kind, value = ''] = /^unix:(?:[^,]*,)*?(path|abstract)=([^,]+)/.exec(one) ?? [];
    if (kind !== undefined) return `${kind === 'abstract' ? '\0' : ''}${unescaped(value)}`;
  }
  return undefined;
}

const unescaped = (text: string): string =>
  text.replaceAll(/%([0-9a-fA-F]{2})/g, (_, code: string) => String.fromCharCode(parseInt(code, 16)));

/** Says who we are, which the socket's credentials prove, and sends all calls at once, as sd-bus does. */
export function callAll(socket: Socket, calls: readonly BusCall[]): void {
  socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(effectiveUid())).toString('hex')}\r\nBEGIN\r\n`);
  socket.write(Buffer.concat([HELLO, ...calls].map((call, at) => encodeCall(call, FIRST_SERIAL - 1 + at))));
}

/** Tells the messages as they come in; undefined when this is not a bus that we can talk with. */
export function onMessages(socket: Socket, heard: (messages: readonly BusMessage[] | undefined) => void): void {
  const incoming = new Incoming();
  socket.on('data', (chunk: Buffer) => heard(incoming.add(chunk)));
}

/** What has come in so far, and is no whole message yet. */
class Incoming {
  #bytes: Buffer = Buffer.alloc(0);
  #isGreeted = false;

  /** The messages that are complete now. */
  add(chunk: Buffer): readonly BusMessage[] | undefined {
    this.#bytes = this.#bytes.length === 0 ? chunk : Buffer.concat([this.#bytes, chunk]);
    if (this.#bytes.length > MAX_BYTES) return undefined;
    try {
      return this.#greet() ? this.#messages() : undefined;
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

  #messages(): readonly BusMessage[] {
    const messages: BusMessage[] = [];
    while (this.#isGreeted) {
      const length = messageLength(this.#bytes);
      if (length === undefined || length > this.#bytes.length) break;
      const message = decodeMessage(this.#bytes.subarray(0, length));
      if (message !== undefined) messages.push(message);
      this.#bytes = this.#bytes.subarray(length);
    }
    return messages;
  }
}
