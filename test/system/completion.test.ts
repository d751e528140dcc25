import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { cleanUp, runMosaic } from '../support/harness.ts';
import { sh } from '../support/process.ts';
import { liveFleet, sleeper, type LiveFleet } from './live-fleet.ts';

const MOSAIC = resolve(import.meta.dirname, '../../bin/mosaic.js');
const NAMES = ['coder', 'worker-1', 'worker-10'];

let live: LiveFleet;
beforeAll(() => {
  live = liveFleet({ coder: sleeper, 'worker-1': sleeper, 'worker-10': sleeper });
});
afterAll(cleanUp);

/** What is offered for the last of these words; by the last line the shell is told whether it may offer files. */
async function offered(...words: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await runMosaic(['complete', '--', ...words], { home: live });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.split('\t')[0] ?? '');
}

const NO_FILES = ':4';
const FILES = ':0';

describe('completion', () => {
  it.each([
    ['fleet', 'stop', ''],
    ['fleet', 'apply', ''],
    ['fleet', 'apply', 'coder', ''],
    ['fleet', 'plan', ''],
    ['fleet', 'log', ''],
    ['agent', 'send', ''],
    ['agent', 'tail', '-f', ''],
  ])('offers the agents of the manifest for: mosaic %s %s', async (...words) => {
    expect(await offered(...words)).toEqual([...NAMES, NO_FILES]);
  });

  it('offers what begins as it is typed, and what an option takes', async () => {
    expect(await offered('agent', 'reset', 'w')).toEqual(['worker-1', 'worker-10', NO_FILES]);
    expect(await offered('fleet', 'sta')).toEqual(['status', 'start', NO_FILES]);
    expect(await offered('fleet', 'watch', '--auto', '')).toEqual(['none', 'safe', 'all', NO_FILES]);
    expect(await offered('fleet', 'watch', '--auto=')).toEqual(['none', 'safe', 'all', NO_FILES]);
    expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish', NO_FILES]);
    expect(await offered('fleet', 'validate')).toEqual(['validate', NO_FILES]);
  });

  it.each([['-f', 'other.yaml'], ['--manifest=other.yaml'], ['--manifest', '=', 'other.yaml']])(
    'offers the agents of the manifest that was named: %s',
    async (...option) => {
      const other = join(live.root, 'other.yaml');
      writeFileSync(other, readFileSync(live.manifest, 'utf8').replaceAll('worker-10', 'other'));
      const words = option.map((word) => word.replace('other.yaml', other));
      expect(await offered('fleet', 'stop', ...words, '')).toEqual(['coder', 'other', 'worker-1', NO_FILES]);
    },
  );

  it.each([
    ['fleet', 'plan', '-f', ''],
    ['fleet', 'plan', '--manifest', 'fl'],
    ['fleet', 'plan', '--out', ''],
    ['fleet', 'render', '--out', ''],
    ['agent', 'send', '--home', '~/'],
    ['fleet', 'validate', ''],
    ['fleet', 'validate', 'a.yaml', 'b'],
    ['fleet', 'apply', './'],
    ['fleet', 'plan', '--out=fl'],
    ['fleet', 'plan', '--out', '='],
  ])('leaves files to the shell: mosaic %s %s %s', async (...words) => {
    expect(await offered(...words)).toEqual([FILES]);
  });

  it('takes a word behind an option that takes none for what it is', async () => {
    expect(await offered('fleet', 'log', '-f', '')).toEqual([FILES]);
    expect(await offered('agent', 'tail', '-f', 'co')).toEqual(['coder', NO_FILES]);
    expect(await offered('fleet', 'validate', '--str')).toEqual(['--strict', NO_FILES]);
  });
});

describe('the script for bash', () => {
  /** What bash prints that has evaluated the script, and for which the line is typed so far; Tab is after its last word. */
  async function bash(...lines: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
    const bin = join(live.home, 'path');
    mkdirSync(bin, { recursive: true });
    rmSync(join(bin, 'mosaic'), { force: true });
    symlinkSync(MOSAIC, join(bin, 'mosaic'));
    const script = ['eval "$(mosaic completion bash)"', ...lines].join('\n');
    const env = { MOSAIC_HOME: live.home, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    return sh(['bash', '--norc', '-c', script], { env, cwd: live.root });
  }
  const COMPLETE = '__mosaic_complete; printf "%s\\n" "${COMPREPLY[@]}"';

  it('offers agents, and files where one goes', async () => {
    const { stdout } = await bash('COMP_WORDS=(mosaic fleet stop worker) COMP_CWORD=3', COMPLETE, 'complete -p mosaic');
    expect(stdout).toBe('worker-1\nworker-10\ncomplete -o default -F __mosaic_complete mosaic\n');
  });

  it('goes by the words before the cursor, as the package bash-completion or bash itself has them', async () => {
    const line = 'COMP_WORDS=(mosaic fleet watch --auto = s behind) COMP_CWORD=5';
    expect((await bash(line, COMPLETE)).stdout).toBe('safe\n');
    const words = '_get_comp_words_by_ref() { words=(mosaic fleet watch --auto=s behind) cword=3 cur=--auto=s; }';
    expect((await bash(words, COMPLETE)).stdout).toBe('safe\n');
  });

  it('runs nothing of what is typed, and can be read twice', async () => {
    const typed = `'"$(touch made)"' '\`touch made\`' '>' notes '|' touch made ';' touch made`;
    const { stdout, stderr } = await bash(
      'eval "$(mosaic completion bash)"',
      'echo mine >notes',
      `COMP_WORDS=(mosaic agent send coder ${typed} '') COMP_CWORD=14`,
      COMPLETE,
      'ls; cat notes',
    );
    expect([stderr, stdout]).toEqual(['', expect.stringMatching(/^\n[^]*notes[^]*\nmine\n$/)]);
    expect(stdout).not.toContain('made');
  });
});
