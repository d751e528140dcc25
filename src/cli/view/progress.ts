import { groupTitle } from '../../model/resource.ts';
import type { Step } from '../../reconciler/execute.ts';
import type { Change } from '../../model/plan.ts';
import { printable } from './printable.ts';
import { table } from './table.ts';

/** What is under way and what became of it, by agent; the fleet's own things are one row. */
export interface Progress {
  readonly begin: (changes: readonly Change[]) => void;
  readonly step: (step: Step) => void;
  /** The rows to show now: what is under way first, then what ended, the latest last; never more than `limit`. */
  readonly lines: (limit: number) => readonly string[];
}

interface Row {
  readonly group: string;
  readonly doing: string;
  readonly state: 'open' | Step['result'];
  readonly why: string;
}

const WORDS: Readonly<Record<Row['state'], string>> = { open: '…', done: 'done', failed: 'FAILED', skipped: 'skipped' };

/** Follows one apply. */
export function createProgress(): Progress {
  const rows = new Map<string, Row>();
  const put = (row: Row): void => {
    // What moved last stands last.
    rows.delete(row.group);
    rows.set(row.group, row);
  };
  return {
    begin: (changes) => {
      for (const { group, action, address } of changes) {
        if (rows.get(group)?.state === 'failed') continue;
        put({ group, doing: `${action} ${address}`, state: 'open', why: '' });
      }
    },
    step: (step) => {
      const { group, action, address } = step.change;
      if (rows.get(group)?.state === 'failed') return;
      put({ group, doing: `${action} ${address}`, state: step.result, why: reasonOf(step) });
    },
    lines: (limit) => shown([...rows.values()], limit),
  };
}

function reasonOf(step: Step): string {
  if (step.result === 'failed') return printable(step.error.message);
  return step.result === 'skipped' ? printable(step.because) : '';
}

/** Failures never scroll away; of the rest, what is under way goes before what is done. */
function shown(rows: readonly Row[], limit: number): readonly string[] {
  const by = (...states: readonly Row['state'][]): readonly Row[] => rows.filter(({ state }) => states.includes(state));
  const first = [...by('failed', 'skipped'), ...by('open')];
  const done = by('done');
  const room = rows.length <= limit ? limit : limit - 1;
  const some = [...first.slice(0, room), ...done.slice(Math.max(0, done.length - Math.max(0, room - first.length)))];
  const left = rows.length - some.length;
  const cells = some.map(({ group, doing, state, why }) => [groupTitle(group), WORDS[state], doing, why]);
  const [, ...lines] = table(['', '', '', ''], cells);
  return left === 0 ? lines : [...lines, `… and ${left} more`];
}
