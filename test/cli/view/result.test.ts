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
function story(left: Overlay, isTold = false): readonly string[] {
  const after = lookAt(worldOf(fleet, { ...left, policy: { only: ['coder'] } }));
  const lines: string[] = [];
  const output: Output = {
    json: false,
    text: (line) => void lines.push(line),
    data: () => undefined,
    note: (line) => void lines.push(line),
    paint: (line) => line,
  };
  reportResult(
    { before: after, after, steps: [], rest: replan(after, APPLY), exit: 3 },
    { output, told: isTold ? after.plan : undefined },
  );
  return lines;
}

describe('the story of an apply that named some agents', () => {
  it('tells what else is left of the fleet', () => {
    const busy = { activity: { coder: 'busy' } } as const;
    expect(story({ ...busy, items: { 'session.coder': OLDER, 'session.other': OLDER } })).toEqual([
      expect.stringContaining('waits: coder: busy'),
      'elsewhere: 1 agent to restart (1 change).',
      'Nothing done. Left: coder waits (busy).',
    ]);
  });

  it('names who is hindered, and counts nothing that is not there', () => {
    const items = {
      'session.other': null,
      'run.other': { spec: { active: 'failed' } },
      'record.other': { spec: { endedAt: 2000, code: 3 } },
    };
    const [elsewhere, last] = story({ items });
    expect([elsewhere, last]).toEqual(['elsewhere: other is crash-looping.', 'Nothing done. Left: nothing.']);
    const [unseen] = story({ items: { 'session.other': 'no answer' } });
    expect(unseen).toBe('elsewhere: other is blocked (unknown).');
  });

  it('does not tell twice of the named ones', () => {
    const busy = { activity: { coder: 'busy' } } as const;
    expect(story({ ...busy, items: { 'session.coder': OLDER } })).toEqual([
      expect.stringContaining('waits: coder: busy'),
      'Nothing done. Left: coder waits (busy).',
    ]);
  });

  it('says again by name alone what stood in the plan before it', () => {
    const busy = { activity: { coder: 'busy' } } as const;
    const host = { linger: false };
    expect(story({ ...busy, host, items: { 'session.coder': OLDER } })).toHaveLength(3);
    expect(story({ ...busy, host, items: { 'session.coder': OLDER } }, true)).toEqual([
      'Nothing done. Left: coder waits (busy).',
    ]);
  });
});
