import { writeFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { type } from '../../src/agent/deliver.ts';
import { FleetError } from '../../src/model/error.ts';
import type { Room, Target } from '../../src/agent/reach.ts';
import { eventually } from '../support/harness.ts';
import { close, open, room, shown, tmux } from './composer-pane.ts';

afterAll(close);

/** The same room, where `act` happens right after each call of tmux that `isIt`. */
const roomWhere = (isIt: (asked: string) => boolean, act: () => Promise<void>): Room => ({
  ...room,
  call: async (commands, options) => {
    const answer = await room.call(commands, options);
    if (isIt(`${commands.flat().join(' ')} ${options?.input ?? ''}`)) await act();
    return answer;
  },
});
const ask = (target: Target): void => writeFileSync(target.tty ?? '', '\u001b[H\u001b[2JAllow?');

describe('a question that comes up', () => {
  it('after the last look gets no text', async () => {
    const target = await open('early', '0');
    const changed = roomWhere(
      (asked) => asked.startsWith('load-buffer'),
      async () => {
        ask(target);
        await eventually(() => shown('early') === 'Allow?');
      },
    );
    expect(await type(changed, 'hello', [target], true)).toMatchObject([{ paste: 'dialog', enter: 'none' }]);
    expect(shown('early')).toBe('Allow?');
    expect(tmux('list-buffers')).toBe('');
  });

  it('between the text and its Enter gets no Enter, also where the adapter does not wait', async () => {
    const { adapter, ...known } = await open('late', '0');
    const target = { ...known, adapter: { ...adapter, submitDelayMs: 0 } };
    const changed = roomWhere(
      (asked) => asked.includes('paste-buffer'),
      async () => {
        await eventually(() => shown('late').includes('> hello') || shown('late').includes('sent 1'));
        ask(target);
        await eventually(() => shown('late') === 'Allow?');
      },
    );
    expect(await type(changed, 'hello', [target], true)).toMatchObject([{ paste: 'done', enter: 'withheld' }]);
  });
});

describe('a screen that cannot be looked at before the text', () => {
  it('gets nothing', async () => {
    const target = await open('blind', '0');
    const noServer = { server: false, exitCode: 1, stdout: '', lines: [], stderr: 'no server running' };
    const blind: Room = {
      ...room,
      call: (commands, options) =>
        commands.flat().includes('list-panes') ? Promise.resolve(noServer) : room.call(commands, options),
    };
    expect(await type(blind, 'hello', [target], true)).toMatchObject([{ paste: 'gone', enter: 'none' }]);
    expect(shown('blind')).toBe('sent 0\n>');
  });

  it('rejects when tmux does not answer, and leaves no buffer behind', async () => {
    const target = await open('mute', '0');
    const mute: Room = {
      ...room,
      call: (commands, options) =>
        commands.flat().includes('list-panes')
          ? Promise.reject(new FleetError('E_TMUX_TIMEOUT', 'no answer'))
          : room.call(commands, options),
    };
    await expect(type(mute, 'hello', [target], true)).rejects.toMatchObject({ code: 'E_TMUX_TIMEOUT' });
    expect(shown('mute')).toBe('sent 0\n>');
    expect(tmux('list-buffers')).toBe('');
  });
});
