import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { readWatchState, statePath } from '../../../src/cli/watch/state.ts';
import { createFileReader } from '../../../src/host/files.ts';
import { fleetWith } from '../../support/fleet.ts';
import { cleanUp, tempHome } from '../../support/harness.ts';

afterAll(cleanUp);

const { home } = tempHome();
const { name } = fleetWith({});
const path = statePath(home, name);
mkdirSync(dirname(path), { recursive: true });
const left = { pid: 1, startedMs: 2, auto: 'safe', manifest: '/m', conditions: { fleet: [], agents: {} }, waits: [] };
const startsAfter = (starts: unknown): unknown => {
  writeFileSync(path, JSON.stringify({ formatVersion: '1.0', ...left, starts }));
  return readWatchState(createFileReader(), home, name)?.starts;
};

describe('what a watcher left for the one after it', () => {
  it('has the starts of each agent as they were written', () => {
    const starts = {
      coder: { atMs: [1, 2], count: 2 },
      'code-2': { atMs: [], count: 0, endsMs: [3], isDown: true, gaveUp: 1 },
    };
    expect(startsAfter(starts)).toEqual(starts);
  });

  it.each([
    ['nothing', {}],
    ['no object', 7],
    ['null', null],
    ['no times', { atMs: 3, count: 1 }],
    ['words for times', { atMs: ['3'], count: 1 }],
    ['no count', { atMs: [3] }],
    ['ends that are none', { atMs: [3], count: 1, endsMs: 4 }],
    ['a run that is none', { atMs: [3], count: 1, gaveUp: 'x' }],
    ['words for down', { atMs: [3], count: 1, isDown: 'no' }],
  ])('has none of an agent of which it says %s, and keeps the others (F83)', (_, coder) => {
    const other = { atMs: [1], count: 1 };
    expect(startsAfter({ coder, other })).toEqual({ other });
  });

  it('has none of what is no agent, nor where they are no starts at all', () => {
    expect(startsAfter({ '../x': { atMs: [1], count: 1 } })).toEqual({});
    expect([7, null, [], 'x'].map(startsAfter)).toEqual([{}, {}, {}, {}]);
  });
});
