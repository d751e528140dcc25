import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { formatDiagnostics } from '../../src/manifest/frame.ts';
import { parseFleet } from '../../src/manifest/parse.ts';
import type { Strictness } from '../../src/manifest/strict.ts';

const CORPUS = new URL('../corpus/', import.meta.url);

/** A number before a name is the row of the bad-input catalogue it stands for. */
const rowed = (name: string): string => name.replace(/^(?=\d\d-)/, 'B');

const manifestsOf = (kind: string): readonly string[] =>
  readdirSync(new URL(`${kind}/`, CORPUS)).filter((name) => name.endsWith('.yaml'));

describe.each(['ok', 'bad', 'strict'])('a manifest of corpus/%s', (kind) => {
  const folder = new URL(`${kind}/`, CORPUS);
  const review: Strictness | undefined = kind === 'strict' ? { strict: true } : undefined;

  it.each(manifestsOf(kind).map((name) => [rowed(name), name]))(
    '%s gets exactly the complaints beside it',
    (_title, name) => {
      const { fleet, diagnostics, text } = parseFleet(readFileSync(new URL(name, folder)), 'fleet.yaml', review);
      expect(fleet === undefined).toBe(kind !== 'ok');
      expectGolden(new URL(name.replace(/yaml$/, 'err'), folder), formatDiagnostics(diagnostics, text));
    },
  );
});

it('every complaint of the corpus has the code that programs know it by', () => {
  const codesOf = (name: string): string => {
    const { diagnostics } = parseFleet(readFileSync(new URL(`bad/${name}`, CORPUS)), 'fleet.yaml');
    return `${name}: ${[...new Set(diagnostics.map(({ code }) => code))].join(' ')}`;
  };
  expectGolden(new URL('codes.txt', CORPUS), manifestsOf('bad').map(codesOf).join('\n'));
});

function expectGolden(golden: URL, text: string): void {
  const lines = text === '' ? '' : `${text}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') {
    rmSync(golden, { force: true });
    if (lines !== '') writeFileSync(golden, lines);
  }
  expect(lines).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '');
}
