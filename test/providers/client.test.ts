import { describe, expect, it } from '@jest/globals';
import type { Exec, ExecOptions } from '../../src/model/host.ts';
import { startServer, terminalArgv, tmuxCall } from '../../src/providers/tmux/client.ts';

const place = { tmux: '/usr/bin/tmux', socket: '/tmp/tmux-1000/mosaic-factory' };
const ON_OUR_SOCKET = ['/usr/bin/tmux', '-u', '-S', place.socket];

/** The argv of each call, and what it was allowed. */
function listener() {
  const calls: (readonly [argv: readonly string[], options: ExecOptions])[] = [];
  const exec: Exec = (argv, options) => {
    calls.push([argv, options]);
    return Promise.resolve({ exitCode: 0, stdout: '', stderr: '' });
  };
  return { calls, exec };
}

describe('a call to tmux', () => {
  it('goes to our socket alone, starts no server there, and ends within seconds', async () => {
    const { calls, exec } = listener();
    await tmuxCall(exec, place)([['list-sessions'], ['list-panes', '-a']]);
    expect(calls).toMatchObject([
      [[...ON_OUR_SOCKET, '-N', 'list-sessions', ';', 'list-panes', '-a'], { env: { LC_ALL: 'C.UTF-8' } }],
    ]);
    expect(calls[0]?.[1].timeoutMs).toBeLessThanOrEqual(10_000);
    expect(terminalArgv(place, [['attach-session']])).toEqual([...ON_OUR_SOCKET, '-N', 'attach-session']);
  });

  it('keeps a word that ends in a semicolon together with its command', async () => {
    const { calls, exec } = listener();
    await tmuxCall(
      exec,
      place,
    )([
      ['set-option', '-g', '@x', 'a;'],
      ['set-option', '-g', '@y', ';'],
    ]);
    const first = ['set-option', '-g', '@x', String.raw`a\;`];
    const second = ['set-option', '-g', '@y', String.raw`\;`];
    expect(calls[0]?.[0]).toEqual([...ON_OUR_SOCKET, '-N', ...first, ';', ...second]);
  });
});

describe('the call that starts a server', () => {
  it('asks the server on the socket right behind it', async () => {
    const { calls, exec } = listener();
    const ask = ['display-message', '-p', '#{pid}'];
    await startServer(exec, place, '/home/u/tmux.conf', [ask]);
    expect(calls[0]?.[0]).toEqual([...ON_OUR_SOCKET, '-f', '/home/u/tmux.conf', 'start-server', ';', ...ask]);
  });
});
