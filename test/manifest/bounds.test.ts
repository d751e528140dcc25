import { describe, expect, it } from '@jest/globals';
import { formatDiagnostics } from '../../src/manifest/frame.ts';
import { complaints, manifest, parse, withAgent } from './support.ts';

const MAX_BYTES = 1024 * 1024;

/** What grows with the square takes minutes. The two seconds of a machine that does nothing else are for `npm run proof`. */
const BUSY_MS = 10_000;

/** CPU time of this process, which other work on the machine does not lengthen. */
function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

describe('a manifest that is too much', () => {
  it('B28: is refused above 1 MiB, counted in bytes, and accepted at it', () => {
    const source = withAgent('command: [x]');
    const filled = `${source}#${'x'.repeat(MAX_BYTES - source.length - 1)}`;
    expect(complaints(filled)).toEqual([]);
    expect(complaints(`${filled}x`)).toEqual(['1:1 the manifest is larger than 1 MiB']);
    expect(complaints(`${filled.slice(0, -1)}é`)).toEqual(['1:1 the manifest is larger than 1 MiB']);
  });

  it('B28: is refused above 20000 lines, and accepted at them', () => {
    const source = withAgent('command: [x]');
    const filled = source + '#\n'.repeat(20_000 - source.split('\n').length + 1);
    expect(complaints(filled)).toEqual([]);
    expect(complaints(`${filled}#\n`)).toEqual(['20001:1 the manifest has more than 20000 lines']);
  });

  it('B45: is refused above 1000 agents', () => {
    const agents = (count: number) =>
      manifest(`agents:\n${Array.from({ length: count }, (_, index) => `  a${index}: { command: [x] }`).join('\n')}`);
    expect(complaints(agents(1000))).toEqual([]);
    expect(complaints(agents(1001))).toEqual(['6:5 `agents` must be a map of at most 1000 agents by name, not more']);
  });

  it('B45: may hold 1000 agents with every field', () => {
    const agent = (index: number) =>
      `  a${index}: { description: d, labels: { a: b, c: d }, command: [a, b, c, d], resume: [a, b],
      workingDirectory: ~/w/${index}, path: [/a, /b, /c], env: { A: b, C: d, E: f, G: h }, envFiles: [~/e/${index}],
      state: running, restart: { policy: always, delay: 2s, burst: 5, window: 60s }, stop: { timeout: 15s },
      limits: { memoryMax: 4G, cpuQuota: 200%, tasksMax: 512 }, updatePolicy: manual, adapter: codex, protect: true }`;
    expect(
      complaints(manifest(`agents:\n${Array.from({ length: 1000 }, (_, index) => agent(index)).join('\n')}`)),
    ).toEqual([]);
  });

  it.each([
    ['one word above 96 KiB', `["x", "${'y'.repeat(96 * 1024 + 1)}"]`, 'the text is longer than 96 KiB'],
    [
      'words above 128 KiB together',
      `["x", "${'y'.repeat(90_000)}", "${'z'.repeat(90_000)}"]`,
      'the words are longer than 128 KiB together',
    ],
  ])('B56: is refused for %s', (_, command, message) => {
    expect(parse(withAgent(`command: ${command}`)).diagnostics.map((found) => found.message)).toEqual([message]);
  });
});

describe('a hostile manifest', () => {
  const entries = (count: number, entry: (index: number) => string) =>
    Array.from({ length: count }, (_, index) => entry(index)).join('');
  const agent = 'apiVersion: mosaic/v1alpha1\nkind: Fleet\nspec:\n  agents:\n    a:\n      command: [x]\n';

  it.each([
    ['20k keys in one map (B28)', `${agent}      env: {${entries(20_000, (index) => `K${index}: v, `)}}\n`],
    ['19k unknown keys', agent + entries(19_000, (index) => `      comand${index}: v\n`)],
    ['19k times one key', `${agent}      env:\n${entries(19_000, () => '        K: v\n')}`],
    ['100k opening brackets (B27)', '['.repeat(100_000)],
    ['1M closing brackets', ']'.repeat(1_000_000)],
    ['1M quotes', '"'.repeat(1_000_000)],
    ['1M commas', `[${','.repeat(1_000_000)}]`],
    ['500k dashes', '- '.repeat(500_000)],
    ['500k question marks', '? '.repeat(500_000)],
    ['entries without commas', `[${'k: v\n'.repeat(19_000)}]`],
    ['130k aliases', `[${'*a,'.repeat(130_000)}]`],
    ['1M control characters', '\u0001'.repeat(1_000_000)],
    ['one line of 1M characters', `a: ${'b'.repeat(1_000_000)}`],
  ])('of %s is answered in time, in at most 20 messages', (_, source) => {
    const start = cpuMs();
    const { diagnostics, text } = parse(source);
    const shown = formatDiagnostics(diagnostics, text);
    expect(cpuMs() - start).toBeLessThan(BUSY_MS);
    expect(shown.split('\n\n').length).toBeLessThanOrEqual(21);
    expect(shown.length).toBeLessThan(20_000);
  });

  it('costs no more than in proportion to its keys', () => {
    const time = (count: number) => {
      const source = `${agent}      env: {${entries(count, (index) => `K${index}: v, `)}}\n`;
      const start = cpuMs();
      parse(source);
      return cpuMs() - start;
    };
    time(1000);
    expect(time(20_000)).toBeLessThan(40 * Math.max(5, time(2000)));
  });
});
