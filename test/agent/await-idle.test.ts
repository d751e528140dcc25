import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { awaitIdle } from '../../src/agent/await-idle.ts';
import type { Room } from '../../src/agent/reach.ts';
import { ExecFailure, type Exec } from '../../src/model/host.ts';
import { agentIn, fleetWith } from '../support/fleet.ts';
import { close, room, tmux } from './composer-pane.ts';

const agent = agentIn(fleetWith({ coder: '{ command: [bash] }' }));

beforeAll(() => void tmux('new-session', '-d', '-s', 'other', 'sleep 60'));
afterAll(close);

/** The real machine, of which the first looks at tmux fail. */
function failing(looks: number): Room {
  let left = looks;
  const exec: Exec = (argv, options) => {
    left -= 1;
    return left < 0 ? room.read.exec(argv, options) : Promise.reject(new ExecFailure('timeout', argv, 'no answer'));
  };
  const { host } = room;
  const socketPath = host.installedSocketPath ?? host.socketPath;
  const user = { ...host.user, uid: process.getuid?.() ?? 0 };
  return { ...room, host: { ...host, socketPath, user }, read: { ...room.read, exec } };
}

it('goes on after looks that failed', async () => {
  const ended = await awaitIdle(failing(2), [agent], performance.now() + 30_000);
  expect([...ended]).toEqual([['coder', 'ended']]);
});

it('is unknown when the last look failed and time is up', async () => {
  const ended = await awaitIdle(failing(Infinity), [agent], performance.now() + 300);
  expect([...ended]).toEqual([['coder', 'unknown']]);
});
