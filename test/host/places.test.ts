import { describe, expect, it } from '@jest/globals';
import { checkHome, defaultTmuxSocket, fleetSocket, manifestPath, mosaicHome } from '../../src/host/places.ts';
import type { FileStat } from '../../src/model/host.ts';
import { isSocketName } from '../../src/model/names.ts';
import { thrownBy } from './support/place.ts';

const userHome = '/home/u';
const homeOf = (flag: string | undefined, env: Record<string, string> = {}): string =>
  mosaicHome({ flag, env, userHome });

describe('mosaicHome', () => {
  it.each([
    ['/flag', { MOSAIC_HOME: '/env', XDG_CONFIG_HOME: '/xdg' }, '/flag'],
    [undefined, { MOSAIC_HOME: '/env', XDG_CONFIG_HOME: '/xdg' }, '/env'],
    [undefined, { XDG_CONFIG_HOME: '/xdg' }, '/xdg/mosaic'],
    [undefined, { XDG_CONFIG_HOME: '/home/u/' }, '/home/u/mosaic'],
    [undefined, { XDG_CONFIG_HOME: '' }, '/home/u/.config/mosaic'],
    [undefined, {}, '/home/u/.config/mosaic'],
    ['/with a "%" \\ and ü\'/', {}, '/with a "%" \\ and ü\''],
  ])('of --home %j and %j is %s', (flag, env, home) => {
    expect(homeOf(flag, env)).toBe(home);
  });

  it.each([
    ['', 'is empty'],
    ['relative/home', 'not an absolute path'],
    ['~/mosaic', 'not an absolute path'],
    ['/', 'is the root directory'],
    [userHome, 'is the home directory itself'],
    [`${userHome}/`, 'is the home directory itself'],
    ['/a\nb', 'a newline or a NUL'],
    ['/a\0b', 'a newline or a NUL'],
    ['/a/../b', 'write /b'],
    ['/a//b', 'write /a/b'],
    ['/a/./b', 'write /a/b'],
  ])('B47, B84: refuses %j, from the flag as a usage error and from the environment as E_HOME', (path, message) => {
    const said = expect.stringContaining(message);
    expect(thrownBy(() => homeOf(path))).toMatchObject({ code: 'E_USAGE', message: said });
    expect(thrownBy(() => homeOf(undefined, { MOSAIC_HOME: path }))).toMatchObject({ code: 'E_HOME', message: said });
  });

  it('refuses a relative $XDG_CONFIG_HOME by its name', () => {
    expect(thrownBy(() => homeOf(undefined, { XDG_CONFIG_HOME: 'x' }))).toMatchObject({
      code: 'E_HOME',
      message: '$XDG_CONFIG_HOME is not an absolute path: x/mosaic',
    });
  });
});

describe('checkHome', () => {
  const stat: FileStat = { kind: 'directory', mode: 0o700, uid: 7, size: 0, inode: 1, mtimeMs: 0, ctimeMs: 0 };

  it('accepts a home that is missing, or is ours with mode 0700', () => {
    checkHome('/h', undefined, 7);
    checkHome('/h', stat, 7);
    checkHome('/h', { ...stat, mode: 0o2700 }, 7);
  });

  it.each([
    [{ kind: 'symlink' as const }, '/h h is a symbolic link'],
    [{ kind: 'file' as const }, '/h h is not a directory'],
    [{ uid: 8 }, '/h h belongs to uid 8, not to you (7)'],
    [{ mode: 0o755 }, '/h h has mode 0755, not 0700'],
    [{ mode: 0o500 }, '/h h has mode 0500, not 0700'],
  ])('B47: refuses one with %j', (difference, message) => {
    expect(thrownBy(() => checkHome('/h h', { ...stat, ...difference }, 7))).toMatchObject({ code: 'E_HOME', message });
  });

  it('says the line that corrects the mode', () => {
    const open = { ...stat, mode: 0o755 };
    expect(thrownBy(() => checkHome('/h', open, 7))).toMatchObject({ hint: 'chmod 0700 /h' });
    expect(thrownBy(() => checkHome("/h 'x", open, 7))).toMatchObject({ hint: "chmod 0700 '/h '\\''x'" });
  });
});

describe('manifestPath', () => {
  const from = { flag: undefined, env: {}, home: '/h', cwd: '/work dir' };
  it('is the flag, the variable, or the file in the home', () => {
    expect(manifestPath(from)).toBe('/h/fleet.yaml');
    expect(manifestPath({ ...from, env: { MOSAIC_MANIFEST: '/m.yaml' } })).toBe('/m.yaml');
    expect(manifestPath({ ...from, flag: '../f.yaml', env: { MOSAIC_MANIFEST: '/m.yaml' } })).toBe('/f.yaml');
    expect(manifestPath({ ...from, flag: '-' })).toBe('-');
  });

  it.each([{ flag: '' }, { env: { MOSAIC_MANIFEST: '' } }, { env: { MOSAIC_MANIFEST: 'm.yaml' } }])(
    'B81: refuses %j',
    (difference) => {
      expect(thrownBy(() => manifestPath({ ...from, ...difference }))).toMatchObject({ code: 'E_USAGE' });
    },
  );
});

describe('the sockets', () => {
  it('of the default server is where tmux itself would look', () => {
    const exists = (path: string): boolean => path === '/there';
    expect(defaultTmuxSocket({}, 7, exists)).toBe('/tmp/tmux-7/default');
    expect(defaultTmuxSocket({ TMUX_TMPDIR: '' }, 7, exists)).toBe('/tmp/tmux-7/default');
    expect(defaultTmuxSocket({ TMUX_TMPDIR: '/there' }, 7, exists)).toBe('/there/tmux-7/default');
    expect(defaultTmuxSocket({ TMUX_TMPDIR: '/gone' }, 7, exists)).toBe('/tmp/tmux-7/default');
  });

  it('of a fleet has at most 107 bytes, counted as bytes', () => {
    const socketIn = (tmpdir: string): string => {
      const socket = 'mosaic';
      if (!isSocketName(socket)) throw new Error(socket);
      return fleetSocket({ tmpdir, uid: 7, socket });
    };
    const rest = '/tmux-7/mosaic'.length;
    expect(socketIn('/tmp')).toBe('/tmp/tmux-7/mosaic');
    expect(socketIn(`/${'x'.repeat(106 - rest)}`)).toHaveLength(107);
    expect(thrownBy(() => socketIn(`/${'x'.repeat(107 - rest)}`))).toMatchObject({ code: 'E_TMUX_SOCKET' });
    expect(thrownBy(() => socketIn(`/${'ü'.repeat(60)}`))).toMatchObject({ code: 'E_TMUX_SOCKET' });
  });
});
