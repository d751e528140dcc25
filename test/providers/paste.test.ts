import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createExec } from '../../src/host/exec.ts';
import { tmuxCall, type TmuxCall } from '../../src/providers/tmux/client.ts';
import {
  actInPanes,
  dropBuffers,
  loadBuffer,
  panesScript,
  unchangedPanes,
  type PaneTarget,
} from '../../src/providers/tmux/paste.ts';
import { eventually } from '../support/harness.ts';

describe('the script for tmux', () => {
  it('asks for everything that was seen, in the queue that then types', () => {
    const target: PaneTarget = { paneId: '%12', panePid: 345, owner: 'canary/coder' };
    const buffer = 'mosaic-00000000-0000-0000-0000-000000000000';
    expect(
      panesScript(
        [
          { target, buffer, key: 'Enter' },
          { target, key: 'C-m' },
        ],
        'nonce',
      ),
    ).toBe(
      [
        `if-shell -F -t %12 '#{==:#{pane_id}|#{pane_pid}|#{@mosaic_owner}|#{pane_dead}|#{pane_input_off}|#{pane_synchronized},%12|345|canary/coder|0|0|0}'`,
        ` 'copy-mode -q -t %12 ; paste-buffer -p -r -b ${buffer} -t %12 ; display-message -p '\\''nonce pasted 12'\\''`,
        ` ; send-keys -t %12 Enter ; display-message -p '\\''nonce pressed 12'\\'''`,
        ` 'display-message -p -t %12 '\\''nonce refused 12 #{pane_id}|#{pane_pid}|#{@mosaic_owner}|#{pane_dead}|#{pane_input_off}|#{pane_synchronized}'\\'''\n`,
        `if-shell -F -t %12 '#{==:#{pane_id}|#{pane_pid}|#{@mosaic_owner}|#{pane_dead}|#{pane_input_off}|#{pane_synchronized},%12|345|canary/coder|0|0|0}'`,
        ` 'copy-mode -q -t %12 ; send-keys -t %12 C-m ; display-message -p '\\''nonce pressed 12'\\'''`,
        ` 'display-message -p -t %12 '\\''nonce refused 12 #{pane_id}|#{pane_pid}|#{@mosaic_owner}|#{pane_dead}|#{pane_input_off}|#{pane_synchronized}'\\'''\n`,
      ].join(''),
    );
  });
});

describe('a message of which tmux has only the beginning', () => {
  it('is not sent, and its buffer is dropped', async () => {
    const said: string[] = [];
    const call: TmuxCall = ([command = []], { input = '' } = {}) => {
      said.push(command[0] === 'source-file' ? input : command.join(' '));
      const lines = [`3 1700000000 ${command[2] ?? ''}`];
      return Promise.resolve({ server: true, exitCode: 0, stdout: '', lines, stderr: '' });
    };
    await expect(loadBuffer(call, 'four', 1_700_000_000)).rejects.toMatchObject({ code: 'E_TMUX' });
    const [load = '', drop] = said;
    expect(load).toMatch(/^load-buffer -b mosaic-\S+ -$/);
    expect(drop).toBe(`delete-buffer -b ${load.split(' ')[2] ?? ''}\n`);
  });
});

