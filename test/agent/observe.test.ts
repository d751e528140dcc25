import { describe, expect, it } from '@jest/globals';
import { observeActivity } from '../../src/agent/observe.ts';
import { ExecFailure, type Exec, type ProcessReader, type ProcessStatus } from '../../src/model/host.ts';
import type { JsonObject } from '../../src/model/resource.ts';
import { fleetWith } from '../support/fleet.ts';
import { worldOf, type Overlay } from '../support/observed.ts';

const fleet = fleetWith(
  { asker: '{ command: [asker] }', shell: '{ command: [bash] }', other: '{ command: [other] }' },
  "adapters: { asker: { dialog: '(y/n)$', idle: '^>' } }",
);
const PANES = { asker: '%1', shell: '%2', other: '%3' };
const session = (name: keyof typeof PANES, more: JsonObject = {}): JsonObject => ({
  spec: { paneId: PANES[name], pid: Number(PANES[name].slice(1)), ...more },
});
const SESSIONS = {
  'session.asker': session('asker'),
  'session.shell': session('shell'),
  'session.other': session('other'),
};

const processes = (status: Partial<ProcessStatus> = {}): ProcessReader => ({
  cgroupOf: () => undefined,
  childrenOf: () => [],
  commandLineOf: () => undefined,
  hasEnded: () => false,
  statusOf: (pid) => ({ state: 'S', group: pid, foregroundGroup: pid, ...status }),
});

/** A tmux whose panes all show this text, and the calls it got. */
function tmux(text: string): { readonly exec: Exec; readonly calls: (readonly string[])[] } {
  const calls: (readonly string[])[] = [];
  const exec: Exec = (argv, { input = '' }) => {
    calls.push(argv);
    const mark = /mosaic-[0-9a-f]+-/.exec(argv.join(' '))?.[0] ?? '';
    const ids = [...String(input).matchAll(/^if-shell -F -t (%\d+) /gm)].map(([, id = '']) => id);
    const answers = ids.map((id) => `${mark}${id} 0 0 990 0 0 0\n${mark}${id.slice(1)}\n${text}\n`);
    return Promise.resolve({ exitCode: 0, stdout: answers.join(''), stderr: '' });
  };
  return { exec, calls };
}

const ask = (
  exec: Exec,
  more: { overlay?: Overlay; agents?: readonly string[]; status?: Partial<ProcessStatus> } = {},
) =>
  observeActivity(
    { exec, processes: processes(more.status) },
    {
      fleet,
      observed: worldOf(fleet, more.overlay ?? { items: SESSIONS }).observed,
      agents: more.agents,
      nowSec: 1000,
    },
  );

const timeout: Exec = (argv) => Promise.reject(new ExecFailure('timeout', argv, 'no answer'));

describe('what the agents are doing', () => {
  it('is found in one call for all', async () => {
    const { exec, calls } = tmux('Go on? (y/n)');
    expect(await ask(exec)).toEqual({
      asker: { state: 'dialog', source: 'screen', sinceSec: 10, detail: 'permission dialog' },
      other: { state: 'unknown', source: 'none', sinceSec: 10 },
      shell: { state: 'idle', source: 'process', sinceSec: 10 },
    });
    expect(calls).toHaveLength(1);
    expect(calls[0]?.slice(0, 5)).toEqual(['/usr/bin/tmux', '-u', '-S', '/tmp/tmux-1000/mosaic-factory', '-N']);
  });

  it('is asked of the named agents alone', async () => {
    const { exec, calls } = tmux('>');
    expect(Object.keys(await ask(exec, { agents: ['asker'] }))).toEqual(['asker']);
    expect(calls.join(' ')).not.toContain('%2');
  });

  it('is looked for on the socket of the installed server', async () => {
    const { exec, calls } = tmux('>');
    await ask(exec, { overlay: { items: SESSIONS, host: { installedSocketPath: '/tmp/tmux-1000/older' } } });
    expect(calls[0]).toContain('/tmp/tmux-1000/older');
  });

  it.each<[string, JsonObject]>([
    ['runs outside its unit', session('asker', { inUnit: false })],
    ['belongs to somebody else', { ...session('asker'), owner: 'foreign' }],
    ['has no process yet', session('asker', { pid: null })],
  ])('is not read from a session that %s', async (_, found) => {
    const { exec, calls } = tmux('>');
    expect(await ask(exec, { agents: ['asker'], overlay: { items: { 'session.asker': found } } })).toEqual({});
    expect(calls).toEqual([]);
  });

  it('is what the processes tell when no screen can be read', async () => {
    expect(await ask(timeout)).toEqual({
      asker: { state: 'unknown', source: 'none' },
      other: { state: 'unknown', source: 'none' },
      shell: { state: 'idle', source: 'process' },
    });
  });

  it.each<[string, Partial<ProcessStatus>, string]>([
    ['waits for its program', { foregroundGroup: 77 }, 'busy'],
    ['computes by itself', { state: 'R' }, 'busy'],
    ['was stopped', { state: 'T' }, 'unknown'],
  ])('is told by the state of a shell that %s', async (_, status, state) => {
    expect((await ask(tmux('$').exec, { status }))['shell']?.state).toBe(state);
  });
});
