import { describe, expect, it } from '@jest/globals';
import { openStory } from '../../src/cli/live-list.ts';
import { changeOf as change } from '../support/plans.ts';

/** A terminal that knows what the live list uses: cursor up, return, clear below, lines. */
function terminal(
  rows: number,
  columns = 60,
): { screen: Parameters<typeof openStory>[0]; text: () => readonly string[]; tallest: () => number } {
  let lines: string[] = [];
  let tallest = 0;
  const write = (text: string): void => {
    const back = Number(/^\u001b\[(\d+)A\r/.exec(text)?.[1] ?? 0);
    const painting = text.slice(text.indexOf('\r') + 1);
    if (!/^(?:[^\n\u001b]*\u001b\[K\n)*\u001b\[J$/.test(painting)) throw new Error('it paints over without clearing');
    lines = [...lines.slice(0, lines.length - back), ...painting.split('\u001b[K\n').slice(0, -1)];
    tallest = Math.max(tallest, back, lines.length);
    if (/[\u0000-\u0008\u000b-\u001f]/.test(lines.join(''))) throw new Error('a control character is on the screen');
  };
  return { screen: { isTTY: true, rows, columns, write }, text: () => lines, tallest: () => tallest };
}

const fail = (): never => {
  throw new Error('a plain line on a terminal that can paint');
};

const PLAIN = { note: fail, paint: (line: string) => line };

describe('the story of an apply', () => {
  it('is one line per finished step where nothing can be painted', () => {
    const lines: string[] = [];
    for (const [isTTY, env] of [
      [false, {}],
      [true, { TERM: 'dumb' }],
      [true, { CI: 'true' }],
    ] as const) {
      const story = openStory({ isTTY, write: fail }, { note: (line) => void lines.push(line), paint: fail }, env);
      story.begin([change('coder')]);
      story.step({ change: change('coder'), result: 'done' });
      story.end();
    }
    expect(lines).toEqual(Array.from({ length: 3 }, () => 'done     start session.coder'));
  });

  it('is a list on a terminal: what is under way first, what ended below, failures on top', () => {
    const { screen, text } = terminal(24);
    const story = openStory(screen, PLAIN, {});
    story.begin([change('a'), change('b'), change('c')]);
    expect(text()).toEqual(['a  …  start session.a', 'b  …  start session.b', 'c  …  start session.c']);
    story.step({ change: change('a'), result: 'done' });
    story.step({ change: change('c'), result: 'failed', error: new Error('no\u001b[2Jway') });
    story.end();
    expect(text()).toEqual([
      'c  FAILED  start session.c  no\\u{1b}[2Jway',
      'b  …       start session.b',
      'a  done    start session.a',
    ]);
  });

  it('tells what ended in the order of a pipe, and of too much of it the latest', () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const [rows, lines] of [
      [24, names],
      [6, ['c', 'd', 'e']],
    ] as const) {
      const { screen, text } = terminal(rows);
      const story = openStory(screen, PLAIN, {});
      for (const name of names) story.step({ change: change(name), result: 'done' });
      story.end();
      expect(text().flatMap((line) => /^(\w)  done/.exec(line)?.[1] ?? [])).toEqual(lines);
    }
  });

  it('B84: takes a terminal that nobody gave a size for one of 80 columns', () => {
    const { screen, text } = terminal(0, 0);
    const story = openStory(screen, PLAIN, {});
    story.begin([change('a')]);
    story.step({ change: change('a'), result: 'failed', error: new Error(`${'x'.repeat(50)}😀y`) });
    story.end();
    expect(text()).toEqual([`a  FAILED  start session.a  ${'x'.repeat(50)}`]);
  });

  it('never grows beyond the screen, whatever the number of agents and the length of a reason', () => {
    const { screen, text, tallest } = terminal(10, 40);
    const story = openStory(screen, PLAIN, {});
    const all = Array.from({ length: 100 }, (_, at) => change(`agent-${at}`));
    story.begin(all);
    all.forEach((one, at) =>
      story.step(
        at % 7 === 0
          ? { change: one, result: 'failed', error: new Error('x'.repeat(200)) }
          : { change: one, result: 'done' },
      ),
    );
    story.end();
    expect(tallest()).toBeLessThanOrEqual(8);
    expect(text().at(-1)).toBe('… and 93 more');
    expect(text().every((line) => line.length < 40)).toBe(true);
  });
});
