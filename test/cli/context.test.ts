import { expect, it } from '@jest/globals';
import { join } from 'node:path';
import { homedir } from 'node:os';
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
