import { describe, expect, it } from '@jest/globals';
import type { Output } from '../../../src/cli/options.ts';
import { reportResult } from '../../../src/cli/view/result.ts';
import { replan } from '../../../src/reconciler/pass.ts';
import { APPLY } from '../../../src/reconciler/policy.ts';
import { fleetWith } from '../../support/fleet.ts';
import { lookAt, worldOf, type Overlay } from '../../support/observed.ts';

const fleet = fleetWith({ coder: '{ command: [codex] }', other: '{ command: [claude] }' });
const OLDER = { spec: { spec: 'v1:older' } };

/** The story of an apply that named the coder and left this behind. */
function story(left: Overlay): readonly string[] {
  const after = lookAt(worldOf(fleet, { ...left, policy: { only: ['coder'] } }));
  const lines: string[] = [];
  const output: Output = {
    json: false,
    text: () => undefined,
    data: () => undefined,
    note: (line) => void lines.push(line),
  };
  reportResult({ before: after, after, steps: [], rest: replan(after, APPLY), exit: 3 }, output);
  return lines;
}

describe('the story of an apply that named some agents', () => {
  it('tells what else is left of the fleet', () => {
    const busy = { activity: { coder: 'busy' } } as const;
    expect(story({ ...busy, items: { 'session.coder': OLDER, 'session.other': OLDER } })).toEqual([
      'elsewhere: 1 agent to restart (1 change).',
      expect.stringContaining('waits: coder: busy'),
    ]);
  });

  it('names who is hindered, and counts nothing that is not there', () => {
    const items = {
      'session.other': null,
      'run.other': { spec: { active: 'failed' } },
      'record.other': { spec: { endedAt: 2000, code: 3 } },
    };
    expect(story({ items })).toEqual(['elsewhere: other is crash-looping.']);
    expect(story({ items: { 'session.other': 'no answer' } })).toEqual(['elsewhere: other is blocked (unknown).']);
  });

  it('does not tell twice of the named ones', () => {
    const busy = { activity: { coder: 'busy' } } as const;
    expect(story({ ...busy, items: { 'session.coder': OLDER } })).toEqual([
      expect.stringContaining('waits: coder: busy'),
    ]);
  });
});
