import { describe, expect, it } from '@jest/globals';
import { isFleetName, type FleetName } from '../../src/model/names.ts';
import { senderOf, senderWord, signed } from '../../src/agent/sender.ts';

const name = 'canary';
if (!isFleetName(name)) throw new Error('no fleet name');
const fleet: FleetName = name;
const panes = new Map([[100, 'coder']]);
const unit = (text: string): string => `/user.slice/user-1000.slice/user@1000.service/app.slice/${text}`;

describe('the sender', () => {
  it.each([
    ['in no unit of ours', unit('tmux-spawn-1.scope'), [7, 1], 'person'],
    ['in the unit of an agent', unit('mosaic-canary@coder.service'), [7, 1], 'agent:coder'],
    ['below that unit', unit('mosaic-canary@coder.service/deeper'), [], 'agent:coder'],
    ['in a unit within the unit of another', unit('mosaic-a@b.service/mosaic-canary@coder.service'), [], 'agent:coder'],
    ['in the unit of another fleet', unit('mosaic-a-b@c-d.service'), [], 'agent:a-b/c-d'],
    ['in the unit of the server', unit('mosaic-canary-tmux.service'), [], 'person'],
    ['in a unit that only sounds like ours', unit('mosaic-canary@Coder.service'), [], 'person'],
    ['below the pane of an agent', '/init.scope', [50, 100, 1], 'agent:coder'],
    ['below another pane', '/init.scope', [50, 101, 1], 'person'],
    ['in one unit, below the pane of another', unit('mosaic-canary@tester.service'), [100], 'agent:tester'],
  ])('%s is told', (_where, cgroup, ancestors, word) => {
    expect(senderWord(senderOf({ cgroup, ancestors }, fleet, panes))).toBe(word);
  });

  it('is named in front of its text, unless it is a person or did not want it', () => {
    const agent = { kind: 'agent', name: 'coder' } as const;
    expect(signed('hi', agent, false)).toBe('[message from agent coder]\nhi');
    expect(signed('hi', agent, true)).toBe('hi');
    expect(signed('hi', { kind: 'person' }, false)).toBe('hi');
  });
});
