import { describe, expect, it } from '@jest/globals';
import type { Fingerprint } from '../../src/model/fingerprint.ts';
import { proveDefaultTmux, type FingerprintRecord } from '../../src/reconciler/verify.ts';

const seen = (rest: Partial<Fingerprint> = {}): Fingerprint => ({
  state: 'present',
  path: '/tmp/tmux-1000/default',
  pid: 10,
  startTime: 20,
  inode: 30,
  sessions: ['$0 main'],
  marked: [],
  ...rest,
});
const none: Fingerprint = { state: 'absent', path: '/tmp/tmux-1000/default', sessions: [], marked: [] };
const stale: Fingerprint = { ...none, state: 'stale' };
const record = (before: Fingerprint, after: Fingerprint): FingerprintRecord => ({ command: 'mosaic x', before, after });

describe('the proof that the default tmux was not touched', () => {
  it.each<[string, Fingerprint, Fingerprint, boolean]>([
    ['there was no server and there is none', none, none, true],
    ['a dead socket lies there', stale, stale, true],
    ['the same server runs', seen(), seen(), true],
    ['sessions came and went meanwhile', seen(), seen({ sessions: ['$1 other'] }), true],
    ['a server appeared', none, seen(), false],
    ['a server vanished', seen(), stale, false],
    ['its pid changed', seen(), seen({ pid: 11 }), false],
    ['its start time changed', seen(), seen({ startTime: 21 }), false],
    ['its socket changed', seen(), seen({ inode: 31 }), false],
  ])('around our command: %s', (_, before, after, untouched) => {
    expect(proveDefaultTmux(record(before, after), after, []).untouched).toBe(untouched);
  });

  it('takes what changed since our last command as the user’s doing', () => {
    const restarted = seen({ pid: 99, sessions: ['$0 new'] });
    const proof = proveDefaultTmux(record(seen(), seen({ sessions: [] })), restarted, []);
    expect(proof).toMatchObject({ untouched: true, basis: 'record', because: [] });
    expect(proof.byUser).toEqual(['session $0 main closed', 'the server was restarted', 'session $0 new opened']);
  });

  it.each<[Fingerprint, Fingerprint, string]>([
    [none, seen({ sessions: [] }), 'the server appeared'],
    [seen({ sessions: [] }), none, 'the server went away'],
  ])('names a server that came or went since', (after, now, text) => {
    expect(proveDefaultTmux(record(after, after), now, []).byUser).toEqual([text]);
  });

  it('rests on what is there when no command was recorded', () => {
    expect(proveDefaultTmux(undefined, seen(), [])).toEqual({
      untouched: true,
      basis: 'present',
      before: seen(),
      after: seen(),
      byUser: [],
      because: [],
    });
  });

  it('fails on an object of ours over there, and on a call of ours in the log', () => {
    const proof = proveDefaultTmux(undefined, seen({ marked: ['coder'] }), ['tmux kill-server']);
    expect(proof.untouched).toBe(false);
    expect(proof.because).toEqual([
      'session coder there carries a mark of ours',
      'our log holds the call tmux kill-server',
    ]);
  });

  it('names the command around which something changed', () => {
    const proof = proveDefaultTmux(record(seen(), seen({ pid: 11 })), seen({ pid: 11 }), []);
    expect(proof.because).toEqual(['the server was restarted during `mosaic x`']);
  });
});
