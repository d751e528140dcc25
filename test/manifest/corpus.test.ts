import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { formatDiagnostics } from '../../src/manifest/frame.ts';
import { parseFleet } from '../../src/manifest/parse.ts';

const CORPUS = new URL('../corpus/', import.meta.url);

/** A number before a name is the row of the bad-input catalogue it stands for. */
const rowed = (name: string): string => name.replace(/^(?=\d\d-)/, 'B');

describe.each(['ok', 'bad'])('a manifest of corpus/%s', (kind) => {
  const folder = new URL(`${kind}/`, CORPUS);
  const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));

  it.each(names.map((name) => [rowed(name), name]))('%s gets exactly the complaints beside it', (_title, name) => {
    const { fleet, diagnostics, text } = parseFleet(readFileSync(new URL(name, folder)), 'fleet.yaml');
    expect(fleet === undefined).toBe(kind === 'bad');
    expectGolden(new URL(name.replace(/yaml$/, 'err'), folder), formatDiagnostics(diagnostics, text));
  });
});

function expectGolden(golden: URL, text: string): void {
  const lines = text === '' ? '' : `${text}\n`;
  if (process.env['UPDATE_GOLDEN'] === '1') {
    rmSync(golden, { force: true });
    if (lines !== '') writeFileSync(golden, lines);
  }
  expect(lines).toBe(existsSync(golden) ? readFileSync(golden, 'utf8') : '');
}
