import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { attachArgv, type Visit } from '../../src/providers/tmux/attach.ts';
import { eventually } from '../support/harness.ts';

const root = mkdtempSync(join(tmpdir(), 'mosaic-test-'));
const sockets = { fleet: join(root, 'fleet'), person: join(root, 'person') };
const tmux = (where: keyof typeof sockets, ...args: readonly string[]): string =>
  execFileSync('tmux', ['-u', '-S', sockets[where], '-f', '/dev/null', ...args], { encoding: 'utf8' }).trim();

/** A session with this mark; gives its number. */
function open(name: string, owner: string): string {
  const id = tmux('fleet', 'new-session', '-d', '-s', name, '-P', '-F', '#{session_id}', `echo ${name}-here; cat`);
  tmux('fleet', 'set-option', '-t', `=${name}:`, '@mosaic_owner', owner);
  return id;
}

/** A terminal in which that session is opened; gives how to look at it. */
function visit(name: string, { sessionId, owner, readOnly = false }: Partial<Visit>): () => string {
  const place = { tmux: '/usr/bin/tmux', socket: sockets.fleet };
  const argv = attachArgv(place, { sessionId: sessionId ?? '', owner: owner ?? '', readOnly, size: '80x24' });
  const words = argv.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  tmux('person', 'new-session', '-d', '-s', name, `unset TMUX; ${words}; echo exit=$?; sleep 60`);
  return () => tmux('person', 'capture-pane', '-p', '-t', `=${name}:`);
}

afterAll(() => {
  tmux('person', 'kill-server');
  tmux('fleet', 'kill-server');
  rmSync(root, { recursive: true });
});

describe('a visit', () => {
  it('opens the session of that number and mark, and says how to leave', async () => {
    const sessionId = open('coder', 'f/coder');
    const screen = visit('writer', { sessionId, owner: 'f/coder' });
    await eventually(() => screen().includes('coder-here') && screen().includes('Detach: C-b d'));
    tmux('person', 'send-keys', '-t', '=writer:', 'typed', 'Enter');
    await eventually(() => tmux('fleet', 'capture-pane', '-p', '-t', '=coder:').includes('typed'));
    tmux('person', 'send-keys', '-t', '=writer:', 'C-b', 'd');
    await eventually(() => screen().includes('exit=0'));
    visit('reader', { sessionId, owner: 'f/coder', readOnly: true });
    const flags = (): string => tmux('fleet', 'list-clients', '-t', '=coder', '-F', '#{client_readonly}');
    await eventually(() => flags() === '1');
  });

  it('opens nothing under a number that is another session’s by now', async () => {
    const sessionId = open('other', 'f/other');
    const screen = visit('stranger', { sessionId, owner: 'f/coder' });
    await eventually(() => screen().includes('exit='));
    expect(screen()).not.toContain('other-here');
    expect(tmux('fleet', 'list-clients', '-t', '=other')).toBe('');
  });

  it('opens nothing under a number that is nobody’s', async () => {
    const screen = visit('late', { sessionId: '$99', owner: 'f/coder' });
    await eventually(() => screen().includes('exit='));
    expect(screen().trim()).toBe('exit=0');
  });
});
