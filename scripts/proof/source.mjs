// What a part of the proof ran on, so that its report can be read beside the source it is about.
import { spawnSync } from 'node:child_process';
import { ROOT, sourceId } from '../bootstrap.mjs';

/** The report itself: each part of a run writes it, and no part reads it. */
const REPORT = 'docs/proof.md';

/** The name of the source as it is now: its commit, with `+` where files differ from it; without git that of the build. */
export function sourceNow(git = askGit) {
  const [day] = new Date().toISOString().split('T');
  const [head, status] = [git('rev-parse', '--short', 'HEAD'), git('status', '--porcelain')];
  if (head === undefined || status === undefined) return `build ${sourceId()} (${day})`;
  const changed = status.split('\n').filter((line) => line !== '' && line.slice(3) !== REPORT);
  return `commit ${head}${changed.length > 0 ? '+' : ''} (${day})`;
}

/** What git says of this checkout, not of one around it; undefined when it says nothing. */
function askGit(...args) {
  const { status, stdout } = spawnSync('git', ['--git-dir=.git', ...args], { cwd: ROOT, encoding: 'utf8' });
  return status === 0 ? stdout.trimEnd() : undefined;
}
