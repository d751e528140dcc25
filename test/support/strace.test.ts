import { describe, expect, it } from '@jest/globals';
import { wholeCalls } from './strace.ts';

describe('a log of calls', () => {
  it('has a call in one line that another thread came between, where it began', () => {
    const log = [
      '10  write(18<socket:[1]>, "list", 4 <unfinished ...>',
      '11  openat(AT_FDCWD, "/a", O_RDONLY <unfinished ...>',
      '10  <... write resumed>)              = 4',
      '12  fsync(5</b>) = 0',
      '11  <... openat resumed>) = 3</a>',
      '',
    ].join('\n');
    expect(wholeCalls(log)).toEqual([
      '10  write(18<socket:[1]>, "list", 4)              = 4',
      '11  openat(AT_FDCWD, "/a", O_RDONLY) = 3</a>',
      '12  fsync(5</b>) = 0',
      '',
    ]);
  });

  it('keeps what was never resumed, and what is resumed without having begun', () => {
    const log = '10  execve("/a", ["a"] <unfinished ...>\n11  <... execve resumed>) = 0\n10  exit(0) = ?';
    expect(wholeCalls(log)).toEqual(log.split('\n'));
  });
});
