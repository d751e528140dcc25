import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanUp, eventually } from '../support/harness.ts';
import { liveFleet, type LiveFleet } from './live-fleet.ts';

const SHELL = { command: ['bash', '--norc'] };

/** A fleet whose manifest lies elsewhere, in a home that holds another one as well. */
let live: LiveFleet;
let round = 0;

/** What a command prints inside agent `a`, and its exit code. */
async function inside(command: string): Promise<{ readonly text: string; readonly exit: number }> {
  round += 1;
  const end = new RegExp(`^end ${round}: (\\d+)$`, 'm');
  await live.tmux('send-keys', '-t', '=a:', '-l', `clear; ${command}; echo "end ${round}: $?"`);
  await live.tmux('send-keys', '-t', '=a:', 'Enter');
  return eventually(
    async () => {
      const { stdout } = await live.tmux('capture-pane', '-p', '-S', '-', '-t', '=a:');
      const exit = end.exec(stdout)?.[1];
      if (exit === undefined) throw new Error(stdout);
      return { text: stdout, exit: Number(exit) };
    },
    { timeoutMs: 30_000, everyMs: 100 },
  );
}

beforeAll(async () => {
  live = liveFleet({ other: SHELL }, { tmux: { socket: 'mosaic-other' } });
  await live.must('apply');
  const mine = join(live.root, 'mine.yaml');
  const head = { apiVersion: 'mosaic/v1alpha1', kind: 'Fleet', metadata: { name: `${live.fleet}-mine` } };
  const asking = { command: ['bash', '-c', 'echo "Allow this command? (enter)"; cat'], adapter: 'ask' };
  const agents = {
    a: SHELL,
    b: SHELL,
    'b-2': SHELL,
    safe: { ...SHELL, protect: true },
    reader: { command: ['cat'] },
    asking,
  };
  const adapters = { ask: { dialog: 'Allow this command?*' } };
  writeFileSync(mine, JSON.stringify({ ...head, spec: { tmux: { socket: 'mosaic-factory' }, adapters, agents } }));
  await live.must('apply', '-f', mine);
});
afterAll(async () => {
  await live.mosaic(['destroy', '--fleet', `${live.fleet}-mine`, '--include-protected', '--yes']);
  await cleanUp();
});

describe('inside an agent, mosaic without any flag', () => {
  it('finds the agent’s own fleet beside another one', async () => {
    const { text, exit } = await inside('mosaic agent roster');
    expect(exit).toBe(0);
    expect(text).toMatch(/^b-2 +running/m);
    expect(text).not.toContain('other');
    expect((await inside('mosaic fleet status')).text).toContain(`Fleet ${live.fleet}-mine on`);
    expect(await inside('mosaic agent tail b -n 1')).toMatchObject({ exit: 0 });
  });

  it('completes the names of that fleet', async () => {
    expect((await inside('mosaic complete -- agent tail b')).text).toMatch(/^b\nb-2\n:4$/m);
    expect((await inside('mosaic complete -- agent reset s')).text).toMatch(/^safe\n:4$/m);
  });

  it('writes to a neighbour, who sees who wrote', async () => {
    const { text, exit } = await inside('mosaic agent send reader hello there');
    expect(exit).toBe(0);
    expect(text).toContain('reader: delivered');
    expect((await inside('mosaic agent tail reader')).text).toMatch(/^\[message from agent a\]$[^]*^hello there$/m);
  });

  it('answers no question of a neighbour, as the manifest that was applied tells it; without one it is refused', async () => {
    const asked = await inside('mosaic agent send asking yes');
    expect(asked.exit).toBe(4);
    expect(asked.text).toContain('asking: refused: dialog');
    rmSync(join(live.home, 'state', `${live.fleet}-mine`, 'manifest.json'));
    const unknown = await inside('mosaic agent send asking yes');
    expect(unknown.exit).toBe(65);
    expect(unknown.text).toContain('Name it with -f, or apply it once more.');
    await live.must('apply', '-f', join(live.root, 'mine.yaml'));
    expect((await inside('mosaic agent send reader again')).exit).toBe(0);
  });

  it('resets a neighbour, and the journal says who asked', async () => {
    const before = await live.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_pid}');
    expect((await inside('mosaic agent reset b')).exit).toBe(0);
    const after = await live.tmux('list-panes', '-a', '-F', '#{session_name} #{pane_pid}');
    const changed = (text: string) =>
      text
        .split('\n')
        .filter((line) => !line.startsWith('b '))
        .toSorted();
    expect(changed(after.stdout)).toEqual(changed(before.stdout));
    expect(after.stdout).not.toBe(before.stdout);
    expect((await inside('mosaic fleet log b -n 3')).text).toContain('[mosaic agent reset b, agent a]');
  });

  it.each(['fleet stop', 'agent reset'])(
    'says after a %s of several that the one around it was left out',
    async (verb) => {
      const { text, exit } = await inside(`mosaic ${verb} b-2 a 2>&1 | cat; (exit \${PIPESTATUS[0]})`);
      expect(exit).toBe(3);
      expect(text).toContain('left: a: self: this command runs inside agent a');
      expect((await live.must('start', '-f', join(live.root, 'mine.yaml'), 'b-2')).exitCode).toBe(0);
    },
  );

  it.each([
    ['mosaic agent reset a', 'this command runs inside agent a'],
    ['mosaic fleet stop a', 'this command runs inside agent a'],
    ['mosaic agent reset safe', 'safe is protected and would be ended'],
    ['mosaic agent attach a', 'it would show itself'],
  ])('refuses `%s`', async (command, message) => {
    const { text, exit } = await inside(command);
    expect(exit).toBe(4);
    expect(text).toContain(message);
  });

  it('goes by what is installed with a warning where the usual manifest is broken, and quietly where there is none', async () => {
    writeFileSync(live.manifest, 'agents: [');
    const broken = await inside('mosaic agent roster');
    expect(broken.text).toContain('warning: fleet.yaml:');
    expect(broken.text).toMatch(/^b-2 +running/m);
    expect((await inside('mosaic agent reset b')).exit).toBe(65);
    rmSync(live.manifest);
    const missing = await inside('mosaic agent roster');
    expect(missing.text).not.toContain('warning');
    expect(missing.text).toMatch(/^b-2 +running/m);
    expect((await inside('mosaic agent reset b')).exit).toBe(0);
    const { conditions } = JSON.parse(
      (await live.mosaic(['status', '-o', 'json'], { env: { MOSAIC_FLEET: `${live.fleet}-mine` } })).stdout,
    ) as { conditions: readonly { type: string; reason: string }[] };
    expect(conditions).toContainEqual(expect.objectContaining({ type: 'ManifestInvalid', reason: 'Elsewhere' }));
  });
});
