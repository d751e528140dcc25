import { describe, expect, it } from '@jest/globals';
import { attach, type AttachPorts } from '../../src/agent/attach.ts';
import { awaitReturn, farewell, notInstalled, type FindAgent, type Presence } from '../../src/agent/presence.ts';
import type { Clock } from '../../src/model/host.ts';
import type { AgentState } from '../../src/model/observed.ts';

/** A clock that a sleep moves on. */
function clock(): Clock & { readonly spentMs: () => number } {
  let nowMs = 0;
  const sleep = (ms: number): Promise<void> => {
    nowMs += ms;
    return Promise.resolve();
  };
  return { nowMs: () => nowMs, sleep, spentMs: () => nowMs };
}

const paneOf = (panePid: number) => ({
  paneId: `%${panePid}`,
  panePid,
  owner: 'canary/coder',
  sessionId: `$${panePid}`,
});
const at = (state: AgentState, panePid?: number, installed = true): Presence => ({
  name: 'coder',
  state,
  installed,
  desired: 'running',
  ...(panePid === undefined ? {} : { pane: paneOf(panePid), pid: panePid + 1 }),
});
/** Gives these in turn, and the last for ever. */
function turns(...all: readonly [Presence, ...Presence[]]): FindAgent {
  let next = 0;
  return () => {
    const now = all[Math.min(next, all.length - 1)] ?? all[0];
    next += 1;
    return Promise.resolve(now);
  };
}

describe('waiting for an agent to return', () => {
  it('takes another pane for the return, and never the old one', async () => {
    const find = turns(at('running', 7), at('starting'), at('running', 8));
    expect(await awaitReturn(find, clock(), paneOf(7))).toEqual(at('running', 8));
  });

  it('lasts as long as it is being started', async () => {
    const starting = Array.from({ length: 1000 }, () => at('starting'));
    expect(await awaitReturn(turns(at('starting'), ...starting, at('running', 8)), clock(), paneOf(7))).toEqual(
      at('running', 8),
    );
  });

  it.each<[AgentState, number]>([
    ['stopped', 3000],
    ['failed', 3000],
    ['crash-looping', 3000],
    ['unknown', 15_000],
  ])('ends when it stays %s for %i ms', async (state, ms) => {
    const time = clock();
    expect(await awaitReturn(turns(at(state)), time, paneOf(7))).toEqual(at(state));
    expect(time.spentMs()).toBe(ms);
  });

  it('sees through a restart that passes through a stop', async () => {
    const find = turns(at('failed'), at('stopped'), at('stopped'), at('starting'), at('running', 8));
    expect(await awaitReturn(find, clock(), paneOf(7))).toEqual(at('running', 8));
  });

  it('ends at once when it was removed', async () => {
    const time = clock();
    await awaitReturn(turns(at('missing', undefined, false)), time, paneOf(7));
    expect(time.spentMs()).toBe(0);
  });
});

describe('the end of an agent that does not come back', () => {
  it.each<[AgentState, number, string]>([
    ['stopped', 0, 'coder is stopped; mosaic fleet start coder starts it'],
    ['exited', 0, 'coder ended by itself: exited with 5'],
    ['crash-looping', 3, 'coder is crash-looping: exited with 5'],
    ['failed', 3, 'coder is failed: exited with 5'],
    ['unknown', 1, 'it cannot be told how coder is: exited with 5'],
  ])('%s gives %i', (state, exit, text) => {
    expect(farewell({ ...at(state), detail: 'exited with 5' })).toEqual({ text, exit });
  });
});

describe('an agent whose state the manifest says', () => {
  const wanted = (state: AgentState, installed: boolean): Presence => ({
    ...at(state, undefined, installed),
    desired: 'stopped',
  });
  it('is not to be started by hand: that would be refused', () => {
    expect(farewell(wanted('stopped', true)).text).toBe('coder is stopped, as the manifest says');
    expect(notInstalled(wanted('missing', false))).toBe('coder is stopped, as the manifest says');
  });
});

describe('an agent that is not installed when it is asked for', () => {
  it('says how it comes up, and not that it was removed', () => {
    expect(notInstalled(at('missing', undefined, false))).toBe(
      'coder is not installed; mosaic fleet apply coder starts it',
    );
    expect(notInstalled(at('missing'))).toBeUndefined();
    expect(notInstalled(at('running', 7, false))).toBeUndefined();
  });
});

describe('attach', () => {
  const visit = async (first: Presence, find: FindAgent, codes: readonly number[] = [0]) => {
    const opened: string[] = [];
    const notes: string[] = [];
    const open: AttachPorts['open'] = ({ sessionId }) => Promise.resolve(codes[opened.push(sessionId) - 1] ?? 0);
    const exit = await attach({ find, clock: clock(), open, note: (text) => void notes.push(text) }, first);
    return { exit, opened, notes };
  };

  it('ends with the person’s leave', async () => {
    expect(await visit(at('running', 7), turns(at('running', 7)))).toEqual({ exit: 0, opened: ['$7'], notes: [] });
  });

  it('opens the next session when the agent restarted below it', async () => {
    const find = turns(at('starting'), at('running', 8));
    const { exit, opened, notes } = await visit(at('running', 7), find);
    expect([exit, opened]).toEqual([0, ['$7', '$8']]);
    expect(notes).toEqual([
      '-- coder has ended; waiting for its return, Ctrl-C to leave --',
      '-- coder restarted, pid 9 --',
    ]);
  });

  it('says that it runs again where its own process is not to be seen yet', async () => {
    const { pid: _, ...back } = at('running', 8);
    const { notes } = await visit(at('running', 7), turns(at('starting'), back));
    expect(notes.at(-1)).toBe('-- coder restarted --');
  });

  it('waits for one that is on its way up when it is asked for', async () => {
    const { exit, opened, notes } = await visit(at('starting'), turns(at('starting'), at('running', 8)));
    expect([exit, opened]).toEqual([0, ['$8']]);
    expect(notes).toEqual(['-- coder is being started; waiting for it, Ctrl-C to leave --']);
  });

  it('says why where the client ended and the agent runs on', async () => {
    const { exit, notes } = await visit(at('running', 7), turns(at('running', 7)), [137]);
    expect(exit).toBe(1);
    expect(notes).toEqual(['-- the terminal of coder was closed (tmux ended with 137); coder runs on --']);
  });

  it('opens nothing of an agent that does not run', async () => {
    expect(await visit(at('crash-looping'), turns(at('crash-looping')))).toMatchObject({ exit: 3, opened: [] });
    const absent = at('missing', undefined, false);
    expect((await visit(absent, turns(absent))).notes).toEqual([`-- ${notInstalled(absent)} --`]);
  });
});
