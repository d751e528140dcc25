import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseLaunch, renderLaunch, type Launch } from '../../src/providers/files/launch.ts';
import { parseItems, readMark, renderItems, withMark } from '../../src/providers/files/render.ts';
import { parseUnit, renderUnit, type Sections } from '../../src/providers/systemd/render.ts';
import { PANE_FORMAT, parsePaneRow, parseServer } from '../../src/providers/tmux/format.ts';

/** Any text a file can carry in an item: what bash cannot hold, a NUL, cannot come from a manifest either. */
const text = fc.string({ unit: 'binary' }).map((value) => value.replaceAll('\0', ''));
/** Hostile where a syntax has a meaning for it, and else anything. */
const hostile = fc.string({
  unit: fc.constantFrom('"', '\\', '%', '$', "'", ';', '#', '[', ']', '=', '|', 'é', ' ', 'a'),
});
/** As a manifest may give it: anything, and what the items' own syntax is made of. */
const word = fc.oneof(text, hostile);
const line = fc.oneof(text, hostile).map((value) => value.replaceAll(/\s+/g, ' ').trim());
const name = fc.stringMatching(/^[A-Z][A-Z0-9_]{0,9}$/);
const record = fc.dictionary(name, word).map((found) => ({ ...found }));

const launch: fc.Arbitrary<Launch> = fc.record({
  spec: line,
  launcher: line,
  command: fc.array(word, { minLength: 1 }),
  resume: fc.array(word),
  workingDirectory: word,
  path: text,
  base: fc
    .dictionary(
      name.filter((key) => key !== 'PATH'),
      word,
    )
    .map((found) => ({ ...found })),
  env: record,
  envFiles: fc.array(word),
  description: text,
  labels: record,
  adapter: text,
  updatePolicy: fc.constantFrom('when-idle', 'immediate', 'manual'),
  restart: fc.constantFrom('always', 'on-failure', 'never'),
  protect: fc.boolean(),
  stop: fc.nat(),
});

const sections: fc.Arbitrary<Sections> = fc.uniqueArray(
  fc.tuple(
    fc.constantFrom('Unit', 'Service', 'Install'),
    fc.uniqueArray(fc.tuple(name, line), { selector: ([key]) => key }),
  ),
  { selector: ([section]) => section },
);

describe('files', () => {
  it('reads of launch data exactly what was written', () => {
    fc.assert(
      fc.property(launch, (value) => {
        const found = parseLaunch(renderLaunch('canary/alpha', value));
        expect(found?.launch).toEqual(value);
        expect(found?.mark).toMatchObject({ owner: 'canary/alpha', handEdited: false });
      }),
    );
  });

  it('reads items back in their order', () => {
    const item = fc.tuple(name, text);
    fc.assert(
      fc.property(fc.array(item), (items) => {
        const written = renderItems(
          'server',
          'canary',
          items.map((pair) => pair.join('=')),
        );
        expect(parseItems('server', written)).toEqual({ owner: 'canary', handEdited: false, items });
      }),
    );
  });

  it('finds its mark in any text, and sees every edit', () => {
    fc.assert(
      fc.property(fc.constantFrom('', '#!/bin/sh\n'), text, text, (head, body, edit) => {
        const written = withMark(head + body, 'canary');
        expect(readMark(written)).toEqual({ owner: 'canary', handEdited: false });
        expect(readMark(`${written}${edit}`)?.handEdited).toBe(edit !== '');
      }),
    );
  });

  it('takes launch data apart once for the same text, and keeps no long one', () => {
    const [written = ''] = fc.sample(launch, 1).map((value) => renderLaunch('canary/alpha', value));
    expect(parseLaunch(written)).toBe(parseLaunch(written));
    const long = `${written}x=${'y'.repeat(16_384)}\0`;
    expect(parseLaunch(long)).toEqual(parseLaunch(long));
    expect(parseLaunch(long)).not.toBe(parseLaunch(long));
  });

  it('takes no text without a mark, and no launch data cut short, for its own', () => {
    fc.assert(fc.property(text, (value) => readMark(value) === undefined && parseItems('launch', value) === undefined));
    fc.assert(
      fc.property(launch, fc.nat(), (value, cut) => {
        const written = renderLaunch('canary/alpha', value);
        const short = written.slice(0, cut % written.length);
        expect(parseLaunch(short)?.mark.handEdited ?? true).toBe(true);
      }),
    );
  });
});

describe('systemd', () => {
  it('reads of a unit exactly what was written, whatever the home is called', () => {
    fc.assert(
      fc.property(sections, line, (value, home) => {
        const { spec, mark } = parseUnit(renderUnit(value, 'canary', home));
        expect(spec).toEqual(Object.fromEntries(value.map(([section, lines]) => [section, Object.fromEntries(lines)])));
        expect(mark).toEqual({ fleet: 'canary', home, handEdited: false });
      }),
      { examples: [[[], '/h/%%i "$$HOME" \\" \\\\ "']] },
    );
  });
});

describe('tmux', () => {
  it('reads a row of a pane exactly, with any name at its end', () => {
    const mark = fc.stringMatching(/^[a-zA-Z0-9/-]{0,20}$/);
    fc.assert(
      fc.property(fc.nat(), mark, mark, line, (pid, owner, launcher, session) => {
        const row = ['P', '$3', '%4', pid, '0', '1', owner, 'v1.0f', launcher, session].join('|');
        const found = parsePaneRow(row);
        expect(found).toEqual({ ...found, panePid: pid, owner, spec: 'v1:0f', launcher, session, dead: true });
      }),
    );
    expect(PANE_FORMAT.split('|').at(-1)).toBe('#{session_name}');
  });

  it('takes nothing else for a row (F64)', () => {
    const forged = ['P|$1|%1|x|0|0|a|b|c|n', 'P|1|%1|2|0|0|a|b|c|n', 'P|$1|%1|2|0|0|a|b', 'S|1|2', ''];
    expect(forged.map(parsePaneRow)).toEqual(forged.map(() => undefined));
    expect(['P|1|2', 'S|x|2', 'S|1|', ''].map((row) => parseServer([row]))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a unit that somebody edited', () => {
  it.each<[string, object]>([
    ['__proto__', { Service: { toString: 'y' } }],
    ['constructor', { constructor: { polluted: 'yes' }, Service: { constructor: 'x', toString: 'y' } }],
  ])('may call a section or a key %s, and nothing else changes by it', (odd, expected) => {
    const { spec } = parseUnit(`[${odd}]\npolluted=yes\n[Service]\n${odd}=x\ntoString=y\n`);
    expect(JSON.parse(JSON.stringify(spec))).toEqual(expected);
    expect(Object.keys(Object)).toEqual([]);
    expect('polluted' in {}).toBe(false);
  });
});
