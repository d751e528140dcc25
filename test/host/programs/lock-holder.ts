import { appendFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../../../src/host/clock.ts';
import { createExec } from '../../../src/host/exec.ts';
import { acquireLock } from '../../../src/host/lock.ts';

// PATH hold: takes the lock and keeps it until it is ended. PATH call PROGRAM: the same, with a call under way. PATH rounds JOURNAL N: takes it N times, writing in and out.
const [path = '', mode = '', journal = '', rounds = '0'] = process.argv.slice(2);
const options = { exec: createExec(), clock: systemClock, waitMs: 30_000, holder: `test ${mode}` };

if (mode === 'hold') {
  await acquireLock(path, options);
  console.log('held');
  setInterval(() => undefined, 1000);
} else if (mode === 'call') {
  const { descriptors } = await acquireLock(path, options);
  await options.exec(['sh', '-c', journal], { timeoutMs: 60_000, descriptors });
} else {
  for (let round = 0; round < Number(rounds); round += 1) {
    const lock = await acquireLock(path, options);
    appendFileSync(journal, `in ${process.pid}\n`);
    await delay(2);
    appendFileSync(journal, `out ${process.pid}\n`);
    lock.release();
  }
}
