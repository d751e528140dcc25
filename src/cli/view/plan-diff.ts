import type { FileReader } from '../../model/host.ts';
import { textOf } from '../../model/resource.ts';
import type { Change } from '../../model/plan.ts';
import { hideSecrets } from '../../model/secret.ts';
import { pathOf } from '../../providers/files/client.ts';
import { unitPathOf } from '../../providers/systemd/observe.ts';
import type { Look } from '../../reconciler/pass.ts';
import { printableText } from './printable.ts';

/** Unified diffs of the scripts and units a plan would write. Launch data is left to the patch, which hides secrets. */
export async function planDiff({ fleet, observed, plan }: Look, files: FileReader): Promise<string> {
  const { createTwoFilesPatch } = await import('diff');
  const units = textOf(observed.facts['unitDirectory']);
  const path = ({ address }: Change): string =>
    address.startsWith('unit.')
      ? unitPathOf(units, fleet.name, address)
      : pathOf(observed.host.home, fleet.name, address);
  const diffs = plan.changes.flatMap((change) => {
    const body = change.desired?.body;
    const isShown = /^(file|unit)\./.test(change.address) && body?.kind === 'text' && !body.text.includes('\0');
    if (!isShown) return [];
    const at = path(change);
    const patch = createTwoFilesPatch(at, at, files.read(at) ?? '', body.text, '', '', { context: 3 });
    return [patch.split('\n').slice(HEAD_LINES).map(shownLine).join('\n')];
  });
  return diffs.join('');
}

/** `Index: …` and a rule: the names of both sides follow. */
const HEAD_LINES = 2;

/** Somebody may have put a secret into a unit by hand. */
const shownLine = (line: string): string => printableText(hideSecrets(line));
