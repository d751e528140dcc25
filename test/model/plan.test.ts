import { describe, expect, it } from '@jest/globals';
import { isEmpty, PHASES } from '../../src/model/plan.ts';
import { textOf } from '../../src/model/resource.ts';
import { NOTHING } from '../support/plans.ts';

describe('isEmpty', () => {
  it('does not count foreign things, holds and conditions', () => {
    const condition = { type: 'Linger', status: 'False', reason: 'NotEnabled', message: '' } as const;
    expect(
      isEmpty({
        ...NOTHING,
        foreign: [{ address: 'session.x', message: '' }],
        holds: [{ agent: 'coder', by: '' }],
        conditions: [condition],
      }),
    ).toBe(true);
  });

  it('counts what is blocked and what waits', () => {
    const blocked = { group: 'fleet', reason: 'unknown', message: '', hint: '' } as const;
    const deferred = { group: 'fleet', address: 'x', reason: 'busy', hint: '' } as const;
    expect(isEmpty({ ...NOTHING, blocked: [blocked] })).toBe(false);
    expect(isEmpty({ ...NOTHING, deferred: [deferred] })).toBe(false);
  });
});

describe('the phases', () => {
  it('write before they load, load before they run, and delete last', () => {
    expect(PHASES).toEqual(['write', 'install', 'live', 'stop', 'restart', 'start', 'delete']);
  });
});

describe('textOf', () => {
  it('gives text alone', () => expect([textOf('a'), textOf(1), textOf(undefined)]).toEqual(['a', '', '']));
});
