import { readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { createFileWriter } from '../../src/host/writer.ts';
import { directoryMaker, temporaryPlace, thrownBy } from './support/place.ts';

const writer = createFileWriter();
const newDirectory = directoryMaker(temporaryPlace());

describe('together', () => {
  it('gives what its work gives, and the work is done', () => {
    const directory = newDirectory();
    const names = writer.together(() => {
      writer.makeDirectory(`${directory}/new`, 0o700);
      writer.write(`${directory}/new/file`, 'text', 0o600);
      writer.link(`${directory}/new/link`, 'file');
      return readdirSync(`${directory}/new`);
    });
    expect(names).toEqual(['file', 'link']);
    expect(readFileSync(`${directory}/new/link`, 'utf8')).toBe('text');
  });

  it('passes an error on, and does not mind a directory that went away meanwhile', () => {
    const directory = newDirectory();
    const failure = new Error('of the work');
    const work = (): never => {
      writer.makeDirectory(`${directory}/new`, 0o700);
      writer.write(`${directory}/new/file`, 'text', 0o600);
      writer.remove(`${directory}/new/file`);
      writer.removeDirectory(`${directory}/new`);
      throw failure;
    };
    expect(thrownBy(() => writer.together(work))).toBe(failure);
  });

  it('says so when a directory cannot be made durable', () => {
    const directory = newDirectory();
    const work = (): void => {
      writer.write(`${directory}/file`, 'text', 0o600);
      renameSync(directory, `${directory}.moved`);
      symlinkSync(`${directory}.moved`, directory);
    };
    expect(thrownBy(() => writer.together(work))).toMatchObject({ code: 'E_SYMLINK' });
    writer.write(`${directory}.moved/after`, 'text', 0o600);
  });
});
