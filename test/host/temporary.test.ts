import { chownSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { sweepTemporaries, temporaryName } from '../../src/host/temporary.ts';
import { temporaryPlace } from './support/place.ts';

const place = temporaryPlace();
const nameOf = (pid: number): string => `.mosaic-${pid.toString(16).padStart(8, '0')}0011223344556677.tmp`;
const NO_PROCESS = 0x7fffffff;

it('removes what dead writers and this process left, and keeps everything else (F16)', () => {
  const leftovers = [nameOf(NO_PROCESS), nameOf(process.pid), temporaryName()];
  const others = [nameOf(1), '.mosaic-xyz.tmp', `${nameOf(NO_PROCESS)}~`, 'a.mosaic-7fffffff.tmp', '.other.tmp'];
  for (const name of [...leftovers, ...others]) writeFileSync(`${place}/${name}`, '');
  mkdirSync(`${place}/.mosaic-7ffffffe.tmp`);
  expect(sweepTemporaries(place).toSorted()).toEqual(leftovers.toSorted());
  expect(readdirSync(place).toSorted()).toEqual([...others, '.mosaic-7ffffffe.tmp'].toSorted());
});

it('removes a link that was left, not what it leads to', () => {
  const directory = `${place}/links`;
  mkdirSync(directory);
  writeFileSync(`${directory}/file`, '');
  symlinkSync('file', `${directory}/${nameOf(NO_PROCESS)}`);
  sweepTemporaries(directory);
  expect(readdirSync(directory)).toEqual(['file']);
});

it('has nothing to do where there is no directory', () => {
  expect(sweepTemporaries(`${place}/none`)).toEqual([]);
});

const root = process.getuid?.() === 0;
it(root ? 'leaves what belongs to another user' : 'leaves the names of others (as root, their files)', () => {
  const directory = `${place}/foreign`;
  mkdirSync(directory);
  const name = root ? nameOf(NO_PROCESS) : 'other.tmp';
  writeFileSync(`${directory}/${name}`, '');
  if (root) chownSync(`${directory}/${name}`, 65534, 65534);
  expect(sweepTemporaries(directory)).toEqual([]);
  expect(readdirSync(directory)).toEqual([name]);
});
