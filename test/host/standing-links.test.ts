import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFileReader } from '../../src/host/files.ts';
import { withoutLinks } from '../../src/host/standing-links.ts';

const files = createFileReader();
let root: string;
beforeAll(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'mosaic-links-')));
  mkdirSync(join(root, 'dotfiles/config/systemd'), { recursive: true });
  mkdirSync(join(root, 'home'));
  symlinkSync('../dotfiles/config', join(root, 'home/.config'));
  symlinkSync(join(root, 'home/.config/systemd'), join(root, 'absolute'));
  symlinkSync('loop', join(root, 'loop'));
  symlinkSync('nowhere', join(root, 'broken'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

describe('a path without its standing links', () => {
  it.each([
    ['home/.config/systemd', 'dotfiles/config/systemd'],
    ['home/.config/systemd/user/x', 'dotfiles/config/systemd/user/x'],
    ['absolute/user', 'dotfiles/config/systemd/user'],
    ['home', 'home'],
    ['none/at/all', 'none/at/all'],
    ['broken/x', 'nowhere/x'],
  ])('%s is %s', (path, real) => {
    expect(withoutLinks(files, join(root, path))).toBe(join(root, real));
  });

  it('is refused where links lead in a circle', () => {
    expect(() => withoutLinks(files, join(root, 'loop/x'))).toThrow(/too many symbolic links/);
  });
});
