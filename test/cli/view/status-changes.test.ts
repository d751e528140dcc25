import { describe, expect, it } from '@jest/globals';
import { changeJson, changeText, statusChanges, statusParts } from '../../../src/cli/view/status-changes.ts';
import type { JsonObject } from '../../../src/model/resource.ts';

const AT = '2026-01-02T03:04:05Z';
const agent = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  state: 'running',
  held: false,
  inSync: true,
  pid: 12,
  activity: { state: 'idle', source: 'screen', sinceSec: 3 },
  ...more,
});
const READY: JsonObject = { type: 'Ready', status: 'True', reason: 'InSync', message: '2 agents as the manifest says' };
const UNIT: JsonObject = { name: 'mosaic-canary-watch.service', state: 'running', auto: 'safe', outdated: false };
const status = (agents: readonly JsonObject[], more: JsonObject = {}) =>
  statusParts({ agents, conditions: [READY], watchUnit: UNIT, ...more });
const lines = (...[before, after]: Parameters<typeof statusChanges>): readonly string[] =>
  statusChanges(before, after).map((change) => changeText(change, AT));

describe('statusChanges', () => {
  it('tells everything at the first look', () => {
    expect(lines(new Map(), status([agent('a'), agent('b')]))).toEqual([
      `${AT}  a: running, pid 12, idle`,
      `${AT}  b: running, pid 12, idle`,
      `${AT}  Ready: 2 agents as the manifest says`,
      `${AT}  watch: running, --auto safe`,
    ]);
  });

  it('tells nothing when nothing but the time has changed', () => {
    const later = agent('a', { activity: { state: 'idle', source: 'screen', sinceSec: 5 } });
    expect(lines(status([agent('a')]), status([later]))).toEqual([]);
  });

  it('tells what changed alone, and what is not there any more', () => {
    const ready = { ...READY, status: 'False', message: 'not as the manifest says: b' };
    const stopped = agent('b', {
      state: 'stopped',
      held: true,
      pid: null,
      inSync: false,
      note: 'start: held\nby stop',
    });
    const after = status([stopped], { conditions: [ready], watchUnit: { ...UNIT, outdated: true } });
    expect(lines(status([agent('a'), agent('b')]), after)).toEqual([
      `${AT}  b: stopped, held, not in sync: start: held\\nby stop`,
      `${AT}  Ready: False, not as the manifest says: b`,
      `${AT}  watch: running, --auto safe, outdated`,
      `${AT}  a: not there any more`,
    ]);
  });
});

describe('changeJson', () => {
  it('is one line, with what is now or that it is gone', () => {
    const [first, ...others] = statusChanges(status([agent('b')]), status([agent('a')]));
    const json = [first, ...others].map((change) => change && JSON.parse(changeJson(change, AT, 'canary')));
    expect(json).toEqual([
      { formatVersion: '1.0', at: AT, fleet: 'canary', kind: 'agent', name: 'a', now: agent('a') },
      { formatVersion: '1.0', at: AT, fleet: 'canary', kind: 'agent', name: 'b', gone: true },
    ]);
  });
});
