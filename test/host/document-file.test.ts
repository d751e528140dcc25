import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readDocument, type DocumentFile } from '../../src/host/document-file.ts';
import { FleetError } from '../../src/model/error.ts';

let directory: string;
const at = (name: string): string => join(directory, name);
const PLAIN: DocumentFile = { what: 'it', code: 'E_SNAPSHOT', maxBytes: 100 };
const SAFE: DocumentFile = { ...PLAIN, unsafe: 'E_PLAN_UNSAFE' };

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'mosaic-document-'));
  writeFileSync(at('good'), 'é', { mode: 0o600 });
  writeFileSync(at('latin-1'), Buffer.from([0xe9]));
  writeFileSync(at('open'), 'x');
  chmodSync(at('open'), 0o620);
  writeFileSync(at('huge'), '');
  truncateSync(at('huge'), 100 * 1024 * 1024);
  symlinkSync(at('good'), at('link'));
  execFileSync('mkfifo', [at('pipe')]);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function refusal(path: string, file: DocumentFile): string {
  try {
    return `read ${readDocument(path, file)}`;
  } catch (error) {
    if (!(error instanceof FleetError)) throw error;
    return `${error.code} ${error.message}`;
  }
}

describe('a document that a person names', () => {
  it.each<[string, string]>([
    ['good', 'read é'],
    ['link', 'read é'],
    ['open', 'read x'],
    ['none', 'E_SNAPSHOT it is not there'],
    ['.', 'E_SNAPSHOT it is not a regular file'],
    ['pipe', 'E_SNAPSHOT it is not a regular file'],
    ['latin-1', 'E_SNAPSHOT it is not UTF-8 text'],
    ['huge', 'E_SNAPSHOT it has more than 100 bytes'],
  ])('%s: %s', (name, outcome) => expect(refusal(at(name), PLAIN)).toBe(outcome));

  it.each<[string, string]>([
    ['good', 'read é'],
    ['link', 'E_PLAN_UNSAFE it is a symbolic link'],
    ['open', 'E_PLAN_UNSAFE it can be written by others (mode 0620)'],
  ])('and that is acted on, %s: %s', (name, outcome) => expect(refusal(at(name), SAFE)).toBe(outcome));

  (process.getuid?.() === 0 ? it : it.skip)('and that is acted on is of the caller', () => {
    writeFileSync(at('theirs'), 'x');
    chownSync(at('theirs'), 12_345, 12_345);
    expect(refusal(at('theirs'), SAFE)).toBe('E_PLAN_UNSAFE it belongs to uid 12345, not to you');
  });
});
