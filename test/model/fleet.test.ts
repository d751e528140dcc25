import { describe, expect, it } from '@jest/globals';
import { argvOf, expandHome, serverOptions } from '../../src/model/fleet.ts';
import { agentIn, fleetWith } from '../support/fleet.ts';

describe('expandHome', () => {
  it.each([
    ['~', '/home/ada', '/home/ada'],
    ['~/src', '/home/ada', '/home/ada/src'],
    ['~/src', '/', '/src'],
    ['~bob/src', '/home/ada', '~bob/src'],
    ['/x/~/y', '/home/ada', '/x/~/y'],
  ])('%s below %s is %s', (path, home, wanted) => expect(expandHome(path, home)).toBe(wanted));
});

describe('argvOf', () => {
  it('is the command itself, or sh -c with the one line', () => {
    expect(argvOf(agentIn(fleetWith({ coder: '{ command: [codex, -q] }' })))).toEqual(['codex', '-q']);
    expect(argvOf(agentIn(fleetWith({ coder: '{ shell: "a | b" }' })))).toEqual(['/bin/sh', '-c', 'a | b']);
  });
});

describe('serverOptions', () => {
  it('has a value for every option of the closed list, the manifest’s first', () => {
    expect(serverOptions(fleetWith({}, 'tmux: { options: { prefix: C-a } }'))).toEqual({
      prefix: 'C-a',
      mouse: 'off',
      'mode-keys': 'emacs',
      status: 'on',
    });
  });
});
