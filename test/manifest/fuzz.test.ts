import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { brokenPromises } from './promises.ts';

const EXAMPLES = new URL('../../manifests/examples/', import.meta.url);
const examples = readdirSync(EXAMPLES).map((name) => readFileSync(new URL(name, EXAMPLES)));
const BOUNDS = { seed: 20_260_923, interruptAfterTimeLimit: 1200, markInterruptAsFailure: false } as const;

function holdsItsPromises(source: string | Uint8Array): void {
  expect(brokenPromises(source)).toEqual([]);
}

const PIECES = [
  ['a: ', '- ', '? ', ': ', '[', ']', '{', '}', ', ', '"', "'", '|\n', '>-\n', '#', ' #', '&a ', '*a', '!x ', '<<: '],
  ['---\n', '...\n', '%YAML 1.1\n', '\n', '\n  ', '\n    ', '\t', '\r', '\r\n', '\\', '\\u0000', '\ufeff', '\ud800'],
  ['~', 'null', '0755', '1e999', '.nan', 'é', '__proto__: ', 'constructor: '],
  ['apiVersion: mosaic/v1alpha1\n', 'kind: Fleet\n', 'spec:\n', '  agents:\n', '    a:\n', '      command: [x]\n'],
].flat();

const mutation = fc.record({
  example: fc.nat(examples.length - 1),
  at: fc.nat(100_000),
  byte: fc.nat(255),
  kind: fc.constantFrom('replace', 'insert', 'remove', 'cut'),
});

function mutate({ example, at, byte, kind }: { example: number; at: number; byte: number; kind: string }): Uint8Array {
  const bytes = examples[example] ?? Buffer.alloc(0);
  const offset = at % bytes.length;
  const middle = kind === 'replace' || kind === 'insert' ? [Buffer.from([byte])] : [];
  const rest = kind === 'cut' ? [] : [bytes.subarray(kind === 'insert' ? offset : offset + 1)];
  return Buffer.concat([bytes.subarray(0, offset), ...middle, ...rest]);
}

describe('any input gives a fleet or an error, and never an exception', () => {
  it('any text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', maxLength: 200 }), holdsItsPromises), {
      ...BOUNDS,
      numRuns: 2000,
    });
  });

  it('any bytes', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), holdsItsPromises), { ...BOUNDS, numRuns: 2000 });
  });

  it('any sequence of YAML pieces', () => {
    const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((pieces) => pieces.join(''));
    fc.assert(fc.property(text, holdsItsPromises), { ...BOUNDS, numRuns: 3000 });
  });

  it('any example with one byte changed, added, removed, or cut there', () => {
    fc.assert(fc.property(mutation.map(mutate), holdsItsPromises), { ...BOUNDS, numRuns: 2000 });
  });
});
