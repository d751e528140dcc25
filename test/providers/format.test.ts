import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createExec } from '../../src/host/exec.ts';
import { tmuxCall } from '../../src/providers/tmux/client.ts';
import { PANE_FORMAT, parsePaneRow } from '../../src/providers/tmux/format.ts';

describe('what a real tmux tells of its panes', () => {
  const place = mkdtempSync(join(tmpdir(), 'mosaic-test-'));
  const socket = join(place, 'tmux');
  const tmux = (...args: readonly string[]): string =>
    execFileSync('tmux', ['-u', '-S', socket, '-f', '/dev/null', ...args], { encoding: 'utf8' }).trim();
  afterAll(() => {
    tmux('kill-server');
    rmSync(place, { recursive: true });
  });

  it('holds no pane that a mark pretends to be, and shifts no field for one', async () => {
    tmux('new-session', '-d', '-s', 'a b|c', 'sleep 60');
    const forged = 'P|$9|%9|1|0|0|f/coder|v1.x|v1.y|coder';
    tmux('set-option', '@mosaic_owner', `f/coder|x\n${forged}\nf/coder`);
    const call = tmuxCall(createExec(), { tmux: '/usr/bin/tmux', socket });
    const { lines } = await call([['list-panes', '-a', '-F', PANE_FORMAT]]);
    expect(lines).toHaveLength(1);
    expect(lines.map(parsePaneRow)).toMatchObject([{ sessionId: '$0', session: 'a b|c', spec: '' }]);
    expect(lines.map((line) => parsePaneRow(line)?.owner)).not.toContain('f/coder');
  });
});
