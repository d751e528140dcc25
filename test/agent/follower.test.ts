import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createFollower, type Follower, type Piece } from '../../src/agent/follower.ts';
import type { Snapshot } from '../../src/agent/scroll.ts';
import { Pane, row } from './pane.ts';

const textsOf = (pieces: readonly Piece[]): readonly string[] =>
  pieces.flatMap((piece) =>
    piece.kind === 'rows'
      ? piece.rows.map(({ plain }) => plain)
      : [`skipped ${piece.skipped.rows}${piece.skipped.exact ? '' : '+'}`],
  );

/** A follower with a clock of its own: each look is 250 ms after the last. */
function reader(follower: Follower = createFollower()) {
  let nowMs = 0;
  const told: string[] = [];
  const look = (snapshot: Snapshot, alternate = false): readonly string[] => {
    nowMs += 250;
    const texts = textsOf(follower.take(snapshot, { alternate, nowMs }));
    told.push(...texts);
    return texts;
  };
  const wait = (snapshot: Snapshot, alternate = false): readonly string[] =>
    Array.from({ length: 6 }, () => look(snapshot, alternate)).flat();
  return { look, wait, told };
}

const numbered = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `line ${from + index}`);

describe('a reader of a pane', () => {
  it('is told each line once and in order, whatever the pace', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 30 })), fc.constantFrom(50, 100, 1000), (bursts, limit) => {
        const pane = new Pane(5, limit);
        const { look, wait, told } = reader();
        look(pane.snapshot());
        for (const burst of bursts) {
          pane.write(...numbered(burst, pane.written.length));
          look(pane.snapshot());
        }
        wait(pane.snapshot());
        expect(told).toEqual(pane.written);
      }),
    );
  });

  it('is never told a line twice or late, and always that some are missing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 300 }), { maxLength: 8 }),
        fc.constantFrom(100, 1000),
        (bursts, limit) => {
          const pane = new Pane(5, limit);
          const { look, wait, told } = reader();
          look(pane.snapshot());
          for (const burst of bursts) {
            pane.write(...numbered(burst, pane.written.length));
            look(pane.snapshot());
          }
          wait(pane.snapshot());
          const lines = told.filter((text) => text.startsWith('line')).map((text) => Number(text.slice(5)));
          expect(lines).toEqual([...new Set(lines)].toSorted((a, b) => a - b));
          const skipped = told.filter((text) => text.startsWith('skipped'));
          const counted = skipped.reduce((sum, text) => sum + Number.parseInt(text.slice(8), 10), 0);
          const missing = pane.written.length - lines.length;
          expect(counted).toBeLessThanOrEqual(missing);
          if (skipped.every((text) => !text.endsWith('+'))) expect(counted).toBe(missing);
        },
      ),
    );
  });

  it('is told how many lines of a flood went by', () => {
    const pane = new Pane(5, 10_000);
    const { look } = reader();
    look(pane.snapshot());
    pane.write(...numbered(1000));
    expect(look(pane.snapshot())).toEqual(['skipped 955', ...numbered(40, 955)]);
  });

  it('is told that lines that all look alike may be missing', () => {
    const pane = new Pane(5, 100);
    const { look } = reader();
    const yes = (count: number): void => pane.write(...Array.from({ length: count }, () => 'y'));
    yes(200);
    look(pane.snapshot());
    yes(13);
    expect(look(pane.snapshot())[0]).toBe('skipped 0+');
  });

  it('is told the screen when it stands still, and not again when that scrolls away', () => {
    const pane = new Pane(3, 100);
    const { look, wait } = reader();
    pane.write('$ make', 'ok', '$');
    expect([look(pane.snapshot()), look(pane.snapshot())]).toEqual([[], []]);
    expect(wait(pane.snapshot())).toEqual(['$ make', 'ok', '$']);
    pane.write('a', 'b', 'c', 'd');
    expect(look(pane.snapshot())).toEqual(['a']);
    expect(wait(pane.snapshot())).toEqual(['b', 'c', 'd']);
    expect(wait(pane.snapshot())).toEqual([]);
  });

  it('is told the rows above one that never stands still', () => {
    const pane = new Pane(4, 100);
    const { look } = reader();
    const told = Array.from({ length: 8 }, (_, tick) => {
      pane.draw('thinking about', 'the problem', `spinner ${tick}`);
      return look(pane.snapshot());
    });
    expect(told.flat()).toEqual(['thinking about', 'the problem']);
  });

  it('is told what changed on a screen, from the first such row to the last', () => {
    const pane = new Pane(5, 100);
    const { wait } = reader();
    pane.draw('title', '', 'one', 'two', 'footer');
    wait(pane.snapshot());
    pane.draw('title', '', 'three', 'two', 'four');
    expect(wait(pane.snapshot())).toEqual(['three', 'two', 'four']);
    pane.draw();
    expect(wait(pane.snapshot())).toEqual([]);
  });

  it('keeps blank lines that scrolled away', () => {
    const pane = new Pane(2, 100);
    const { look, wait, told } = reader();
    look(pane.snapshot());
    pane.write('a', '', 'b', '', '', 'c');
    look(pane.snapshot());
    wait(pane.snapshot());
    expect(told).toEqual(['a', '', 'b', '', '', 'c']);
  });

  it('finds its place after the scrollback was cleared', () => {
    const pane = new Pane(3, 1000);
    const { look, wait } = reader();
    pane.write(...numbered(20));
    look(pane.snapshot());
    wait(pane.snapshot());
    pane.clearHistory();
    pane.write(...numbered(6, 100));
    expect([...look(pane.snapshot()), ...wait(pane.snapshot())]).toEqual(numbered(6, 100));
  });

  it('is told nothing twice when the pane grows and rows come back to the screen', () => {
    const pane = new Pane(3, 1000);
    const { look, wait } = reader();
    pane.write(...numbered(20));
    look(pane.snapshot());
    wait(pane.snapshot());
    const taller = pane.grow(4);
    expect(wait(taller.snapshot())).toEqual([]);
    taller.write('new');
    expect(wait(taller.snapshot())).toEqual(['new']);
  });

  it('is told nothing twice when the pane gets narrower', () => {
    const pane = new Pane(3, 1000);
    const { look, wait } = reader();
    pane.write(...numbered(20).map((text) => `${text} with some more words behind it`));
    look(pane.snapshot());
    wait(pane.snapshot());
    expect(wait(pane.narrow(12))).toEqual([]);
  });

  it('comes back from a full-screen program to the screen it knows', () => {
    const pane = new Pane(3, 100);
    const { wait } = reader();
    pane.write('$ less', 'text');
    wait(pane.snapshot());
    pane.draw('page 1', '(END)');
    expect(wait(pane.snapshot(), true)).toEqual(['page 1', '(END)']);
    pane.draw('$ less', 'text', '$');
    expect(wait(pane.snapshot())).toEqual(['$']);
  });

  it('goes on behind what was told before it began', () => {
    const pane = new Pane(3, 100);
    pane.write(...numbered(10));
    const { wait } = reader(createFollower(pane.snapshot()));
    expect(wait(pane.snapshot())).toEqual([]);
    pane.write('new');
    expect(wait(pane.snapshot())).toEqual(['new']);
  });
});

describe('the end of a pane', () => {
  const pane = new Pane(3, 100);
  pane.write(...numbered(10));

  it('adds the last words that were saved', () => {
    const follower = createFollower(pane.snapshot());
    const saved = [...numbered(10), 'fatal: out of paper'].map(row);
    expect(textsOf(follower.end(saved))).toEqual(['fatal: out of paper']);
  });

  it('says that lines may be missing where the place is not found', () => {
    const follower = createFollower(pane.snapshot());
    expect(textsOf(follower.end(['x', 'y'].map(row)))).toEqual(['skipped 0+', 'x', 'y']);
  });

  it('adds nothing to what is known', () => {
    expect(createFollower(pane.snapshot()).end(numbered(10).map(row))).toEqual([]);
  });
});
