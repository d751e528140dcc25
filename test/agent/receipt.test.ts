import { describe, expect, it } from '@jest/globals';
import { isFinal, verdictOf, type Evidence, type Verdict } from '../../src/agent/receipt.ts';

/** Everything as it should be, for a program of which nothing more is known. */
const GOOD: Evidence = {
  paste: 'done',
  enter: 'done',
  pane: 'same',
  process: 'same',
  queue: 'drained',
  read: 'enough',
  composer: 'none',
};
const delivered = (source: 'input-read' | 'composer'): Verdict => ({ receipt: 'delivered', source });
const word = (verdict: Verdict): string => (verdict.receipt === 'delivered' ? verdict.source : verdict.reason);

describe('a receipt', () => {
  it.each<[string, Partial<Evidence>, Verdict['receipt'], string]>([
    ['all is well', {}, 'delivered', 'input-read'],
    ['its composer is empty again', { composer: 'empty' }, 'delivered', 'composer'],
    ['its composer cannot be read', { composer: 'unknown' }, 'delivered', 'input-read'],
    ['no Enter was asked for', { enter: 'none', composer: 'text' }, 'delivered', 'input-read'],
    ['its reading cannot be counted', { read: 'unknown' }, 'delivered', 'input-read'],
    ['the pane was dead', { paste: 'dead' }, 'refused', 'dead'],
    ['the pane was another', { paste: 'gone' }, 'refused', 'gone'],
    ['its input was off', { paste: 'input-off' }, 'refused', 'input-off'],
    ['its input went to others as well', { paste: 'synchronized' }, 'refused', 'synchronized'],
    ['a question came up before the text', { paste: 'dialog' }, 'refused', 'dialog'],
    ['tmux did not answer the paste', { paste: 'unknown' }, 'unverified', 'no-answer'],
    ['tmux did not answer the Enter', { enter: 'unknown' }, 'unverified', 'no-answer'],
    ['a question came up before Enter', { enter: 'withheld' }, 'unverified', 'enter-withheld'],
    ['its pane went before Enter', { enter: 'failed' }, 'unverified', 'enter-failed'],
    ['its pane changed', { pane: 'changed' }, 'unverified', 'agent-ended'],
    ['its process ended', { process: 'gone' }, 'unverified', 'agent-ended'],
    ['tmux did not answer afterwards', { pane: 'unknown' }, 'unverified', 'no-answer'],
    ['its process stopped', { process: 'stopped' }, 'unverified', 'agent-stopped'],
    ['something waits to be read', { queue: 'pending' }, 'unverified', 'not-read'],
    ['its terminal could not be opened', { queue: 'gone' }, 'unverified', 'not-read'],
    ['nobody could look into its terminal', { queue: 'unknown' }, 'unverified', 'no-answer'],
    ['the queue was emptied, not read', { read: 'short' }, 'unverified', 'not-read'],
    ['the text still stands in its composer', { composer: 'text' }, 'unverified', 'not-submitted'],
  ])('when %s', (_what, change, receipt, reason) => {
    const verdict = verdictOf({ ...GOOD, ...change });
    expect([verdict.receipt, word(verdict)]).toEqual([receipt, reason]);
  });

  it('says delivered for nothing that lacks one of the proofs', () => {
    const values = {
      paste: ['done', 'unknown', 'dead'],
      enter: ['done', 'unknown', 'failed', 'withheld'],
      pane: ['same', 'changed', 'unknown'],
      process: ['same', 'stopped', 'gone'],
      queue: ['drained', 'pending', 'gone', 'unknown'],
      read: ['enough', 'short'],
      composer: ['empty', 'text', 'unknown', 'none'],
    } as const;
    const all = Object.entries(values).reduce<readonly Partial<Evidence>[]>(
      (rows, [field, options]) => rows.flatMap((row) => options.map((option) => ({ ...row, [field]: option }))),
      [{}],
    );
    expect(all).toHaveLength(3 * 4 * 3 * 3 * 4 * 2 * 4);
    const arrived = all.filter((row) => verdictOf({ ...GOOD, ...row }).receipt === 'delivered');
    const proofs = arrived.map(({ composer: _any, ...rest }) => rest);
    const { composer: _none, ...proof } = GOOD;
    expect(arrived).toHaveLength(3);
    expect(new Set(arrived.map(({ composer }) => composer))).toEqual(new Set(['empty', 'none', 'unknown']));
    expect(new Set(proofs.map((row) => JSON.stringify(row)))).toEqual(new Set([JSON.stringify(proof)]));
  });

  it.each<[Partial<Evidence>, boolean]>([
    [{}, true],
    [{ paste: 'dead' }, true],
    [{ paste: 'unknown' }, true],
    [{ enter: 'withheld' }, true],
    [{ process: 'gone' }, true],
    [{ queue: 'pending' }, false],
    [{ process: 'stopped' }, false],
    [{ pane: 'unknown' }, false],
    [{ read: 'short' }, false],
  ])('of %j needs no later look: %s', (change, final) => {
    const evidence = { ...GOOD, ...change };
    expect(isFinal(verdictOf(evidence), evidence)).toBe(final);
  });

  it('is the weaker one where both a composer and a count could tell', () => {
    expect(verdictOf({ ...GOOD, composer: 'empty', queue: 'pending' })).not.toEqual(delivered('composer'));
  });
});
