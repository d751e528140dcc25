import { spawnSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import { bundleProgram } from './support/program.ts';
import { temporaryPlace } from './support/place.ts';

const program = bundleProgram('log-lines', temporaryPlace());
const run = (level: string) => spawnSync(process.execPath, [program, level], { encoding: 'utf8' });

it('writes a line of JSON on stderr for each call from its level on, before the call returns', () => {
  const { stdout, stderr } = run('info');
  const lines = stderr
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
  expect(lines).toMatchObject([{ msg: 'started', agent: 'coder' }, { msg: 'warned' }, { msg: 'ended' }]);
  expect(stdout).toBe('');
});

it('writes nothing when it is silent', () => {
  expect(run('silent')).toMatchObject({ stdout: '', stderr: '' });
});
