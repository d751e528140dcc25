import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createBus } from '../../src/host/bus.ts';
import { encodeCall } from '../../src/host/bus-message.ts';
import type { ExecRecord } from '../../src/host/exec.ts';
import { ExecFailure, type BusCall } from '../../src/model/host.ts';
import { directoryMaker, temporaryPlace } from './support/place.ts';

/** What a real bus (dbus 1.14, systemd 252) once answered to a greeting, four properties and a list of units. */
const ANSWERS = Buffer.from(
  readFileSync(new URL('../fixtures/bus-answers.base64', import.meta.url), 'latin1'),
  'base64',
);
const newDirectory = directoryMaker(temporaryPlace());
const limit = { timeoutMs: 20_000 };
const open: { close: () => unknown }[] = [];
afterEach(() => open.splice(0).forEach((one) => one.close()));

const get = (name: string): BusCall => ({
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.DBus.Properties',
  member: 'Get',
  signature: 'ss',
  body: ['org.freedesktop.systemd1.Manager', name],
});
const list: BusCall = { ...get(''), member: 'ListUnitsByPatterns', signature: 'asas', body: [[], ['one', 'two']] };
const CALLS = [get('UnitsLoadTimestamp'), get('UnitPath'), get('Version'), get('ControlGroup'), list];

/** A bus that does this with whoever connects, once it has heard something. */
async function busThat(answers: (socket: Socket, heard: Buffer) => unknown, name = 'bus'): Promise<string> {
  const path = `${newDirectory()}/${name}`;
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.once('data', (heard: Buffer) => answers(socket, heard));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  open.push({ close: () => (sockets.forEach((socket) => socket.destroy()), server.close()) });
  return path;
}

const ask = (path: string, options: Parameters<ReturnType<typeof createBus>>[1] = limit) =>
  createBus({ env: { DBUS_SESSION_BUS_ADDRESS: `unix:path=${path}` } })(CALLS, options);

describe('createBus', () => {
  it('gives every answer in the order of the questions, past signals and the greeting', async () => {
    const answers = await ask(await busThat((socket) => socket.write(ANSWERS)));
    expect(answers?.map(([value]) => (Array.isArray(value) ? value.length : value))).toEqual([
      expect.any(Number),
      16,
      '252.38-1~deb12u1',
      expect.stringContaining('user@4711.service'),
      3,
    ]);
    const [rows] = answers?.at(-1) ?? [];
    expect(rows).toContainEqual([
      'mosaic-bench.target',
      'Mosaic fleet bench',
      'loaded',
      'active',
      'active',
      '',
      '/org/freedesktop/systemd1/unit/mosaic_2dbench_2etarget',
      0,
      '',
      '/',
    ]);
  });

  it('reads an answer that comes byte by byte', async () => {
    const path = await busThat(async (socket) => {
      socket.setNoDelay(true);
      for (const byte of ANSWERS) {
        socket.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
    expect(await ask(path)).toEqual(await ask(await busThat((socket) => socket.write(ANSWERS))));
  });

  it('says who it is and asks everything at once, in messages whose parts stand at their boundaries', async () => {
    let heard: Buffer = Buffer.alloc(0);
    const path = await busThat((socket, bytes) => {
      heard = bytes;
      socket.on('data', (more: Buffer) => (heard = Buffer.concat([heard, more])));
      setTimeout(() => socket.write(ANSWERS), 50);
    });
    await ask(path);
    const greeting = `\0AUTH EXTERNAL ${Buffer.from(String(process.getuid?.())).toString('hex')}\r\nBEGIN\r\n`;
    expect(heard.toString('latin1', 0, greeting.length)).toBe(greeting);
    expect(heard.subarray(-encodeCall(list, 6).length)).toEqual(encodeCall(list, 6));
    // flags: no service is started by a question; the length of the body; the serial
    expect([...encodeCall(list, 6).subarray(0, 12)]).toEqual([0x6c, 1, 2, 1, 24, 0, 0, 0, 6, 0, 0, 0]);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['refuses us', (socket) => socket.write('REJECTED EXTERNAL\r\n')],
    ['hangs up', (socket) => socket.end()],
    ['hangs up half way', (socket) => socket.end(ANSWERS.subarray(0, 700))],
    ['is none', (socket) => socket.write('OK 0\r\nHTTP/1.1 400 Bad Request\r\n\r\n')],
    ['speaks the other byte order', (socket) => socket.write(Buffer.from(`OK 0\r\nB${'\0'.repeat(15)}`))],
    ['answers with an error', (socket) => socket.write(withError())],
  ])('leaves it to programs when the bus %s', async (_, answers) => {
    expect(await ask(await busThat(answers))).toBeUndefined();
  });

  it.each([
    ['no socket', { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/nonexistent/bus' }],
    ['an address of another kind', { DBUS_SESSION_BUS_ADDRESS: 'unix:abstract=bus' }],
    ['no address and no runtime directory', {}],
  ])('leaves it to programs where there is %s', async (_, env) => {
    expect(await createBus({ env })(CALLS, limit)).toBeUndefined();
  });

  it.each(['with%20escapes', 'one;unix:path=another'])(
    'leaves an address that is more than a path to programs: %s',
    async (name) => {
      expect(await ask(await busThat((socket) => socket.write(ANSWERS), name))).toBeUndefined();
    },
  );

  it('finds the bus in the runtime directory, and tells how the conversation went (F39)', async () => {
    const path = await busThat((socket) => socket.write(ANSWERS));
    const records: ExecRecord[] = [];
    const bus = createBus({
      env: { XDG_RUNTIME_DIR: path.slice(0, -'/bus'.length) },
      onCall: (one) => records.push(one),
    });
    expect(await bus(CALLS, limit)).toHaveLength(5);
    expect(records).toMatchObject([{ argv: ['user-bus', 'Get', 'Get', 'Get', 'Get', 'ListUnitsByPatterns'] }]);
  });

  it('gives up after its time, and at once when it is told to (F37)', async () => {
    const path = await busThat(() => undefined);
    const gaveUp = await ask(path, { timeoutMs: 50 }).catch((error: unknown) => error);
    expect(gaveUp).toMatchObject({ reason: 'timeout', message: 'the message bus did not answer within 50 ms' });
    expect(gaveUp).toBeInstanceOf(ExecFailure);
    const aborting = new AbortController();
    const waiting = ask(path, { ...limit, signal: aborting.signal });
    aborting.abort();
    await expect(waiting).rejects.toMatchObject({ reason: 'aborted' });
  });
});

/** The same answers, the last of which is an error instead. */
function withError(): Buffer {
  const bytes = Buffer.from(ANSWERS);
  const last = bytes.lastIndexOf(Buffer.from('a(ssssssouso)'));
  // The head of a message has its type in its second byte.
  bytes[bytes.lastIndexOf(Buffer.of(0x6c, 2), last) + 1] = 3;
  return bytes;
}
