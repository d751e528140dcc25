import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Adapter } from '../../src/agent/adapters.ts';
import { roomOf, type Room, type Target } from '../../src/agent/reach.ts';
import { readPort } from '../../src/cli/ports.ts';
import { systemClock } from '../../src/host/clock.ts';
import { createExec } from '../../src/host/exec.ts';
import { childrenOf, lifeOf } from '../../src/host/process.ts';
import { fleetWith, hostFor } from '../support/fleet.ts';
import { eventually } from '../support/harness.ts';

const PROGRAM = join(import.meta.dirname, '../fixtures/bin/composer.sh');
const ADAPTER: Adapter = {
  name: 'composer',
  submitDelayMs: 30,
  submitKey: 'Enter',
  screen: { dialog: ['^Allow?$'] },
  composer: { line: ['^>'], empty: ['^>$'], settled: [] },
};

const place = mkdtempSync(join(tmpdir(), 'mosaic-test-'));
const socket = join(place, 'tmux');
/** One call to the tmux server of this test file. */
export const tmux = (...args: readonly string[]): string =>
  execFileSync('tmux', ['-u', '-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).trim();
const fleet = fleetWith({});
const host = hostFor(fleet);
/** Where agents are talked to, without any fleet. */
export const room: Room = roomOf(
  fleet,
  { ...host, installedSocketPath: socket, programs: { ...host.programs, tmux: '/usr/bin/tmux', bash: '/bin/bash' } },
  { read: readPort(createExec()), clock: systemClock },
);

/** Ends the tmux server of this test file. */
export function close(): void {
  tmux('kill-server');
  rmSync(place, { recursive: true });
}

/** A program with a composer, in a session with our mark, below a shell that waits for it. */
export async function open(name: string, ...args: readonly string[]): Promise<Target> {
  const command = [PROGRAM, ...args].map((word) => `'${word}'`).join(' ');
  const seen = tmux('new-session', '-d', '-s', name, '-P', '-F', '#{pane_id} #{pane_pid} #{pane_tty}', `${command}; :`);
  tmux('set-option', '-t', `=${name}:`, '@mosaic_owner', `f/${name}`);
  const [paneId = '', panePid = '', tty = ''] = seen.split(' ');
  await eventually(() => shown(name).includes('>'));
  const process = await eventually(() => lifeOf(childrenOf(Number(panePid))?.[0] ?? 0) ?? false);
  return { name, adapter: ADAPTER, pane: { paneId, panePid: Number(panePid), owner: `f/${name}` }, process, tty };
}

/** What is on its screen. */
export const shown = (name: string): string => tmux('capture-pane', '-p', '-t', `=${name}:`);
