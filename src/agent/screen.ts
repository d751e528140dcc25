import { randomBytes } from 'node:crypto';
import { tmuxWord, type TmuxCall } from '../providers/tmux/client.ts';

/** What a pane shows, and what tells whether it can be typed into. */
export interface Screen {
  /** The visible screen from its top, never the scrollback; blank lines below the last text are left out. */
  readonly lines: readonly string[];
  /** Zero-based, from the screen's top left. */
  readonly cursor: { readonly x: number; readonly y: number };
  /** When the pane's window last showed something new, in seconds since 1970. */
  readonly lastOutputAtSec: number;
  /** Somebody scrolls or copies: keys do not reach the program. */
  readonly inMode: boolean;
  readonly inputOff: boolean;
  readonly dead: boolean;
  /** What the program calls its terminal; undefined where that is not known. */
  readonly title?: string;
}

/** Room for one screen among the others: a wide one full of CJK has 15 KiB. A lone one may have what any answer may. */
const SCREEN_BYTES = 80 * 1024;
const FEWEST = 100;

/**
 * Reads the screens of these panes (`%3`), in one call however many: as a script, for a command line may have 16 KiB.
 * A pane that is gone is not in the answer. Rejects as `call` does.
 */
export async function readScreens(call: TmuxCall, paneIds: readonly string[]): Promise<ReadonlyMap<string, Screen>> {
  if (paneIds.length === 0) return new Map();
  // A screen can hold any line, but not one that nobody could know before.
  const mark = `mosaic-${randomBytes(12).toString('hex')}-`;
  const facts = ['list-panes', '-a', '-F', `${mark}#{pane_id} ${FACTS}`];
  const { stdout } = await call([facts, ['source-file', '-']], {
    input: paneIds.map(captureOf(mark)).join(''),
    outputBytes: Math.max(FEWEST, paneIds.length) * SCREEN_BYTES,
  });
  return new Map(screensIn(stdout.split('\n'), mark));
}

const FACTS = [
  '#{cursor_x}',
  '#{cursor_y}',
  '#{window_activity}',
  '#{pane_in_mode}',
  '#{?pane_input_off,1,0}',
  '#{pane_dead}',
  // Free text, so it comes last.
  '#{pane_title}',
].join(' ');

/** A pane that is gone would be named by its mark all the same; asked first, it is passed over. */
const captureOf =
  (mark: string) =>
  (id: string): string => {
    // Without its `%`, which would begin a time format there.
    const capture = `display-message -p ${mark}${id.slice(1)} ; capture-pane -p -t ${id}`;
    return `if-shell -F -t ${id} ${tmuxWord(`#{==:#{pane_id},${id}}`)} ${tmuxWord(capture)}\n`;
  };

/** Lines of the answer by the marks above them. */
function screensIn(lines: readonly string[], mark: string): readonly [string, Screen][] {
  const facts = new Map<string, string>();
  const starts: (readonly [id: string, at: number])[] = [];
  for (const [at, line] of lines.entries()) {
    if (!line.startsWith(mark)) continue;
    const [id = '', ...rest] = line.slice(mark.length).split(' ');
    if (rest.length > 0) facts.set(id, rest.join(' '));
    else starts.push([`%${id}`, at]);
  }
  return starts.flatMap(([id, at], index) => {
    const screen = screenOf(facts.get(id) ?? '', lines.slice(at + 1, starts[index + 1]?.[1]));
    return screen === undefined ? [] : [[id, screen] as const];
  });
}

function screenOf(facts: string, lines: readonly string[]): Screen | undefined {
  const words = facts.split(' ');
  const [x, y, lastOutputAtSec, inMode, inputOff, dead] = words.slice(0, 6).map(Number);
  if (x === undefined || y === undefined || lastOutputAtSec === undefined) return undefined;
  return {
    lines: lines.slice(0, lines.findLastIndex((line) => line.trim() !== '') + 1),
    cursor: { x, y },
    lastOutputAtSec,
    inMode: inMode !== 0,
    inputOff: inputOff === 1,
    dead: dead === 1,
    title: words.slice(6).join(' '),
  };
}