describe('a real tmux', () => {
  const place = mkdtempSync(join(tmpdir(), 'mosaic-test-'));
  const socket = join(place, 'tmux');
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-u', '-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).trim();
  const call = tmuxCall(createExec(), { tmux: '/usr/bin/tmux', socket });
  const log = join(place, 'log');

  /** A session with our mark, as it is seen now. */
  function open(name: string, command: string): PaneTarget {
    const seen = tmux('new-session', '-d', '-s', name, '-P', '-F', '#{pane_id} #{pane_pid}', command);
    tmux('set-option', '-t', `=${name}:`, '@mosaic_owner', `f/${name}`);
    const [paneId = '', panePid = ''] = seen.split(' ');
    return { paneId, panePid: Number(panePid), owner: `f/${name}` };
  }
  const load = async (text: string): Promise<string> => (await loadBuffer(call, text, 0)).buffer;

  let cat: PaneTarget;
  beforeAll(() => {
    cat = open('cat', `cat >${log}`);
    tmux('set-option', '-g', 'remain-on-exit', 'on');
  });
  afterAll(() => {
    tmux('kill-server');
    rmSync(place, { recursive: true });
  });

  it('types, submits and drops the buffer in one invocation', async () => {
    const buffer = await load('one #{pid} ;\ntwo;');
    const answers = await actInPanes(call, [{ target: cat, buffer, key: 'Enter' }], [buffer]);
    expect(answers).toEqual(new Map([[cat.paneId, { pasted: true, pressed: true }]]));
    await eventually(() => readFileSync(log, 'utf8') === 'one #{pid} ;\ntwo;\n');
    expect(tmux('list-buffers')).toBe('');
  });

  it('types nothing into a pane that is dead, another, closed or somebody else’s, and does the rest (F74)', async () => {
    const server = tmux('display-message', '-p', '#{pid}');
    const dead = open('dead', 'exec sleep 0.01');
    await eventually(() => tmux('display-message', '-p', '-t', dead.paneId, '#{pane_dead}') === '1');
    const off = open('off', 'sleep 60');
    tmux('select-pane', '-d', '-t', off.paneId);
    const gone = { ...cat, paneId: '%99' };
    const others = [
      { ...off, panePid: off.panePid + 1 },
      { ...off, owner: 'f/other' },
    ];
    const buffer = await load('text');
    const before = readFileSync(log, 'utf8');
    for (const target of others) {
      expect([...(await actInPanes(call, [{ target, buffer, key: 'Enter' }])).values()]).toMatchObject([
        { pasted: false },
      ]);
    }
    const acts = [dead, off, gone, cat].map((target) => ({ target, buffer, key: 'Enter' }));
    expect(await actInPanes(call, acts, [buffer])).toEqual(
      new Map([
        [dead.paneId, { pasted: false, pressed: false, refusal: 'dead' }],
        [off.paneId, { pasted: false, pressed: false, refusal: 'input-off' }],
        [gone.paneId, { pasted: false, pressed: false, refusal: 'gone' }],
        [cat.paneId, { pasted: true, pressed: true }],
      ]),
    );
    await eventually(() => readFileSync(log, 'utf8') === `${before}text\n`);
    expect(tmux('display-message', '-p', '#{pid}')).toBe(server);
    expect(await unchangedPanes(call, [dead, off, gone, cat])).toEqual(new Set([cat.paneId]));
  });

  it('types nothing, not even Enter, where tmux would give it to other panes as well', async () => {
    const other = join(place, 'other');
    const both = open('both', 'cat >/dev/null');
    tmux('split-window', '-d', '-t', both.paneId, `cat >${other}`);
    await eventually(() => existsSync(other));
    tmux('set-option', '-w', '-t', both.paneId, 'synchronize-panes', 'on');
    const refused = { pasted: false, pressed: false, refusal: 'synchronized' };
    const buffer = await load('text');
    expect(await actInPanes(call, [{ target: both, buffer }], [buffer])).toEqual(new Map([[both.paneId, refused]]));
    expect(await actInPanes(call, [{ target: both, key: 'Enter' }])).toEqual(new Map([[both.paneId, refused]]));
    expect(await unchangedPanes(call, [both])).toEqual(new Set([both.paneId]));
    tmux('set-option', '-w', '-t', both.paneId, 'synchronize-panes', 'off');
    tmux('send-keys', '-t', '=both:.1', 'last', 'Enter');
    await eventually(() => readFileSync(other, 'utf8').includes('last'));
    expect(readFileSync(other, 'utf8')).toBe('last\n');
  });

  it('says nothing of a paste from a buffer that is not there', async () => {
    expect(await actInPanes(call, [{ target: cat, buffer: 'mosaic-none', key: 'Enter' }])).toEqual(new Map());
  });

  it('finds what killed sends left behind, once it is old, and nothing of anybody else', async () => {
    const buffer = await load('left behind');
    tmux('set-buffer', '-b', 'mine', 'of a person');
    const now = Date.now() / 1000;
    const soon = await loadBuffer(call, 'x', now + 60);
    expect(soon.stale).toEqual([]);
    const later = await loadBuffer(call, 'x', now + 3600);
    expect(later.stale.toSorted()).toEqual([buffer, soon.buffer].toSorted());
    await dropBuffers(call, [buffer, 'mosaic-none', soon.buffer, later.buffer]);
    expect(tmux('list-buffers', '-F', '#{buffer_name}')).toBe('mine');
  });
});
