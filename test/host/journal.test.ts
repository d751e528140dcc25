import { build } from 'esbuild';
import { resolve } from 'node:path';
import {
  appendFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createJournal, readJournal } from '../../src/host/journal.ts';
import type { FleetError } from '../../src/model/error.ts';
import { sh } from '../support/process.ts';
import { temporaryPlace } from './support/place.ts';

const place = temporaryPlace();
let files = 0;
const newPath = (): string => `${place}/journal-${(files += 1)}`;
const failing = (error: FleetError): void => {
  throw error;
};

describe('a journal', () => {
  it('keeps records in order, in a file that only its owner can read', () => {
    const path = newPath();
    const before = process.umask(0);
    const journal = createJournal(path, { maxBytes: 1000, onFailure: failing });
    journal.append({ n: 1 });
    journal.append({ n: 2, text: 'ü' });
    process.umask(before);
    expect(readJournal(path, 1000)).toEqual([{ n: 1 }, { n: 2, text: 'ü' }]);
    expect(lstatSync(path).mode & 0o777).toBe(0o600);
  });

  it('is proof against forged lines and terminal escapes', () => {
    const path = newPath();
    const text = 'a\n{"n":2}\r\u001b[2J\u007f\u009b\u2028';
    createJournal(path, { maxBytes: 1000, onFailure: failing }).append({ text });
    expect(readFileSync(path, 'utf8')).toMatch(/^[\u0020-\u007e]+\n$/);
    expect(readJournal(path, 1000)).toEqual([{ text }]);
  });

  it('never grows beyond its size, and keeps one older file (F73)', () => {
    const path = newPath();
    const journal = createJournal(path, { maxBytes: 100, onFailure: failing });
    for (let n = 0; n < 50; n += 1) journal.append({ n, text: 'x'.repeat(20) });
    const sizes = [path, `${path}.1`].map((file) => lstatSync(file).size);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    expect(existsSync(`${path}.2`)).toBe(false);
    const kept = readJournal(path, 1000).map((record) => record['n']);
    expect(kept.length).toBeGreaterThanOrEqual(3);
    expect(kept).toEqual(Array.from(kept, (_, index) => 50 - kept.length + index));
  });

  it('takes many records at once, and keeps to its size none the less', () => {
    const path = newPath();
    const records = Array.from({ length: 50 }, (_, n) => ({ n, text: 'x'.repeat(20) }));
    createJournal(path, { maxBytes: 100, onFailure: failing }).append(...records);
    const sizes = [path, `${path}.1`].map((file) => lstatSync(file).size);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(100);
    const kept = readJournal(path, 1000).map((record) => record['n']);
    expect(kept).toEqual(Array.from(kept, (_, index) => 50 - kept.length + index));
    expect(kept.length).toBeGreaterThanOrEqual(3);
  });

  it('keeps both files where several processes write, whoever moves the full one', async () => {
    const path = newPath();
    const source = resolve(import.meta.dirname, '../../src/host/journal.ts');
    const { outputFiles } = await build({
      stdin: {
        contents: `import { createJournal } from ${JSON.stringify(source)};
          const journal = createJournal(process.argv[2], { maxBytes: 20000, onFailure: (error) => console.log(error.message) });
          for (let n = 0; n < 3000; n += 1) journal.append({ n, text: 'x'.repeat(60) });`,
        resolveDir: import.meta.dirname,
      },
      bundle: true,
      write: false,
      format: 'esm',
      platform: 'node',
    });
    const script = `${place}/writer.mjs`;
    writeFileSync(script, outputFiles[0]?.text ?? '');
    const ended = await Promise.all(Array.from({ length: 4 }, () => sh([process.execPath, script, path])));
    expect(ended.map(({ stdout }) => stdout)).toEqual(['', '', '', '']);
    expect(lstatSync(`${path}.1`).size).toBeGreaterThan(15_000);
    expect(existsSync(`${path}.rotating`)).toBe(false);
  });

  it('is moved away none the less where one was killed who was at it', () => {
    const path = newPath();
    const journal = createJournal(path, { maxBytes: 100, onFailure: failing });
    writeFileSync(`${path}.rotating`, '');
    for (let n = 0; n < 10; n += 1) journal.append({ n, text: 'x'.repeat(20) });
    expect(existsSync(`${path}.1`)).toBe(false);
    utimesSync(`${path}.rotating`, 0, 0);
    for (let n = 10; n < 12; n += 1) journal.append({ n, text: 'x'.repeat(20) });
    expect(readJournal(path, 1000).map((record) => record['n'])).toEqual(Array.from({ length: 12 }, (_, n) => n));
    expect(existsSync(`${path}.1`)).toBe(true);
  });

  it('loses a torn line alone, and not the record after it (F83)', () => {
    const path = newPath();
    const journal = createJournal(path, { maxBytes: 1000, onFailure: failing });
    journal.append({ n: 1 });
    appendFileSync(path, '{"n":2,"te');
    journal.append({ n: 3 });
    appendFileSync(path, '[4]\nnull\n');
    expect(readJournal(path, 1000)).toEqual([{ n: 1 }, { n: 3 }]);
  });

  it('tells of the first failure only, and never throws (F08)', () => {
    const errors: FleetError[] = [];
    const journal = createJournal(`${place}/none/journal`, { maxBytes: 100, onFailure: (error) => errors.push(error) });
    journal.append({ n: 1 });
    journal.append({ n: 2 });
    expect(errors.map(({ code }) => code)).toEqual(['E_IO']);
    expect(errors[0]?.message).toContain(`${place}/none/journal`);
  });

  it('does not write through a link', () => {
    const path = newPath();
    mkdirSync(`${place}/elsewhere`);
    writeFileSync(`${place}/elsewhere/victim`, '');
    symlinkSync(`${place}/elsewhere/victim`, path);
    const codes: string[] = [];
    createJournal(path, { maxBytes: 100, onFailure: ({ code }) => codes.push(code) }).append({ n: 1 });
    expect(codes).toEqual(['E_SYMLINK']);
    expect(readFileSync(`${place}/elsewhere/victim`, 'utf8')).toBe('');
  });

  it('is empty where there is none', () => {
    expect(readJournal(newPath(), 100)).toEqual([]);
  });
});
