import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { systemClock } from '../../src/host/clock.ts';
import {
  ancestorsOf,
  bytesReadBy,
  cgroupOf,
  childrenOf,
  commandLineOf,
  hasEnded,
  lifeOf,
  startTimeOf,
  statusOf,
  terminalOf,
} from '../../src/host/process.ts';
import { eventually, temporaryPlace } from './support/place.ts';

const place = temporaryPlace();
const started: ChildProcess[] = [];
afterAll(() => started.forEach((child) => child.kill('SIGKILL')));

function start(program: string, ...args: string[]): number {
  const child = spawn(program, args, { stdio: 'ignore' });
  started.push(child);
  if (child.pid === undefined) throw new Error(`cannot start ${program}`);
  return child.pid;
}

describe('the readers of /proc', () => {
  it('read the fields of a process whose name holds parentheses and spaces', async () => {
    const evil = `${place}/a) S 1 (b`;
    copyFileSync('/bin/sleep', evil);
    const pid = start(evil, '1000');
    await eventually(() => commandLineOf(pid)?.[0] === evil);
    await eventually(() => statusOf(pid)?.state === 'S');
    expect(startTimeOf(pid)).toBeGreaterThanOrEqual(startTimeOf(process.pid) ?? Infinity);
  });

  it('give the arguments one by one, empty ones too', async () => {
    const pid = start('/bin/sh', '-c', 'kill -STOP $$', '', 'x y', '');
    await eventually(() => statusOf(pid)?.state === 'T');
    expect(commandLineOf(pid)).toEqual(['/bin/sh', '-c', 'kill -STOP $$', '', 'x y', '']);
  });

  it('tell two processes apart by their start times, and one process by none (F81)', async () => {
    const first = start('/bin/sleep', '1000');
    const time = startTimeOf(first);
    expect(time).toBeGreaterThan(0);
    await systemClock.sleep(30); // two ticks of the kernel's clock and more
    const later = start('/bin/sleep', '1000');
    expect(startTimeOf(later)).toBeGreaterThan(time ?? Infinity);
    expect(startTimeOf(first)).toBe(time);
  });

  it('see a stopped process as stopped', async () => {
    const pid = start('/bin/sleep', '1000');
    process.kill(pid, 'SIGSTOP');
    await eventually(() => statusOf(pid)?.state === 'T');
  });

  it('tell the group of a process, and that no terminal listens to it where it has none', async () => {
    const pid = start('/usr/bin/setsid', '/bin/sleep', '1000');
    await eventually(() => commandLineOf(pid)?.[0] === '/bin/sleep');
    await eventually(() => statusOf(pid)?.state === 'S');
    expect(statusOf(pid)).toEqual({ state: 'S', group: pid });
  });

  it('list children in order', async () => {
    const shell = start('/bin/sh', '-c', 'sleep 1000 & sleep 1000 & wait');
    const children = await eventually(() => [childrenOf(shell) ?? []].find((pids) => pids.length === 2));
    expect(children).toEqual(children.toSorted((a, b) => a - b));
    children.forEach((pid) => process.kill(pid, 'SIGKILL'));
  });

  it('name the parents of a process, nearest first, up to the first of the system', async () => {
    const shell = start('/bin/sh', '-c', 'sleep 1000; :');
    const [child = 0] = await eventually(() => [childrenOf(shell) ?? []].find((pids) => pids.length === 1));
    const parents = ancestorsOf(child);
    expect(parents.slice(0, 2)).toEqual([shell, process.pid]);
    expect(childrenOf(parents.at(-1) ?? 0)).toContain(parents.at(-2));
    process.kill(child, 'SIGKILL');
  });

  it('count what a process has read, and tell its life by one read', async () => {
    const pid = start('/bin/sh', '-c', 'head -c 100000 /dev/zero >/dev/null; sleep 1000');
    await eventually(() => (bytesReadBy(pid) ?? 0) >= 100_000 && lifeOf(pid)?.state === 'S');
    expect(lifeOf(pid)).toMatchObject({ pid, startTime: startTimeOf(pid), group: statusOf(pid)?.group });
  });

  it('give a command line whole that is longer than most', async () => {
    const long = 'x'.repeat(60_000);
    const pid = start('/bin/sh', '-c', 'sleep 1000; :', long);
    await eventually(() => commandLineOf(pid)?.at(-1)?.length === long.length);
  });

  it('give the path in the unified hierarchy', () => {
    expect(cgroupOf(process.pid)).toMatch(/^\//);
  });

  it('tell no terminal of a process that lets nobody look, as one that is just ending', () => {
    const user = process.geteuid?.() ?? 0;
    // The first of all processes is root's; root itself may look anywhere.
    if (user === 0) process.seteuid?.(65_534);
    try {
      expect(terminalOf(1)).toBeUndefined();
    } finally {
      if (user === 0) process.seteuid?.(user);
    }
  });

  it('take no process for ended that lets nobody look', () => {
    const hidden = () => undefined;
    expect([1, process.pid].map((pid) => hasEnded(pid, hidden))).toEqual([false, false]);
    expect(hasEnded(process.pid)).toBe(false);
  });

  it('take a process for ended that nobody has waited for', async () => {
    const pid = start('/bin/sh', '-c', '/bin/true & exec /bin/sleep 1000');
    await eventually(() => statusOf(childrenOf(pid)?.[0] ?? 0)?.state === 'Z');
    expect(hasEnded(childrenOf(pid)?.[0] ?? 0)).toBe(true);
  });

  it('answer `undefined` for a process that is gone', async () => {
    const pid = start('/bin/true');
    await once(started.at(-1) ?? process, 'exit');
    const answers = [cgroupOf, childrenOf, startTimeOf, commandLineOf, statusOf, bytesReadBy, lifeOf, terminalOf].map(
      (read) => read(pid),
    );
    expect(answers).toEqual(Array(8).fill(undefined));
    expect(hasEnded(pid)).toBe(true);
  });
});
