import { rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { unitOfPath, watchUnits } from '../../src/host/unit-signals.ts';
import { temporaryPlace } from './support/place.ts';

const place = temporaryPlace();
const path = `${place}/bus`;
const servers: Server[] = [];
const clients: Socket[] = [];

afterEach(async () => {
  clients.splice(0).forEach((client) => client.destroy());
  await Promise.all(servers.splice(0).map((server) => new Promise((done) => server.close(done))));
  rmSync(path, { force: true });
});

/** Something that listens where a bus would, and treats whoever connects as told. */
async function listen(meet: (client: Socket) => void): Promise<void> {
  const server = createServer((client) => {
    clients.push(client);
    client.on('error', () => undefined);
    meet(client);
  });
  servers.push(server);
  await new Promise<void>((done) => server.listen(path, done));
}

let lost = 0;
const watch = (address: string): ReturnType<typeof watchUnits> =>
  watchUnits({ address, isOurs: () => true, wake: () => undefined, lost: () => (lost += 1) });

describe('watchUnits', () => {
  it.each(['', 'nonsense', 'tcp:host=localhost,port=1', 'unix:runtime=yes', `unix:path=${place}/missing`])(
    'gives nothing for the address %j',
    async (address) => {
      await expect(watch(address)).resolves.toBeUndefined();
    },
  );

  it('gives up a bus that takes the connection and never answers', async () => {
    await listen(() => undefined);
    await expect(watch(`unix:path=${path}`)).resolves.toBeUndefined();
    expect(lost).toBe(0);
  });

  it('gives up a bus that hangs up', async () => {
    await listen((client) => client.end());
    await expect(watch(`unix:path=${path}`)).resolves.toBeUndefined();
  });

  it('gives up what is no bus', async () => {
    await listen((client) => client.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await expect(watch(`unix:path=${path}`)).resolves.toBeUndefined();
  });

  it('finds the socket in an address of several, with escapes', async () => {
    let met = 0;
    await listen((client) => {
      met += 1;
      client.end();
    });
    await watch(`tcp:host=a,port=1;unix:guid=00ff,path=${place}/%62us,x=y`);
    expect(met).toBe(1);
  });
});

describe('unitOfPath', () => {
  it('reads the name that the manager has escaped', () => {
    const path40 = '/org/freedesktop/systemd1/unit/mosaic_2dcanary_40coder_2d2_2eservice';
    expect(unitOfPath(path40)).toBe('mosaic-canary@coder-2.service');
  });
});
