import { describe, expect, it } from '@jest/globals';
import {
  agentOfUnit,
  agentUnit,
  fleetUnits,
  isAgentName,
  isFleetName,
  isSocketName,
  MAX_AGENT_NAME,
  MAX_FLEET_NAME,
  type AgentName,
  type FleetName,
} from '../../src/model/names.ts';

const fleet = 'canary' as FleetName;

describe('names', () => {
  it.each(['a', 'coder', 'my-coder-2', 'a1'])('accepts %s for fleets and agents', (name) => {
    expect([isFleetName(name), isAgentName(name)]).toEqual([true, true]);
  });

  it.each(['', 'A', '1a', '-a', 'a-', 'a--b', 'a_b', 'a.b', 'a:b', 'a/b', '..', 'ä', 'a\n', 'a b'])(
    'refuses %j for fleets and agents',
    (name) => expect([isFleetName(name), isAgentName(name)]).toEqual([false, false]),
  );

  it('bounds their length', () => {
    expect([isFleetName('a'.repeat(MAX_FLEET_NAME)), isFleetName('a'.repeat(MAX_FLEET_NAME + 1))]).toEqual([
      true,
      false,
    ]);
    expect([isAgentName('a'.repeat(MAX_AGENT_NAME)), isAgentName('a'.repeat(MAX_AGENT_NAME + 1))]).toEqual([
      true,
      false,
    ]);
  });

  it.each(['mosaic-factory', 'A_1', '0'])('accepts the socket %s', (name) => expect(isSocketName(name)).toBe(true));

  it.each(['default', '', '../x', '/tmp/x', '-L', 'a.b', 'a'.repeat(65)])('refuses the socket %j', (name) =>
    expect(isSocketName(name)).toBe(false),
  );
});

describe('unit names', () => {
  it('are those that users type', () => {
    expect(fleetUnits(fleet)).toEqual({
      server: 'mosaic-canary-tmux.service',
      template: 'mosaic-canary@.service',
      target: 'mosaic-canary.target',
      watch: 'mosaic-canary-watch.service',
    });
    expect(agentUnit(fleet, 'coder' as AgentName)).toBe('mosaic-canary@coder.service');
  });

  it.each([
    ['mosaic-canary@coder.service', 'coder'],
    ['mosaic-canary@.service', undefined],
    ['mosaic-canary-b@coder.service', undefined],
    ['mosaic-canary@coder.service.d', undefined],
    ['mosaic-canary@Co.service', undefined],
    ['mosaic-canary@coder-service', undefined],
  ])('%s names the agent %s', (unit, agent) => expect(agentOfUnit(fleet, unit)).toBe(agent));
});
