import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readScreens } from '../../src/agent/screen.ts';
import { createExec } from '../../src/host/exec.ts';
import { tmuxCall, type TmuxCall } from '../../src/providers/tmux/client.ts';
import { eventually } from '../support/harness.ts';

interface Pane {
  /** `x y activity mode off dead`. */
  readonly facts: string;
  readonly text: string;
}

/** A server with these panes that answers what `readScreens` asks, as tmux 3.3a prints it. */
function server(panes: Readonly<Record<string, Pane>>): TmuxCall & { readonly marks: readonly string[] } {
  const marks: string[] = [];
  const call: TmuxCall = (commands, { input = '' } = {}) => {
    const mark = commands[0]?.at(-1)?.split('#')[0] ?? '';
    marks.push(mark);
    const facts = Object.entries(panes).map(([id, pane]) => `${mark}${id} ${pane.facts}\n`);
    const captures = [...input.matchAll(/^if-shell -F -t (%\d+) /gm)].map(([, id = '']) => {
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

  it('of very many panes are read in one call, whose answer has room for all of them', async () => {
    const ids = Array.from({ length: 1000 }, (_, at) => `%${at}`);
    const wide = `${'漢'.repeat(100)}\n`.repeat(50);
    const there = server(Object.fromEntries(ids.map((id) => [id, { facts: '0 0 1 0 0 0', text: `${wide}on ${id}` }])));
    const rooms: (number | undefined)[] = [];
    const call: TmuxCall = async (commands, options) => {
      const answer = await there(commands, options);
      rooms.push((options?.outputBytes ?? 0) / Buffer.byteLength(answer.stdout));
      return answer;
    };
    const screens = await readScreens(call, ids);
    expect(ids.map((id) => screens.get(id)?.lines.at(-1))).toEqual(ids.map((id) => `on ${id}`));
    expect(rooms).toEqual([expect.any(Number)]);
    expect(rooms[0]).toBeGreaterThan(2);
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

describe('a real tmux', () => {
  const place = mkdtempSync(join(tmpdir(), 'mosaic-test-'));
  const socket = join(place, 'tmux');
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-u', '-S', socket, ...args], { encoding: 'utf8' });
  afterAll(() => {
    tmux('kill-server');
    rmSync(place, { recursive: true });
  });

  it('tells the full screens of two hundred panes apart, in one call', async () => {
    // Each fills its screen with the name of its pane.
    const fill = `yes "$TMUX_PANE $(printf '漢%.0s' {1..90})" | head -n 49; exec sleep infinity`;
    const names = Array.from({ length: 200 }, (_, at) => `f-${at}`);
    const sessions = names.map(
      (name) => `new-session -d -s ${name} -x 200 -y 50 ${JSON.stringify(`exec bash ${place}/fill`)}\n`,
    );
    writeFileSync(join(place, 'fill'), fill);
    writeFileSync(join(place, 'conf'), sessions.join(''));
    tmux('-f', join(place, 'conf'), 'start-server');
    const panes = (): readonly string[] => tmux('list-panes', '-a', '-F', '#{pane_id} #{cursor_y}').trim().split('\n');
    await eventually(() => panes().length === names.length && panes().every((row) => row.endsWith(' 49')));
    const ids = panes().map((row) => row.split(' ')[0] ?? '');
    let calls = 0;
    const call = tmuxCall(createExec({ onCall: () => (calls += 1) }), { tmux: '/usr/bin/tmux', socket });
    const screens = await readScreens(call, [...ids, '%9999']);
    expect(calls).toBe(1);
    expect([...screens.keys()].toSorted()).toEqual(ids.toSorted());
    for (const [id, { lines }] of screens) expect(lines).toEqual(Array(49).fill(`${id} ${'漢'.repeat(90)}`));
  });
});
