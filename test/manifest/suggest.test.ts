import { describe, expect, it } from '@jest/globals';
import { didYouMean, nearest } from '../../src/manifest/suggest.ts';

const known = ['command', 'shell', 'path', 'env', 'envFiles', 'restart'];

describe('nearest', () => {
  it.each([
    ['comand', 'command'],
    ['commmand', 'command'],
    ['COMMAND', 'command'],
    ['comamnd', 'command'],
    ['evn', 'env'],
    ['envFile', 'envFiles'],
    ['restrat', 'restart'],
  ])('finds that %s is a slip of %s', (word, expected) => {
    expect(nearest(word, known)).toBe(expected);
  });

  it.each(['', 'zebra', 'x', 'y'.repeat(1000)])('finds nothing near %j', (word) => {
    expect(nearest(word, known)).toBeUndefined();
  });
});

describe('didYouMean', () => {
  it('names the nearest word, or all when none is near', () => {
    expect(didYouMean('shel', known)).toBe('Did you mean `shell`?');
    expect(didYouMean('zebra', ['a', 'b'])).toBe('Known here: a, b.');
  });

  it.each([
    ['workingDir', 'workingDirectory'],
    ['environment', 'env'],
    ['Desc', 'description'],
  ])('takes %s for short, or long, for %s', (word, expected) => {
    expect(didYouMean(word, ['command', 'env', 'workingDirectory', 'description'])).toBe(
      `Did you mean \`${expected}\`?`,
    );
  });

  it.each([
    ['cwd', 'workingDirectory'],
    ['working_dir', 'workingDirectory'],
    ['cmd', 'command'],
    ['ExecStart', 'command'],
    ['EnvironmentFile', 'envFiles'],
    ['env_file', 'envFiles'],
  ])('knows that other tools say %s for %s', (word, expected) => {
    expect(didYouMean(word, [...known, 'workingDirectory'])).toBe(`Did you mean \`${expected}\`?`);
  });

  it('names no field of another place for what other tools say', () => {
    expect(didYouMean('cwd', ['memoryMax'])).toBe('Known here: memoryMax.');
  });

  it('takes no two letters for a beginning', () => {
    expect(didYouMean('wo', ['workingDirectory'])).toBe('Known here: workingDirectory.');
  });
});
