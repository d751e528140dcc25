import { execFileSync } from 'node:child_process';
import { symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createFileReader } from '../../src/host/files.ts';
import { createFileWriter } from '../../src/host/writer.ts';
import { directoryMaker, temporaryPlace, thrownBy } from './support/place.ts';

const place = temporaryPlace();
const writer = createFileWriter();
const newDirectory = directoryMaker(place);

describe('createFileReader', () => {
  const reader = createFileReader();
  it('reads back what the writer wrote, and knows what is missing', () => {
    const directory = newDirectory();
    writer.write(`${directory}/b`, 'text ü', 0o640);
    writer.link(`${directory}/a`, 'b');
    expect(reader.read(`${directory}/b`)).toBe('text ü');
    expect(reader.stat(`${directory}/b`)).toMatchObject({
      kind: 'file',
      mode: 0o640,
      size: 7,
      uid: process.getuid?.(),
    });
    expect(reader.stat(`${directory}/a`)).toMatchObject({ kind: 'symlink' });
    expect(reader.readLink(`${directory}/a`)).toBe('b');
    expect(reader.list(directory)).toEqual(['a', 'b']);
    const none = `${directory}/none`;
    expect([reader.stat(none), reader.read(none), reader.readLink(none), reader.list(none)]).toEqual(
      Array(4).fill(undefined),
    );
  });

  it('reads no link, no pipe, no directory, and not more than it may', () => {
    const directory = newDirectory();
    writeFileSync(`${directory}/file`, '12345');
    symlinkSync('file', `${directory}/link`);
    execFileSync('mkfifo', [`${directory}/pipe`]);
    const at = (name: string, max?: number): unknown => thrownBy(() => reader.read(`${directory}/${name}`, max));
    expect(at('link')).toMatchObject({ code: 'E_SYMLINK' });
    expect(at('pipe')).toMatchObject({ code: 'E_IO', message: expect.stringContaining('not a regular file') });
    expect(at('.')).toMatchObject({ code: 'E_IO' });
    expect(at('file', 4)).toMatchObject({ code: 'E_IO', message: expect.stringContaining('more than 4 bytes') });
    expect(reader.read(`${directory}/file`, 5)).toBe('12345');
    expect(at('file/below')).toMatchObject({ code: 'E_NOT_DIR' });
  });

  it('names every kind of thing', () => {
    expect(reader.stat('/dev/null')?.kind).toBe('other');
    expect(reader.stat(place)?.kind).toBe('directory');
  });
});
