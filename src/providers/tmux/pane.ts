import { FleetError } from '../../model/error.ts';
import type { TmuxCall } from './client.ts';

/** One pane of one agent, told from every other: tmux numbers panes anew with each server. */
export interface PaneId {
  readonly paneId: string;
  /** Process that the pane was made with. */
  readonly panePid: number;
  /** What its session is marked with: `FLEET/AGENT`. */
  readonly owner: string;
}

/** Which rows to read. */
export type Rows =
  /** The last so many of the scrollback, and the screen. */
  | { readonly kind: 'last'; readonly rows: number }
  /** From the `from`-th of a scrollback that has `history` rows, so many; others, where it has more by now. */
  | { readonly kind: 'page'; readonly from: number; readonly rows: number; readonly history: number };

/** What a pane held in one moment. Rows are as wide as the pane, with colours, and go over from one to the next. */
export interface PaneRows {
  readonly width: number;
  readonly height: number;
  /** Rows of scrollback in all, and how many it may hold. */
  readonly history: number;
  readonly limit: number;
  /** A full-screen program has the screen; the scrollback stands still. */
  readonly alternate: boolean;
  readonly rows: readonly string[];
}

const FIELDS = ['pane_id', 'pane_pid', 'pane_width', 'pane_height', 'history_size', 'history_limit', 'alternate_on'];
const FORMAT = [...FIELDS.map((name) => `#{${name}}`), '#{@mosaic_owner}'].join('|');
const HEADER = /^(%\d+)\|(\d+)\|(\d+)\|(\d+)\|(\d+)\|(\d+)\|([01]?)\|(.*)$/;

/** Reads rows of a pane in one step of the server; undefined when that pane is gone. Rejects as `call` does. */
export async function readPane(call: TmuxCall, pane: PaneId, wanted: Rows): Promise<PaneRows | undefined> {
  const { server, exitCode, stdout, stderr } = await call([
    ['display-message', '-p', '-t', pane.paneId, FORMAT],
    ['capture-pane', '-e', '-p', '-t', pane.paneId, ...range(wanted)],
  ]);
  if (!server || /can't find (pane|window|session)|no current target/.test(stderr)) return undefined;
  if (exitCode !== 0) throw new FleetError('E_TMUX', `tmux could not read ${pane.owner}: ${stderr}`);
  const [header = '', ...rows] = stdout.split('\n').slice(0, -1);
  return parsePane(header, rows, pane);
}

function parsePane(header: string, rows: readonly string[], { paneId, panePid, owner }: PaneId): PaneRows | undefined {
  const [, id, pid, width, height, history, limit, alternate, mark] = HEADER.exec(header) ?? [];
  if (id !== paneId || Number(pid) !== panePid || mark !== owner) return undefined;
  return {
    width: Number(width),
    height: Number(height),
    history: Number(history),
    limit: Number(limit),
    alternate: alternate === '1',
    rows,
  };
}

/** Counted from the top of the screen: negative numbers are the scrollback (tmux(1), capture-pane). */
function range(wanted: Rows): readonly string[] {
  if (wanted.kind === 'last') return ['-S', String(-wanted.rows)];
  const first = wanted.from - wanted.history;
  return ['-S', String(first), '-E', String(first + wanted.rows - 1)];
}
