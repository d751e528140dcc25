import { chmodSync, lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ensureDirectory } from '../../src/host/directory.ts';
import { directoryMaker, temporaryPlace, thrownBy } from './support/place.ts';

const newDirectory = directoryMaker(temporaryPlace());
const modeOf = (path: string): number => lstatSync(path).mode & 0o7777;

describe('ensureDirectory', () => {
  it('creates what is missing with exactly the mode, and leaves what exists', () => {
    const directory = newDirectory();
    chmodSync(directory, 0o750);
    const before = process.umask(0o777);
    try {
      ensureDirectory(`${directory}/a/b`, 0o755);
    } finally {
      process.umask(before);
    }
    ensureDirectory(`${directory}/a/b`, 0o700);
    expect([directory, `${directory}/a`, `${directory}/a/b`].map(modeOf)).toEqual([0o750, 0o755, 0o755]);
  });

  it('refuses links and files in its way (F15)', () => {
    const directory = newDirectory();
    mkdirSync(`${directory}/real`);
    symlinkSync('real', `${directory}/link`);
    symlinkSync('none', `${directory}/broken`);
    writeFileSync(`${directory}/file`, '');
    for (const name of ['link', 'link/new', 'broken', 'broken/new']) {
      expect(thrownBy(() => ensureDirectory(`${directory}/${name}`, 0o700))).toMatchObject({ code: 'E_SYMLINK' });
    }
    expect(thrownBy(() => ensureDirectory(`${directory}/file`, 0o700))).toMatchObject({ code: 'E_NOT_DIR' });
    expect(thrownBy(() => ensureDirectory(`${directory}/file/new`, 0o700))).toMatchObject({ code: 'E_NOT_DIR' });
    expect(readdirSync(`${directory}/real`)).toEqual([]);
  });

  it('keeps no directory open when what it made cannot be made durable', () => {
    const directory = newDirectory();
    const disk = (): never => {
      throw Object.assign(new Error('the disk is broken'), { code: 'EIO' });
    };
    const before = readdirSync('/proc/self/fd').length;
    for (const name of ['a', 'b', 'c', 'd']) {
      expect(thrownBy(() => ensureDirectory(`${directory}/${name}`, 0o700, disk))).toMatchObject({ code: 'E_IO' });
    }
    expect(readdirSync('/proc/self/fd').length).toBe(before);
  });
});
