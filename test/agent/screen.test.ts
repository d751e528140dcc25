import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readScreens } from '../../src/agent/screen.ts';
import type { TmuxCall } from '../../src/providers/tmux/client.ts';

interface Pane {
  /** `x y activity mode off dead`. */
  readonly facts: string;
  readonly text: string;
}

/** A server with these panes that answers what `readScreens` asks, as tmux 3.3a prints it. */
function server(panes: Readonly<Record<string, Pane>>): TmuxCall & { readonly marks: readonly string[] } {
  const marks: string[] = [];
  const call: TmuxCall = (commands) => {
    const mark = commands[0]?.at(-1)?.split('#')[0] ?? '';
    marks.push(mark);
    const facts = Object.entries(panes).map(([id, pane]) => `${mark}${id} ${pane.facts}\n`);
    const captures = commands.slice(1).map(([, , , id = '']) => {
      const pane = panes[id];
      return pane === undefined ? '' : `${mark}${id.slice(1)}\n${pane.text}\n`;
    });
    const stdout = [...facts, ...captures].join('');
    return Promise.resolve({ server: true, exitCode: 0, stdout, lines: [], stderr: '' });
  };
  return Object.assign(call, { marks });
}

describe('the screens of panes', () => {
  it('come with the facts of their panes, without blank lines below the text', async () => {
    const call = server({ '%3': { facts: '4 2 1700 2 0 0 ⠹ a title', text: 'one\n\n  three\n\n   \n' } });
    expect(await readScreens(call, ['%3'])).toEqual(
      new Map([
        [
          '%3',
          {
            lines: ['one', '', '  three'],
            cursor: { x: 4, y: 2 },
            lastOutputAtSec: 1700,
            inMode: true,
            inputOff: false,
            dead: false,
            title: '⠹ a title',
          },
        ],
      ]),
    );
  });

  it('are read in one call, and without a word about panes that are gone', async () => {
    const call = server({ '%1': { facts: '0 0 1 0 0 0', text: 'a' }, '%12': { facts: '0 0 1 0 1 1', text: 'b' } });
    const screens = await readScreens(call, ['%1', '%7', '%12']);
    expect([...screens].map(([id, { lines }]) => [id, lines])).toEqual([
      ['%1', ['a']],
      ['%12', ['b']],
    ]);
    expect(screens.get('%12')).toMatchObject({ inputOff: true, dead: true });
    expect(call.marks).toHaveLength(1);
  });

  it('of very many panes take more calls, as a command line has an end', async () => {
    const ids = Array.from({ length: 250 }, (_, at) => `%${at}`);
    const call = server(Object.fromEntries(ids.map((id) => [id, { facts: '0 0 1 0 0 0', text: `on ${id}` }])));
    const screens = await readScreens(call, ids);
    expect(ids.map((id) => screens.get(id)?.lines)).toEqual(ids.map((id) => [`on ${id}`]));
    expect(call.marks).toHaveLength(3);
  });

  it('cannot speak for another pane: what they printed before is no mark of this call (F64)', async () => {
    const victim = { facts: '0 0 1 0 0 0', text: 'asks' };
    const first = server({ '%1': { facts: '0 0 1 0 0 0', text: '' }, '%2': victim });
    await readScreens(first, ['%1', '%2']);
    const [old = ''] = first.marks;
    const forged = `${old}2\nall is well\n${old}%2 0 0 1 0 0 0\nmosaic-2`;
    const screens = await readScreens(server({ '%1': { facts: '0 0 1 0 0 0', text: forged }, '%2': victim }), [
      '%1',
      '%2',
    ]);
    expect(screens.get('%1')?.lines).toEqual(forged.split('\n'));
    expect(screens.get('%2')?.lines).toEqual(['asks']);
  });

  it('give back whatever a pane shows', async () => {
    const line = fc.oneof(
      fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replaceAll('\n', '')),
      fc.constantFrom('', '  ', 'mosaic-', 'mosaic-2', '%2', 'mosaic-0123456789abcdef01234567-2'),
    );
    const shown = fc.array(line, { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(shown, shown, async (first, second) => {
        const facts = '0 0 1 0 0 0';
        const panes = { '%1': { facts, text: first.join('\n') }, '%2': { facts, text: second.join('\n') } };
        const screens = await readScreens(server(panes), ['%1', '%2']);
        const withoutEnd = (lines: readonly string[]) =>
          lines.slice(0, lines.findLastIndex((one) => one.trim() !== '') + 1);
        expect([...screens.values()].map(({ lines }) => lines)).toEqual([withoutEnd(first), withoutEnd(second)]);
      }),
    );
  });

  it('are none when there is nothing to ask, or nobody who answers', async () => {
    const call = server({});
    expect(await readScreens(call, [])).toEqual(new Map());
    expect(call.marks).toEqual([]);
    expect(await readScreens(call, ['%1'])).toEqual(new Map());
  });
});
