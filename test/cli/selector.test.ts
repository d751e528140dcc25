import { describe, expect, test } from '@jest/globals';
import { selectAgents } from '../../src/cli/selector.ts';
import { fleetWith } from '../support/fleet.ts';

const { agents } = fleetWith({
  coder: '{ command: [codex], labels: { role: coder, team: a } }',
  other: '{ command: [codex], labels: { role: coder, team: b } }',
  plain: '{ command: [codex] }',
});
const namesOf = (selector: string): readonly string[] => selectAgents(agents, selector).map(({ name }) => name);

describe('selectAgents', () => {
  test('takes the agents that have every label', () => {
    expect(namesOf('role=coder')).toEqual(['coder', 'other']);
    expect(namesOf('role=coder,team=b')).toEqual(['other']);
    expect(namesOf('role=reviewer')).toEqual([]);
  });

  test('takes no label from an object that everybody inherits', () => {
    expect(namesOf('constructor=Object')).toEqual([]);
  });

  test.each(['role', '=coder', '', 'role=coder,', 'role=coder,team'])('refuses %j', (selector) => {
    expect(() => namesOf(selector)).toThrow(/--selector takes KEY=VALUE/);
  });
});
