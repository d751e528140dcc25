import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createCleaner, sanitise } from '../../../src/agent/sanitise.ts';
import { actsOf } from '../../support/terminal.ts';
import { anyStream, ESCAPES } from '../../support/escapes.ts';
import { PATIENCE_MS, report, sizeOr } from '../../support/proof.ts';
import { SURFACES } from './surfaces.ts';

const { count, seed } = sizeOr(300);
const ESC = '\u001b';

describe('the oracle', () => {
  it.each<[string, readonly string[]]>([
    ['plain\ttext\né 漢 👩‍💻', []],
    [`${ESC}[1;31mred${ESC}[0m`, ['SGR 1;31', 'SGR 0']],
    [`${ESC}[2J\u009b?1049h`, ['CSI 2J', 'CSI ?1049h']],
    [`${ESC}]52;c;aGk=\u0007x${ESC}Pq${ESC}\\`, ['a string', 'a string', 'ESC \\']],
    [`${ESC}c${ESC}(0\r\u0085`, ['ESC c', 'ESC 0', 'U+000D', 'U+0085']],
    ['a\u202eb', ['U+202E']],
    [`${ESC}[31`, ['an open control']],
    ['\ud800', ['half a character']],
  ])('of %j sees %j', (text, acts) => {
    expect(actsOf(text)).toEqual(acts);
  });

  it('sees something in everything that attacks a terminal', () => {
    const harmless = ESCAPES.filter((attack) => actsOf(attack).length === 0);
    expect(ESCAPES.length).toBeGreaterThan(400);
    // What is left attacks readers, GitHub and markdown, or shows nothing.
    expect(harmless.filter((attack) => !/[:|#`]|^[\t\n\u200b\ufeff]$/.test(attack))).toEqual([]);
  });
});

/** What the lines of a terminal would do once `agent tail` has cleaned them: nothing, and colours alone where it shows them. */
function tailed(stream: string): readonly string[] {
  const clean = createCleaner();
  return stream.split('\n').flatMap((line) => {
    const { plain, styled } = clean(line);
    return [...actsOf(plain), ...actsOf(styled).filter((act) => !act.startsWith('SGR ')), ...actsOf(sanitise(line))];
  });
}

describe('F71, S14: what steers a terminal does nothing', () => {
  it(`in agent tail: ${ESCAPES.length} attacks`, () => {
    expect(ESCAPES.filter((attack) => tailed(`before${attack}after`).length > 0)).toEqual([]);
  });

  it.each(Object.entries(SURFACES))(`in %s: ${ESCAPES.length} attacks`, (_name, shown) => {
    expect(ESCAPES.filter((attack) => actsOf(shown(`before${attack}after`)).length > 0)).toEqual([]);
  });
});

describe('F70, S14: any stream of bytes does nothing', () => {
  it.each([
    ['agent tail', tailed] as const,
    ...Object.entries(SURFACES).map(([name, shown]) => [name, (text: string) => actsOf(shown(text))] as const),
  ])(
    'in %s',
    (name, acts) => {
      fc.assert(
        fc.property(anyStream, (stream) => {
          expect(acts(stream)).toEqual([]);
        }),
        { numRuns: count, seed },
      );
      report({ [name]: count });
    },
    PATIENCE_MS,
  );

  it(
    'in agent tail: one endless line',
    () => {
      const started = process.cpuUsage();
      const line = `${ESC}[31m\ud83d\u0000é`.repeat(50_000);
      expect(tailed(line)).toEqual([]);
      const { user, system } = process.cpuUsage(started);
      expect((user + system) / 1000).toBeLessThan(5000);
    },
    PATIENCE_MS,
  );
});
