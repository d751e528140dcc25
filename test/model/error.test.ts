import { describe, expect, it } from '@jest/globals';
import { errorOf, ERRORS, FleetError, isErrorCode } from '../../src/model/error.ts';

describe('the error table', () => {
  it.each(Object.entries(ERRORS))('gives %s a known exit code and a way out', (code, { exit, hint }) => {
    expect([1, 3, 4, 5, 6, 7, 64, 65, 69, 130]).toContain(exit);
    expect([isErrorCode(code), hint.length > 0]).toEqual([true, true]);
  });

  it('knows no other codes', () => {
    expect([isErrorCode('E_NOT_THERE'), isErrorCode('toString')]).toEqual([false, false]);
  });
});

describe('a FleetError', () => {
  it('has the exit code and the hint of its row', () => {
    const error = new FleetError('E_LOCKED', 'held by pid 7');
    expect(error).toMatchObject({ name: 'FleetError', code: 'E_LOCKED', exit: 5, message: 'held by pid 7' });
    expect(error.hint).toBe(ERRORS.E_LOCKED.hint);
  });

  it('can say more than its row, and why', () => {
    const cause = new Error('ENOSPC');
    const error = new FleetError('E_DISK_FULL', 'no room', { hint: 'Empty /x.', cause });
    expect([error.hint, error.cause]).toEqual(['Empty /x.', cause]);
  });
});

describe('errorOf', () => {
  it('gives an error as it is, and anything else as its text', () => {
    const error = new Error('no answer');
    expect(errorOf(error)).toBe(error);
    expect(errorOf('no answer')).toEqual(error);
  });
});
