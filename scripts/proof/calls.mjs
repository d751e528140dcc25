// Every call of an apply going wrong, in every way, once and for good (test/proof/every-call.test.ts).
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../bootstrap.mjs';

export const title = 'Every call';

const HOW = process.env.MOSAIC_EVERY_CALL ?? 'all';
const REPORTS = join(ROOT, 'node_modules/.cache/proof');
const REPORT = join(REPORTS, 'calls.json');

export async function run() {
  mkdirSync(REPORTS, { recursive: true });
  rmSync(REPORT, { force: true });
  const startedAt = performance.now();
  if ((await jest()) !== 0) return { text: 'Every call: one did not heal; it is named above.', held: false };
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  const { lives } = JSON.parse(readFileSync(REPORT, 'utf8'));
  const each = HOW === 'all' ? 'every trouble at every call' : 'each call with one trouble, in turn';
  return {
    text: [
      `${lives} lives in ${seconds} s: ${each} of seven applies.`,
      '',
      'A trouble is the death of the command before or after the call, an error of each class instead of the call or after it, the call done in part, or an answer that cannot be read; once, and for every later call of its kind. The next apply heals all of it, as in the worlds.',
      '',
      'Again: `npm run proof -- calls`; with one trouble for each call, as in CI: `npm test -- test/proof/every-call`.',
    ].join('\n'),
    held: true,
  };
}

function jest() {
  const argv = ['node_modules/jest/bin/jest.js', '--forceExit', 'test/proof/every-call.test.ts'];
  const env = { ...process.env, MOSAIC_EVERY_CALL: HOW, MOSAIC_PROOF_REPORT: REPORT };
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', ...argv];
  const child = spawn(process.execPath, options, { cwd: ROOT, env, stdio: ['ignore', 'ignore', 'inherit'] });
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('close', (code) => resolve(code ?? 1));
  });
}
