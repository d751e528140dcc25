import { describe, expect, it } from '@jest/globals';
import type { Change, Phase, Plan } from '../../src/model/plan.ts';
import { order } from '../../src/reconciler/order.ts';
import { changeOf, NOTHING } from '../support/plans.ts';

const change = (group: string, address: string, phase: Phase = 'write'): Change =>
  changeOf('', { address, group, action: 'create', reason: 'missing', phase, provider: 'files' });
const blocked = (group: string, message: string, address?: string): Plan['blocked'][number] => ({
  group,
  reason: 'foreign',
  message,
  hint: 'move it',
  ...(address === undefined ? {} : { address }),
});

describe('order', () => {
  it('puts the fleet first, then agents by name, then phases, then addresses', () => {
    const changes = [
      change('agent.b', 'file.b'),
      change('agent.a', 'session.a', 'start'),
      change('agent.a', 'file.z'),
      change('agent.a', 'file.a'),
      change('fleet', 'unit.z', 'install'),
      change('fleet', 'file.z'),
    ];
    const wanted = ['file.z', 'unit.z', 'file.a', 'file.z', 'session.a', 'file.b'];
    expect(order({ ...NOTHING, changes }).changes.map(({ address }) => address)).toEqual(wanted);
    expect(order({ ...NOTHING, changes: changes.toReversed() })).toEqual(order({ ...NOTHING, changes }));
  });

  it('says everything once, and the same in whatever order it came', () => {
    const list = [
      blocked('agent.a', 'x', 'b'),
      blocked('agent.a', 'x', 'a'),
      blocked('agent.a', 'x'),
      blocked('fleet', 'y'),
      blocked('fleet', 'y'),
    ];
    const sorted = order({ ...NOTHING, blocked: list }).blocked;
    expect(sorted.map(({ group, address }) => `${group} ${address ?? ''}`)).toEqual([
      'fleet ',
      'agent.a ',
      'agent.a a',
      'agent.a b',
    ]);
    expect(order({ ...NOTHING, blocked: list.toReversed() }).blocked).toEqual(sorted);
  });

  it('says of a group what names no thing before the same about one', () => {
    const list = [blocked('fleet', 'x', 'a'), blocked('fleet', 'x')];
    expect(order({ ...NOTHING, blocked: list }).blocked.map(({ address }) => address)).toEqual([undefined, 'a']);
    expect(order({ ...NOTHING, blocked: list.toReversed() }).blocked.map(({ address }) => address)).toEqual([
      undefined,
      'a',
    ]);
  });

  it('sorts what waits, what is foreign and what is held', () => {
    const plan = order({
      ...NOTHING,
      deferred: ['b', 'a'].map((address) => ({ group: 'fleet', address, reason: 'busy', hint: '' })),
      foreign: ['b', 'a'].map((address) => ({ address, message: '' })),
      holds: ['b', 'a'].map((agent) => ({ agent, by: '' })),
    });
    expect(plan.deferred.map(({ address }) => address)).toEqual(['a', 'b']);
    expect(plan.foreign.map(({ address }) => address)).toEqual(['a', 'b']);
    expect(plan.holds.map(({ agent }) => agent)).toEqual(['a', 'b']);
  });
});
