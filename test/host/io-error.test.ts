import { expect, it } from '@jest/globals';
import { errnoOf, ioError } from '../../src/host/io-error.ts';
import { FleetError } from '../../src/model/error.ts';

const failed = (code: string): Error => Object.assign(new Error(`${code}: words, open '/proc/self/fd/9/x'`), { code });

it.each([
  ['ENOSPC', 'E_DISK_FULL'],
  ['EDQUOT', 'E_DISK_FULL'],
  ['EROFS', 'E_READONLY'],
  ['EACCES', 'E_PERMISSION'],
  ['EPERM', 'E_PERMISSION'],
  ['EMFILE', 'E_LIMIT'],
  ['ENFILE', 'E_LIMIT'],
  ['EAGAIN', 'E_LIMIT'],
  ['ENOMEM', 'E_LIMIT'],
  ['ELOOP', 'E_SYMLINK'],
  ['ENOTDIR', 'E_NOT_DIR'],
  ['EISDIR', 'E_NOT_DIR'],
  ['EIO', 'E_IO'],
  ['ENXIO', 'E_IO'],
])('%s is %s', (errno, code) => {
  const cause = failed(errno);
  expect(ioError('write', '/a/x', cause)).toMatchObject({ code, cause });
});

it('names the path that people know, not the one the call was made through', () => {
  expect(ioError('write', '/a/x', failed('EIO')).message).toBe('cannot write /a/x: i/o error (EIO)');
});

it('leaves a coded error as it is, and keeps the words of any other', () => {
  const coded = new FleetError('E_SYMLINK', 'a link');
  expect(ioError('write', '/a/x', coded)).toBe(coded);
  expect(ioError('write', '/a/x', new Error('odd')).message).toBe('cannot write /a/x: odd');
  expect(ioError('write', '/a/x', 'odd').message).toBe('cannot write /a/x: odd');
  expect([errnoOf('x'), errnoOf(undefined), errnoOf({ code: 7 })]).toEqual([undefined, undefined, undefined]);
});
