import { describe, expect, it } from '@jest/globals';
import { adapterOf } from '../../src/agent/adapters.ts';
import type { Program } from '../../src/model/fleet.ts';
import { fleetWith } from '../support/fleet.ts';

const command = (...argv: readonly string[]): Program => ({ kind: 'command', argv });

describe('the adapter of an agent', () => {
  it.each([
    ['/usr/bin/bash', [], 'shell'],
    ['bash', ['--norc', '-i', '-o', 'vi', '--rcfile', '/etc/my.rc'], 'shell'],
    ['bash', ['-lc', 'make watch'], 'default'],
    ['bash', ['loop.sh'], 'default'],
    ['bash', ['--', 'loop.sh'], 'default'],
    ['fish', ['--command', 'make'], 'default'],
    ['codex', ['loop.sh'], 'codex'],
    ['toString', [], 'default'],
  ])('that runs %s %j is %s', (program, args, name) => {
    const adapter = program.split('/').at(-1) ?? '';
    expect(adapterOf({ adapter, program: command(program, ...args) }, {}).name).toBe(name);
  });

  it('is a shell for certain when the manifest says so', () => {
    expect(adapterOf({ adapter: 'shell', program: command('bash', 'my-prompt.sh') }, {}).isShell).toBe(true);
  });

  it('takes from the manifest what it says, and the rest from what is known', () => {
    const fleet = fleetWith(
      { coder: '{ command: [bash] }' },
      "adapters: { bash: { submitDelay: 50ms, dialog: '^Go on?' }, mine: { submitKey: C-m, idle: ['^>', '^%'] } }",
    );
    expect(adapterOf({ adapter: 'bash', program: command('bash') }, fleet.adapters)).toEqual({
      name: 'bash',
      submitDelayMs: 50,
      submitKey: 'Enter',
      screen: { dialog: ['^Go on?'] },
      isShell: true,
    });
    expect(adapterOf({ adapter: 'mine', program: command('x') }, fleet.adapters)).toEqual({
      name: 'mine',
      submitDelayMs: 300,
      submitKey: 'C-m',
      screen: { idle: ['^>', '^%'] },
    });
  });

  it('may be told for all shells at once', () => {
    const overrides = { shell: { submitDelayMs: 5 } };
    expect(adapterOf({ adapter: 'zsh', program: command('zsh') }, overrides).submitDelayMs).toBe(5);
  });
});
