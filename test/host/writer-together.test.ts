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

  it('writes into a directory that was removed and made anew in between', () => {
    const directory = newDirectory();
    writer.together(() => {
      writer.makeDirectory(`${directory}/new`, 0o700);
      writer.removeDirectory(`${directory}/new`);
      writer.makeDirectory(`${directory}/new`, 0o700);
      writer.write(`${directory}/new/file`, 'text', 0o600);
    });
    expect(readFileSync(`${directory}/new/file`, 'utf8')).toBe('text');
  });

  it('leaves no directory open, however many there were and however it ended', () => {
    const directory = newDirectory();
    const open = (): number => readdirSync('/proc/self/fd').length;
    const work = (): never => {
      for (const name of ['a', 'a/b', 'a/c', 'd']) {
        writer.makeDirectory(`${directory}/${name}`, 0o700);
        writer.write(`${directory}/${name}/file`, name, 0o600);
      }
      throw new Error('of the work');
    };
    const before = open();
    expect(thrownBy(() => writer.together(work))).toMatchObject({ message: 'of the work' });
    expect(open()).toBe(before);
    expect(['a', 'a/b', 'a/c', 'd'].map((name) => readFileSync(`${directory}/${name}/file`, 'utf8'))).toEqual([
      'a',
      'a/b',
      'a/c',
      'd',
    ]);
  });

  it('says so when a directory cannot be made durable (F18)', () => {
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
