import { appendFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { openAppended } from '../../src/host/appended.ts';
import { temporaryPlace } from './support/place.ts';

const place = temporaryPlace();
let files = 0;
const newPath = (): string => `${place}/lines-${(files += 1)}`;

describe('a file that others append to', () => {
  it('is told once: at first what is kept, with what was moved away before, and then what comes', () => {
    const path = newPath();
    const file = openAppended(path, 1000);
    expect(file.news()).toEqual([]);
    writeFileSync(`${path}.1`, 'a\nb\n');
    writeFileSync(path, 'ü\n');
    expect(file.news()).toEqual(['a', 'b', 'ü']);
    expect(file.news()).toEqual([]);
    appendFileSync(path, 'd\nhalf');
    expect(file.news()).toEqual(['d']);
    appendFileSync(path, ' and half\n');
    expect(file.news()).toEqual(['half and half']);
  });

  it('is told to its end when it is moved away, and the new one from its beginning', () => {
    const path = newPath();
    writeFileSync(`${path}.1`, 'older\n');
    writeFileSync(path, 'a\n');
    const file = openAppended(path, 1000);
    file.news();
    appendFileSync(path, 'b\n');
    renameSync(path, `${path}.1`);
    expect(file.news()).toEqual(['b']);
    writeFileSync(path, 'c\n');
    expect(file.news()).toEqual(['c']);
    expect(file.news()).toEqual([]);
  });

  it('is told from where it was when its beginning was cut, and from its beginning where all of it is new', () => {
    const path = newPath();
    writeFileSync(path, 'a\nb\nc\n');
    const file = openAppended(path, 1000);
    file.news();
    writeFileSync(`${path}.new`, 'c\nd\n');
    renameSync(`${path}.new`, path);
    expect(file.news()).toEqual(['d']);
    rmSync(path);
    expect(file.news()).toEqual([]);
    writeFileSync(path, 'e\n');
    expect(file.news()).toEqual(['e']);
  });

  it('is told by its end where more came at once than is to be read', () => {
    const path = newPath();
    writeFileSync(path, 'x'.repeat(100) + '\nlast\n');
    expect(openAppended(path, 10).news().at(-1)).toBe('last');
  });

  it('is a plain file', () => {
    const path = newPath();
    mkdirSync(path);
    expect(() => openAppended(path, 1000).news()).toThrow('not a regular file');
    symlinkSync(path, `${path}-link`);
    expect(() => openAppended(`${path}-link`, 1000).news()).toThrow('ELOOP');
  });
});
