import { expect, it } from '@jest/globals';
import { chownSync, mkdtempSync, rmdirSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openPlace } from '../../src/cli/context.ts';

it('hands over the calls of a command once, and keeps none after only looks follow', async () => {
  const place = await openPlace({ home: join(homedir(), 'no-such-mosaic-home') });
  const argv = ['bash', '-c', ':'] as const;
  await place.exec(argv, { timeoutMs: 5_000 });
  expect(place.takeCalls()).toMatchObject([{ argv, outcome: { exitCode: 0 } }]);
  await place.exec(argv, { timeoutMs: 5_000 });
  place.forgetCalls();
  await place.exec(argv, { timeoutMs: 5_000 });
  expect(place.takeCalls()).toEqual([]);
});

it('refuses a home of somebody else, as sudo leaves it to root (F41)', async () => {
  // Root may give a directory away; for anybody else one of root's does as well.
  const isRoot = process.getuid?.() === 0;
  const home = isRoot ? mkdtempSync(join(tmpdir(), 'mosaic-test-')) : '/usr';
  if (isRoot) chownSync(home, 65534, 65534);
  for (const place of isRoot ? [home, join(home, 'to/be/made')] : [home])
    await expect(openPlace({ home: place })).rejects.toMatchObject({
      code: 'E_WRONG_USER',
      message: expect.stringContaining(`${home} belongs to uid`),
    });
  if (isRoot) rmdirSync(home);
});
