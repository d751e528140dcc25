import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, symlinkSync } from 'node:fs';
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
    ['fleet', 'apply', 'coder', ''],
    ['agent', 'send', ''],
    ['agent', 'tail', '-f', ''],
  ])('offers the agents of the manifest for: mosaic %s %s', async (...words) => {
    expect(await offered(...words)).toEqual([...NAMES, NO_FILES]);
  });

  it('offers what begins as it is typed, and what an option takes', async () => {
    expect(await offered('agent', 'reset', 'w')).toEqual(['worker-1', 'worker-10', NO_FILES]);
    expect(await offered('fleet', 'sta')).toEqual(['status', 'start', NO_FILES]);
    expect(await offered('fleet', 'watch', '--auto', '')).toEqual(['none', 'safe', 'all', NO_FILES]);
    expect(await offered('completion', '')).toEqual(['bash', 'zsh', 'fish', NO_FILES]);
  });

  it.each([
    ['fleet', 'plan', '-f', ''],
    ['fleet', 'plan', '--manifest', 'fl'],
    ['fleet', 'plan', '--out', ''],
    ['fleet', 'render', '--out', ''],
    ['agent', 'send', '--home', '~/'],
    ['fleet', 'validate', ''],
    ['fleet', 'validate', 'a.yaml', 'b'],
    ['fleet', 'apply', './'],
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
  /** As the package bash-completion has it, of a line without quotes and colons. */
  const WORDS =
    '_get_comp_words_by_ref() { words=("${COMP_WORDS[@]}") cword=$COMP_CWORD cur=${COMP_WORDS[COMP_CWORD]}; }';

  it('offers agents, and files where one goes', async () => {
    const bin = join(live.home, 'path');
    mkdirSync(bin);
    symlinkSync(MOSAIC, join(bin, 'mosaic'));
    const script = `${WORDS}; eval "$(mosaic completion bash)"
      COMP_WORDS=(mosaic fleet stop worker) COMP_CWORD=3; __mosaic_complete 2>/dev/null
      printf '%s\\n' "\${COMPREPLY[@]}"; complete -p mosaic`;
    const env = { MOSAIC_HOME: live.home, PATH: `${bin}:${process.env['PATH'] ?? ''}` };
    const { stdout } = await sh(['bash', '--norc', '-c', script], { env });
    expect(stdout).toBe('worker-1\nworker-10\ncomplete -o default -F __mosaic_complete mosaic\n');
  });
});
