import { afterAll, describe, expect, it } from '@jest/globals';
import { checkAll } from '../../src/agent/check.ts';
import { confirm } from '../../src/agent/confirm.ts';
import { type } from '../../src/agent/deliver.ts';
import type { Room, Target } from '../../src/agent/reach.ts';
import { settle, type Settled } from '../../src/agent/settle.ts';
import { eventually } from '../support/harness.ts';
import { ExecFailure, type Exec } from '../../src/model/host.ts';
import { close, open, room, shown, tmux } from './composer-pane.ts';

afterAll(close);

async function send(target: Target, text: string, where = room): Promise<Settled> {
  const typed = await type(room, text, [target], true);
  const [settled] = await confirm(where, await settle(room, typed, Buffer.byteLength(text)), text);
  if (settled === undefined) throw new Error('no answer');
  return settled;
}

describe('a program that shows what was typed', () => {
  it('proves by an empty composer that the text was sent', async () => {
    const target = await open('good', '0');
    expect(await send(target, 'hello')).toMatchObject({ verdict: { receipt: 'delivered', source: 'composer' } });
    expect(shown('good')).toBe('sent 1\n>');
  });

  it('gets its Enter once more when the first did nothing, and never the text', async () => {
    const target = await open('slow', '1');
    expect(await send(target, 'hello')).toMatchObject({ verdict: { receipt: 'delivered', source: 'composer' } });
    expect(shown('slow')).toBe('sent 1\n>');
  });

  it('is not believed when the text still stands there after that', async () => {
    const target = await open('stuck', '9');
    expect(await send(target, 'hello')).toMatchObject({ verdict: { receipt: 'unverified', reason: 'not-submitted' } });
    expect(shown('stuck')).toBe('sent 0\n> hello');
  });

  it('is doubted, and nobody loses the receipt, when its terminal can no longer be looked into', async () => {
    const target = await open('blind', '0');
    const typed = await type(room, 'hello', [target], true);
    await eventually(() => shown('blind') === 'sent 1\n>');
    const exec: Exec = (argv, options) =>
      argv[0] === room.host.programs.bash
        ? Promise.reject(new ExecFailure('timeout', argv, 'bash did not end within 5000 ms'))
        : room.read.exec(argv, options);
    const settled = await settle({ ...room, read: { ...room.read, exec } }, typed, 5);
    expect(settled).toMatchObject([{ verdict: { receipt: 'unverified', reason: 'no-answer' } }]);
  });

  it('that asks something gets no second Enter', async () => {
    const target = await open('asks', '0', 'Allow?');
    expect(await send(target, 'hello')).toMatchObject({ verdict: { receipt: 'delivered', source: 'input-read' } });
    expect(shown('asks')).toBe('Allow?');
  });
});

/** The room in which a person types this after a look at the screen. */
function typingAfter(looks: number, target: Target, words: string): Room {
  let left = looks;
  return {
    ...room,
    call: async (commands, options) => {
      const answer = await room.call(commands, options);
      if (commands.flat().includes('list-panes') && left-- === 0) {
        tmux('send-keys', '-t', target.pane.paneId, words);
        await eventually(() => shown(target.name).includes(`> ${words}`));
      }
      return answer;
    },
  };
}

describe('what a person types when the message has gone', () => {
  const unsure = { verdict: { receipt: 'unverified', reason: 'not-submitted' } };

  it('is never sent by the second Enter', async () => {
    const target = await open('person', '0');
    const typed = await type(room, 'hello', [target], true);
    const settled = await settle(room, typed, 5);
    await eventually(() => shown('person') === 'sent 1\n>');
    tmux('send-keys', '-t', target.pane.paneId, 'rm');
    await eventually(() => shown('person').includes('> rm'));
    expect(await confirm(room, settled, 'hello')).toMatchObject([unsure]);
    expect(shown('person')).toBe('sent 1\n> rm');
  });

  it('is not sent either when it is the message once more, after the place was seen empty', async () => {
    const target = await open('again', '0');
    expect(await send(target, 'hello', typingAfter(0, target, 'hello'))).toMatchObject(unsure);
    expect(shown('again')).toBe('sent 1\n> hello');
  });
});

describe('what a person has typed and not sent', () => {
  it('is not appended to without force', async () => {
    const target = await open('half', '0');
    const check = (force: boolean) => checkAll(room, [target], { activity: 'any', force, text: 'hello' });
    expect(await check(false)).toMatchObject([{ kind: 'ready' }]);
    tmux('send-keys', '-t', target.pane.paneId, 'abc');
    await eventually(() => shown('half').includes('> abc'));
    expect(await check(false)).toMatchObject([{ kind: 'refused', refusal: 'half-typed' }]);
    expect(await check(true)).toMatchObject([{ kind: 'ready' }]);
  });
});

describe('a program that has just been started', () => {
  it('gets nothing before it shows where text is typed', async () => {
    const target = await open('young', '0', 'Loading');
    tmux('send-keys', '-t', target.pane.paneId, 'Enter');
    await eventually(() => shown('young') === 'Loading');
    const check = (activity: 'any' | 'idle') => checkAll(room, [target], { activity, force: true, text: 'hello' });
    expect(await check('any')).toMatchObject([{ kind: 'refused', refusal: 'starting' }]);
    expect(await check('idle')).toMatchObject([{ kind: 'busy' }]);
  });
});
