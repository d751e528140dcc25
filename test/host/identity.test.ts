import { userInfo } from 'node:os';
import { relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { cleanEnvironment, findProgram, SAFE_PATH } from '../../src/host/environment.ts';
import { effectiveUid, identity } from '../../src/host/identity.ts';
import { thrownBy } from './support/place.ts';

describe('identity', () => {
  it('is what the password database says, with $HOME where that is set', () => {
    const { uid, username: user, homedir: home, shell } = userInfo();
    expect(identity({})).toEqual({ uid, user, home, shell });
    expect(identity({ HOME: '' }).home).toBe(home);
    expect(identity({ HOME: '/elsewhere', USER: 'liar', SHELL: '/liar' })).toEqual({
      uid,
      user,
      home: '/elsewhere',
      shell,
    });
    expect(effectiveUid()).toBe(uid);
  });

  it('refuses a $HOME that is not absolute', () => {
    expect(thrownBy(() => identity({ HOME: 'here' }))).toMatchObject({ code: 'E_HOME' });
  });
});

describe('cleanEnvironment', () => {
  it('passes on where the user bus is and nothing else of the caller (F99)', () => {
    const bus = { HOME: '/h', XDG_RUNTIME_DIR: '/run/user/7', DBUS_SESSION_BUS_ADDRESS: 'unix:path=/x' };
    const rest = {
      TMUX: '/tmp/x,1,0',
      TMUX_PANE: '%1',
      TMUX_TMPDIR: '/t',
      PATH: '.:/evil',
      LD_PRELOAD: 'x',
      TOKEN: 's',
    };
    const fixed = { PATH: SAFE_PATH.join(':'), LC_ALL: 'C.UTF-8' };
    expect(cleanEnvironment({ ...bus, ...rest })).toEqual({ ...fixed, ...bus });
    expect(cleanEnvironment({ HOME: '', LC_ALL: 'de_DE' })).toEqual(fixed);
  });
});

describe('findProgram', () => {
  it('takes an absolute program as it is and looks for a bare name', () => {
    expect(findProgram('/no/such', SAFE_PATH)).toBe('/no/such');
    expect(findProgram('sh', ['/none', '/bin'])).toBe('/bin/sh');
  });

  it('never takes a relative directory or a name with a slash', () => {
    expect(findProgram('sh', [relative(process.cwd(), '/bin'), ''])).toBeUndefined();
    expect(findProgram('../bin/sh', ['/bin'])).toBeUndefined();
    expect(findProgram('', ['/bin'])).toBeUndefined();
  });
});
